import { avgPool, customGrad, getBackend, image, mul, ones, reshape, tidy, type Tensor4D } from '@tensorflow/tfjs-core'

/**
 * Each pixel four times: (batch, height, width, channels) → (batch, 2 height, 2 width, channels).
 *
 * Its gradient is a pooling of its own: on TensorFlow.js' cpu backend that of `resizeNearestNeighbor` is wrong for batches. On
 * wasm the pixels are repeated by a product with ones, since `resizeNearestNeighbor` and `tile` are slow there.
 */
export const upsampleNearest = (x: Tensor4D): Tensor4D => differentiable(x) as Tensor4D

const differentiable = customGrad((x) => ({
  value: getBackend() === 'wasm' ? timesOnes(x as Tensor4D) : image.resizeNearestNeighbor(x as Tensor4D, [2 * (x as Tensor4D).shape[1], 2 * (x as Tensor4D).shape[2]]),
  gradFunc: (dy) => tidy(() => mul(avgPool(dy as Tensor4D, 2, 2, 'valid'), 4)),
}))

function timesOnes(x: Tensor4D): Tensor4D {
  const [batch, height, width, channels] = x.shape
  const repeated = mul(reshape(x, [batch * height, 1, width, 1, channels]), ones([1, 2, 1, 2, 1]))
  return reshape(repeated, [batch, 2 * height, 2 * width, channels])
}
