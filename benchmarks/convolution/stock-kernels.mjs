// What a UNet's training is compared with: tfjs's own wasm kernels, and the gradient of a filter, which tfjs lacks there, as one matMul per tap.
import * as tf from '@tensorflow/tfjs-core'

/** The gradient of a filter as one product per tap, in tfjs's own operations: nine of them for 3 × 3. */
function filterGradientByTaps({ inputs: { x, dy }, attrs: { strides, pad, dimRoundingMode, filterShape } }) {
  const { inHeight, inWidth, outHeight, outWidth, strideHeight, strideWidth, filterHeight, filterWidth, inChannels, outChannels, batchSize, padInfo } =
    tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad, dimRoundingMode)
  return tf.tidy(() => {
    const after = (before, outputs, stride, kernel, length) => Math.max(0, (outputs - 1) * stride + kernel - length - before)
    const frame = [
      [0, 0],
      [padInfo.top, after(padInfo.top, outHeight, strideHeight, filterHeight, inHeight)],
      [padInfo.left, after(padInfo.left, outWidth, strideWidth, filterWidth, inWidth)],
      [0, 0],
    ]
    const padded = tf.pad(x, frame)
    const rows = batchSize * outHeight * outWidth
    const gradient = tf.reshape(dy, [rows, outChannels])
    const taps = []
    for (let i = 0; i < filterHeight; i++)
      for (let j = 0; j < filterWidth; j++) {
        const end = [batchSize, i + (outHeight - 1) * strideHeight + 1, j + (outWidth - 1) * strideWidth + 1, inChannels]
        const seen = strideHeight * strideWidth === 1
          ? tf.slice(padded, [0, i, j, 0], [batchSize, outHeight, outWidth, inChannels])
          : tf.stridedSlice(padded, [0, i, j, 0], end, [1, strideHeight, strideWidth, 1])
        taps.push(tf.matMul(tf.reshape(seen, [rows, inChannels]), gradient, true, false))
      }
    return tf.reshape(tf.stack(taps), filterShape)
  })
}

/** The gradient of gather, which tfjs lacks on wasm too, as a product with a one-hot matrix. */
const segmentSumByOneHot = ({ inputs: { x, segmentIds }, attrs: { numSegments } }) => tf.tidy(() => {
  const rows = x.shape[0]
  return tf.reshape(tf.matMul(tf.oneHot(segmentIds, numSegments), tf.reshape(x, [rows, -1]), true, false), [numSegments, ...x.shape.slice(1)])
})

/** Registers what stock wasm lacks for training; call the result to take it away. */
export function completeStock() {
  const kernels = { Conv2DBackpropFilter: filterGradientByTaps, UnsortedSegmentSum: segmentSumByOneHot }
  for (const [kernelName, kernelFunc] of Object.entries(kernels)) tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc })
  return () => Object.keys(kernels).forEach((name) => tf.unregisterKernel(name, 'wasm'))
}
