import { avgPool, customGrad, mul, ones, reshape, tidy, type Tensor4D } from '@tensorflow/tfjs-core'

/**
 * Each pixel four times: (batch, height, width, channels) → (batch, 2 height, 2 width, channels).
 *
 * A product with ones, and as its gradient a pooling: on TensorFlow.js' cpu backend the gradient of `resizeNearestNeighbor`
 * is wrong for batches, and on wasm `tile` and the gradient of a concatenation are slow.
 */
export const upsampleNearest = (x: Tensor4D): Tensor4D => differentiable(x) as Tensor4D

const differentiable = customGrad((x) => {
  const [batch, height, width, channels] = (x as Tensor4D).shape
  const repeated = mul(reshape(x as Tensor4D, [batch * height, 1, width, 1, channels]), ones([1, 2, 1, 2, 1]))
  return {
    value: reshape(repeated, [batch, 2 * height, 2 * width, channels]),
    gradFunc: (dy) => tidy(() => mul(avgPool(dy as Tensor4D, 2, 2, 'valid'), 4)),
  }
})
