import { fillNormal } from '@sbgm/sde-core'
import { add, matMul, mul, sigmoid, tensor, tidy, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core'

/** x · kernel + bias for x of shape (batch, in), kernel (in, out), bias (out,). */
export const linear = (x: Tensor2D, kernel: Tensor, bias: Tensor): Tensor2D =>
  tidy(() => add(matMul(x, kernel as Tensor2D), bias) as Tensor2D)

/** SiLU, x · sigmoid(x). @see Elfwing et al. 2017, arXiv:1702.03118. */
export const silu = <T extends Tensor>(x: T): T => tidy(() => mul(x, sigmoid(x)) as T)

/** A kernel of shape (in, out) with normal entries of the given standard deviation, the same for the same seed and name. */
export function normalKernel(name: string, seed: number, [rows, columns]: readonly [number, number], std: number): Tensor2D {
  const values = new Float32Array(rows * columns)
  fillNormal(values, values.length, { seed, stream: `init/${name}`, step: 0, firstSample: 0, draw: 0 })
  return tensor(values.map((value) => std * value), [rows, columns]) as Tensor2D
}
