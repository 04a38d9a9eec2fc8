import {
  backend_util,
  Conv2DBackpropFilter,
  matMul,
  pad as padWith,
  reshape,
  stack,
  stridedSlice,
  tidy,
  type Conv2DBackpropFilterAttrs,
  type KernelFunc,
  type Tensor2D,
  type Tensor4D,
} from '@tensorflow/tfjs-core'
import { provideKernel } from './kernel-override'

/**
 * Gives the wasm backend the gradient kernels of convolution that it lacks, so that convolutions can be trained on it.
 * `openBackend` installs them. It is global, as tfjs kernels are, and counts its holders.
 *
 * @returns a function that takes this installation back; calling it again does nothing.
 */
export function installWasmConvolutionGradients(): () => void {
  return provideKernel({ kernelName: Conv2DBackpropFilter, backendName: 'wasm', kernelFunc: filterGradient })
}

const filterGradient: KernelFunc = ({ inputs, attrs }) => {
  const { x, dy } = inputs as unknown as { x: Tensor4D; dy: Tensor4D }
  const { strides, pad, dataFormat, dimRoundingMode, filterShape } = attrs as unknown as Conv2DBackpropFilterAttrs
  if (dataFormat !== 'NHWC') throw new Error(`dataFormat must be 'NHWC' on wasm; got '${dataFormat}'. Transpose the images.`)
  const shape = backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad, dimRoundingMode)
  const { filterHeight, filterWidth, inChannels, outChannels, outHeight, outWidth, strideHeight, strideWidth, padInfo } = shape
  return tidy(() => {
    const rows = shape.batchSize * outHeight * outWidth
    const { top, left } = padInfo
    const missing = (before: number, steps: number, stride: number, size: number, length: number) =>
      Math.max(0, (steps - 1) * stride + size - length - before)
    const bottom = missing(top, outHeight, strideHeight, filterHeight, shape.inHeight)
    const right = missing(left, outWidth, strideWidth, filterWidth, shape.inWidth)
    const padded = padWith(x, [[0, 0], [top, bottom], [left, right], [0, 0]])
    const gradient = reshape(dy, [rows, outChannels]) as Tensor2D
    const taps = []
    for (let i = 0; i < filterHeight; i++)
      for (let j = 0; j < filterWidth; j++) {
        const end = [shape.batchSize, i + (outHeight - 1) * strideHeight + 1, j + (outWidth - 1) * strideWidth + 1, inChannels]
        const seen = stridedSlice(padded, [0, i, j, 0], end, [1, strideHeight, strideWidth, 1])
        taps.push(matMul(reshape(seen, [rows, inChannels]) as Tensor2D, gradient, true, false))
      }
    return reshape(stack(taps), filterShape)
  })
}
