import { add, customGrad, getBackend, mul, ones, reshape, sum, tidy, type Tensor, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core'

/*
 * Numbers per channel and numbers per pixel. The wasm backend adds two tensors of one shape three to four times as fast as one
 * along whose channels the other is repeated: its inner loop is then as short as there are channels. So on that backend images
 * are seen as (batch, height, width · channels), and numbers per channel are first repeated along one row of pixels. Everywhere
 * else images stay images, which any compiler may lay out as it likes. The numbers are the same either way.
 */

const seenAsRows = (): boolean => getBackend() === 'wasm'

/** Images as rows of pixels, (batch, height, width · channels), on the wasm backend; as they are, (batch, height, width, channels), elsewhere. */
export const rowsOf = (x: Tensor4D): Tensor =>
  seenAsRows() ? reshape(x, [x.shape[0], x.shape[1], x.shape[2] * x.shape[3]]) : x

/** Numbers per channel, (batch, channels), so that they meet what {@link rowsOf} gives: (batch, 1, width · channels) or (batch, 1, 1, channels). */
export const alongRow = (perChannel: Tensor2D, width: number): Tensor => {
  const [batch, channels] = perChannel.shape
  if (!seenAsRows()) return reshape(perChannel, [batch, 1, 1, channels])
  return tidy(() => reshape(mul(reshape(perChannel, [batch, 1, channels]), ones([1, width, 1])), [batch, 1, width * channels]))
}

/** x + bias, whose gradient is a sum over all pixels. */
export const addBias = (x: Tensor4D, bias: Tensor): Tensor4D => differentiable(x, bias) as Tensor4D

const differentiable = customGrad((x, bias) => {
  const images = x as Tensor4D
  const { size } = bias as Tensor
  const value = reshape(add(rowsOf(images), alongRow(reshape(bias as Tensor, [1, size]), images.shape[2])), images.shape)
  return { value, gradFunc: (dy) => [dy, sum(dy as Tensor4D, [0, 1, 2])] }
})
