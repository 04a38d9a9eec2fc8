import { concat, reshape, tidy, type Tensor4D } from '@tensorflow/tfjs-core'

/**
 * Each pixel four times: (batch, height, width, channels) → (batch, 2 height, 2 width, channels).
 *
 * Made of concatenations, because the gradient of `resizeNearestNeighbor` on TensorFlow.js' cpu backend is wrong for
 * batches, and in tensors of rank 3, because its `tile` stops at rank 4.
 */
export function upsampleNearest(x: Tensor4D): Tensor4D {
  const [batch, height, width, channels] = x.shape
  return tidy(() => {
    const rows = reshape(x, [batch * height, width, channels])
    const wide = reshape(concat([rows, rows], 2), [batch * height, 2 * width * channels])
    return reshape(concat([wide, wide], 1), [batch, 2 * height, 2 * width, channels])
  })
}
