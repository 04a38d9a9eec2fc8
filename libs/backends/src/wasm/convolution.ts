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
} from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { convolutionFilterGradient, convolutionInputGradient, convolveForward } from './heap-convolution'
import { convolutionShape, isEmpty, isPlain } from '../convolution-shape'
import { installTogether, overrideKernel, provideKernel } from '../kernel-override'

const backendName = 'wasm'

/**
 * Gives the wasm backend the gradient of a convolution's filter, which it lacks, and in place of its scalar loop one of the
 * input that is as fast as the convolution itself; `conv2d` takes the same path. All work on NHWC images where they lie in
 * the backend's memory and keep nothing from call to call. Results agree with the stock kernels up to the order of summation.
 *
 * Stock kernels still run what these do not: dilations, NCHW and fused activations of the forward convolution. A
 * gradient of the filter in NCHW or of other numbers than float32, which has no stock kernel, is refused.
 *
 * `openBackend` installs it. Call it yourself where you activate wasm without `openBackend`, after importing
 * `@tensorflow/tfjs-backend-wasm`. It is global, as tfjs kernels are, and counts its holders.
 *
 * @returns a function that takes this installation back; calling it again does nothing.
 * @throws {Error} if the kernels of the wasm backend are not registered.
 */
export function installWasmConvolutionGradients(): () => void {
  return installTogether([
    () => overrideKernel({ kernelName: Conv2DBackpropInput, backendName, replace: inputGradient }),
    () => overrideKernel({ kernelName: Conv2D, backendName, replace: forward }),
    () => overrideKernel({ kernelName: FusedConv2D, backendName, replace: fusedForward }),
    () => provideKernel({ kernelName: Conv2DBackpropFilter, backendName, kernelFunc: filterGradient }),
  ])
}

function forward(stock: KernelFunc): KernelFunc {
  return (call) => {
    const { x, filter } = call.inputs as { x: TensorInfo; filter: TensorInfo }
    const { strides, pad, dimRoundingMode } = call.attrs as unknown as Conv2DAttrs
    if (!isPlain(call.attrs as unknown as Conv2DAttrs, [x, filter])) return stock(call)
    const shape = convolutionShape(x.shape, filter.shape, { strides, pad, dimRoundingMode })
    return isEmpty(shape) ? stock(call) : convolveForward(x, filter, undefined, { shape, backend: call.backend as BackendWasm })
  }
}

function fusedForward(stock: KernelFunc): KernelFunc {
  return (call) => {
    const { x, filter, bias } = call.inputs as { x: TensorInfo; filter: TensorInfo; bias?: TensorInfo }
    const { strides, pad, dimRoundingMode, activation } = call.attrs as unknown as FusedConv2DAttrs
    const plainBias = bias === undefined || (bias.dtype === 'float32' && bias.shape.at(-1) === filter.shape[3] && bias.shape.length === 1)
    const plain = isPlain(call.attrs as unknown as FusedConv2DAttrs, [x, filter]) && plainBias && activation === 'linear'
    if (!plain) return stock(call)
    const shape = convolutionShape(x.shape, filter.shape, { strides, pad, dimRoundingMode })
    return isEmpty(shape) ? stock(call) : convolveForward(x, filter, bias, { shape, backend: call.backend as BackendWasm })
  }
}

function inputGradient(stock: KernelFunc): KernelFunc {
  return (call) => {
    const { dy, filter } = call.inputs as { dy: TensorInfo; filter: TensorInfo }
    const { strides, pad, dataFormat, dimRoundingMode, inputShape } = call.attrs as unknown as Conv2DBackpropInputAttrs
    if (!isPlain({ dataFormat, dilations: 1 }, [dy, filter])) return stock(call)
    const shape = convolutionShape(inputShape, filter.shape, { strides, pad, dimRoundingMode })
    return isEmpty(shape) ? stock(call) : convolutionInputGradient(dy, filter, { shape, backend: call.backend as BackendWasm })
  }
}

const filterGradient: KernelFunc = ({ inputs, attrs, backend }) => {
  const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo }
  const { strides, pad, dataFormat, dimRoundingMode, filterShape } = attrs as unknown as Conv2DBackpropFilterAttrs
  if (dataFormat !== 'NHWC') {
    throw new Error(`dataFormat must be 'NHWC' for the gradient of a filter on wasm; got '${dataFormat}'. Transpose the images to NHWC.`)
  }
  if (x.dtype !== 'float32' || dy.dtype !== 'float32') {
    throw new Error(`x and dy must be float32 for the gradient of a filter on wasm; got ${x.dtype} and ${dy.dtype}. Cast them.`)
  }
  return convolutionFilterGradient(x, dy, {
    shape: convolutionShape(x.shape, filterShape, { strides, pad, dimRoundingMode }),
    backend: backend as BackendWasm,
  })
}
