import {
  Conv2D,
  Conv2DBackpropFilter,
  Conv2DBackpropInput,
  FusedConv2D,
  type Conv2DAttrs,
  type Conv2DBackpropFilterAttrs,
  type Conv2DBackpropInputAttrs,
  type FusedConv2DAttrs,
  type KernelFunc,
  type TensorInfo,
  type backend_util,
} from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { convolutionShape, isEmpty, isPlain } from '../../convolution-shape'
import { overrideKernel } from '../../kernel-override'
import { filterGradient, planFilterGradient } from './filter-gradient'
import { convolveForward, planForward } from './forward-convolution'
import { inputGradient, planInputGradient } from './input-gradient'
import { filledTensor, fits } from './run-program'

const backendName = 'webgpu'

/**
 * Replaces convolutions and their gradients on WebGPU by tiled products. NCHW, dilations, other numbers than float32, fused activations and
 * what does not fit into a dispatch stay with the stock kernels. Those fail on empty batches, whose results are made here.
 */
export const installConvolutions: readonly (() => () => void)[] = [
  () => overrideKernel({ kernelName: Conv2D, backendName, replace: forwardKernel }),
  () => overrideKernel({ kernelName: FusedConv2D, backendName, replace: fusedKernel }),
  () => overrideKernel({ kernelName: Conv2DBackpropFilter, backendName, replace: filterKernel }),
  () => overrideKernel({ kernelName: Conv2DBackpropInput, backendName, replace: inputKernel }),
]

function forwardKernel(stock: KernelFunc): KernelFunc {
  return (call) => {
    const { x, filter } = call.inputs as { x: TensorInfo; filter: TensorInfo }
    return forward(x, filter, undefined, call) ?? stock(call)
  }
}

function fusedKernel(stock: KernelFunc): KernelFunc {
  return (call) => {
    const { x, filter, bias } = call.inputs as { x: TensorInfo; filter: TensorInfo; bias?: TensorInfo }
    const plainBias = bias === undefined || (bias.dtype === 'float32' && bias.shape.length === 1 && bias.shape[0] === filter.shape[3])
    const linear = (call.attrs as unknown as FusedConv2DAttrs).activation === 'linear'
    return (linear && plainBias ? forward(x, filter, bias, call) : undefined) ?? stock(call)
  }
}

/** The convolution, if it is of those that our kernel knows. */
function forward(x: TensorInfo, filter: TensorInfo, bias: TensorInfo | undefined, call: Parameters<KernelFunc>[0]): TensorInfo | undefined {
  const attrs = call.attrs as unknown as Conv2DAttrs
  if (!isPlain(attrs, [x, filter])) return undefined
  const shape = convolutionShape(x.shape, filter.shape, { ...attrs, dimRoundingMode: attrs.dimRoundingMode })
  const backend = call.backend as WebGPUBackend
  if (isEmpty(shape)) return ofNothing(shape, shape.outShape, backend)
  if (!fits(backend, planForward(shape, backend.device.limits.maxComputeWorkgroupsPerDimension).dispatch)) return undefined
  return convolveForward(x, filter, bias, { shape, backend })
}

function filterKernel(stock: KernelFunc): KernelFunc {
  return (call) => {
    const { x, dy } = call.inputs as { x: TensorInfo; dy: TensorInfo }
    const { strides, pad, dataFormat, dimRoundingMode, filterShape } = call.attrs as unknown as Conv2DBackpropFilterAttrs
    if (!isPlain({ dataFormat, dilations: 1 }, [x, dy])) return stock(call)
    const shape = convolutionShape(x.shape, filterShape, { strides, pad, dimRoundingMode })
    const backend = call.backend as WebGPUBackend
    if (isEmpty(shape)) return ofNothing(shape, filterShape, backend) ?? stock(call)
    if (!fits(backend, planFilterGradient(shape).dispatch)) return stock(call)
    return filterGradient(x, dy, { shape, backend })
  }
}

function inputKernel(stock: KernelFunc): KernelFunc {
  return (call) => {
    const { dy, filter } = call.inputs as { dy: TensorInfo; filter: TensorInfo }
    const { strides, pad, dataFormat, dimRoundingMode, inputShape } = call.attrs as unknown as Conv2DBackpropInputAttrs
    if (!isPlain({ dataFormat, dilations: 1 }, [dy, filter])) return stock(call)
    const shape = convolutionShape(inputShape, filter.shape, { strides, pad, dimRoundingMode })
    const backend = call.backend as WebGPUBackend
    if (isEmpty(shape)) return ofNothing(shape, inputShape, backend) ?? stock(call)
    if (!fits(backend, planInputGradient(shape, backend.device.limits.maxComputeWorkgroupsPerDimension).dispatch)) return stock(call)
    return inputGradient(dy, filter, { shape, backend })
  }
}

/** What there is where there are no images or no outputs: nothing, or zeros; undefined where a window does not fit into an image, which is no convolution. */
const ofNothing = ({ outShape }: backend_util.Conv2DInfo, shape: readonly number[], backend: WebGPUBackend): TensorInfo | undefined =>
  outShape.every((size) => size >= 0) ? filledTensor(backend, shape) : undefined
