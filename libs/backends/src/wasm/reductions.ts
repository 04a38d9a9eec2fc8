import { backend_util, Mean, Sum, util, type KernelFunc, type MeanAttrs, type SumAttrs, type TensorInfo } from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { addressOf, heapKernels, newTensor } from './heap-kernels'
import { installTogether, overrideKernel } from '../kernel-override'

/**
 * Replaces the wasm backend's `Sum` and `Mean` where they reduce neighbouring axes that are not the last ones, as the
 * gradients of biases and every normalisation of images do: the stock kernels transpose the whole tensor first. All other
 * reductions stay with the stock kernels. Results agree up to the order of summation.
 *
 * `openBackend` installs it; it is global and counts its holders.
 *
 * @returns a function that takes this installation back; calling it again does nothing.
 * @throws {Error} if the kernels of the wasm backend are not registered.
 */
export function installWasmReductions(): () => void {
  return installTogether([
    () => overrideKernel({ kernelName: Sum, backendName: 'wasm', replace: reduction(() => 1) }),
    () => overrideKernel({ kernelName: Mean, backendName: 'wasm', replace: reduction((count) => 1 / count) }),
  ])
}

const reduction = (scale: (count: number) => number) => (stock: KernelFunc): KernelFunc => (call) => {
  const { x } = call.inputs as { x: TensorInfo }
  const { axis, keepDims } = call.attrs as unknown as SumAttrs & MeanAttrs
  const axes = util.parseAxisParam(axis, x.shape).sort((a, b) => a - b)
  const [first = 0, last = 0] = [axes[0], axes.at(-1)]
  const inner = util.sizeFromShape(x.shape.slice(last + 1))
  const neighbours = axes.length > 0 && last - first + 1 === axes.length
  if (x.dtype !== 'float32' || !neighbours || inner <= 1 || util.sizeFromShape(x.shape) === 0) return stock(call)
  const backend = call.backend as BackendWasm
  const kernels = heapKernels(backend)
  const kept = x.shape.filter((_, index) => index < first || index > last)
  const out = newTensor(keepDims ? backend_util.expandShapeToKeepDim(kept, axes) : kept, 'float32', backend)
  const rows = util.sizeFromShape(x.shape.slice(first, last + 1))
  const outer = util.sizeFromShape(x.shape.slice(0, first))
  kernels.sumRows(addressOf(x, backend), addressOf(out, backend), outer, rows, inner, scale(rows))
  return out
}
