import { add, customGrad, mul, ones, reshape, sum, tidy, type Tensor, type Tensor2D, type Tensor3D, type Tensor4D } from '@tensorflow/tfjs-core'

/*
 * Numbers per channel and numbers per pixel. The wasm backend adds two tensors of one shape three to four times as fast as one
 * along whose channels the other is repeated: its inner loop is then as short as there are channels. So images are seen as
 * (batch, height, width · channels) here, and numbers per channel are first repeated along one row of pixels.
 */

/** Images as rows of pixels, (batch, height, width · channels). */
export const rowsOf = (x: Tensor4D): Tensor3D => reshape(x, [x.shape[0], x.shape[1], x.shape[2] * x.shape[3]])

/** Numbers per channel, (batch, channels), along a row of pixels, (batch, 1, width · channels). */
export const alongRow = (perChannel: Tensor2D, width: number): Tensor3D => {
  const [batch, channels] = perChannel.shape
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
