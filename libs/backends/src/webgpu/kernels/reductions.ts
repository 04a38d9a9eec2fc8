import { backend_util, Mean, Sum, util, type KernelFunc, type MeanAttrs, type SumAttrs, type TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { overrideKernel } from '../../kernel-override'
import { axisSums, planAxisSums, type MiddleAxis } from './axis-sums'
import { filledTensor, fits } from './run-program'

const backendName = 'webgpu'

/**
 * Sums and means of float32 tensors over axes beside each other, in place of tfjs's, which transposes the whole tensor unless these axes are the
 * last, and takes one workgroup for each result, be it the only one. Sums over axes apart, over short ones behind
 * others, and over the last ones where there are results enough, stay with the stock kernels.
 * Those fail where there is nothing to sum, whose results are made here.
 */
export const installReductions: readonly (() => () => void)[] = [
  () => overrideKernel({ kernelName: Sum, backendName, replace: (stock) => reduction(stock, () => 1) }),
  () => overrideKernel({ kernelName: Mean, backendName, replace: (stock) => reduction(stock, (length) => 1 / length) }),
]

function reduction(stock: KernelFunc, factor: (length: number) => number): KernelFunc {
  return (call) => {
    const { x } = call.inputs as { x: TensorInfo }
    const { axis, keepDims } = call.attrs as unknown as SumAttrs | MeanAttrs
    const axes = util.parseAxisParam(axis, x.shape)
    const backend = call.backend as WebGPUBackend
    if (x.dtype !== 'float32') return stock(call)
    const [kept] = backend_util.computeOutAndReduceShapes(x.shape, axes)
    const shape = keepDims ? backend_util.expandShapeToKeepDim(kept, axes) : kept
    if (util.sizeFromShape(x.shape) === 0) return filledTensor(backend, shape, 0 * factor(0))
    const middle = middleAxis(x.shape, axes)
    if (middle === undefined || !isWorthwhile(middle) || !fits(backend, planAxisSums(middle).dispatch)) return stock(call)
    return axisSums(x, middle, { backend, shape, factor: factor(middle.length) })
  }
}

/** The tensor as [outer, length, inner], if the axes to be summed lie beside each other; axes of length 1 lie anywhere. */
function middleAxis(shape: readonly number[], axes: readonly number[]): MiddleAxis | undefined {
  const summed = axes.filter((axis) => shape[axis] !== 1)
  const [first, last] = [Math.min(...summed), Math.max(...summed)]
  const between = shape.slice(first, last + 1).filter((length) => length !== 1)
  if (summed.length === 0 || between.length !== summed.length) return undefined
  const product = (lengths: readonly number[]) => lengths.reduce((size, length) => size * length, 1)
  return { outer: product(shape.slice(0, first)), length: product(between), inner: product(shape.slice(last + 1)) }
}

/** Whether most invocations have something to add; and, where nothing has to be transposed, whether there are too few results for one workgroup each. */
function isWorthwhile(middle: MiddleAxis): boolean {
  const { across, dispatch } = planAxisSums(middle)
  return middle.inner === 1 ? dispatch[1] > 1 : middle.outer === 1 || middle.length >= 256 / across
}
