import {
  Conv2DBackpropFilter,
  Conv2DBackpropInput,
  type Conv2DBackpropFilterAttrs,
  type Conv2DBackpropInputAttrs,
  type KernelFunc,
  type TensorInfo,
} from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { convolutionShape, isEmpty, isPlain } from '../../convolution-shape'
import { overrideKernel } from '../../kernel-override'
import { filterGradient, planFilterGradient } from './filter-gradient'
import { inputGradient, planInputGradient } from './input-gradient'
import { fits } from './run-program'

const backendName = 'webgpu'

/**
 * Replaces the gradients of convolutions on WebGPU: tiled products in place of one thread per weight. NCHW, other numbers than float32,
 * empty images and what does not fit into a dispatch stay with the stock kernels.
 *
 * @returns a function that takes this installation back.
 */
export const installConvolutionGradients: readonly (() => () => void)[] = [
  () => overrideKernel({ kernelName: Conv2DBackpropFilter, backendName, replace: filterKernel }),
  () => overrideKernel({ kernelName: Conv2DBackpropInput, backendName, replace: inputKernel }),
]

function filterKernel(stock: KernelFunc): KernelFunc {
  return (call) => {
    const { x, dy } = call.inputs as { x: TensorInfo; dy: TensorInfo }
    const { strides, pad, dataFormat, dimRoundingMode, filterShape } = call.attrs as unknown as Conv2DBackpropFilterAttrs
    if (!isPlain({ dataFormat, dilations: 1 }, [x, dy])) return stock(call)
    const shape = convolutionShape(x.shape, filterShape, { strides, pad, dimRoundingMode })
    const backend = call.backend as WebGPUBackend
    if (isEmpty(shape) || !fits(backend, planFilterGradient(shape).dispatch)) return stock(call)
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
    if (isEmpty(shape) || !fits(backend, planInputGradient(shape, backend.device.limits.maxComputeWorkgroupsPerDimension).dispatch)) return stock(call)
    return inputGradient(dy, filter, { shape, backend })
  }
}
