import { InvalidArgumentError } from '@sbgm/sde-core'
import { add, div, minimum, mul, square, sqrt, sum, tidy, type Scalar, type Tensor } from '@tensorflow/tfjs-core'

/**
 * ‖g‖₂ over all numbers of a gradient.
 *
 * @param gradient - of any shape; borrowed
 * @returns a scalar, owned by the caller
 */
export const gradientNorm = (gradient: Tensor): Scalar => tidy(() => sqrt(sum(square(gradient))) as Scalar)

/**
 * Scales a gradient whose norm exceeds `limit` down to it: g · min(1, limit/‖g‖).
 *
 * @param gradient - of any shape; borrowed
 * @param norm - ‖g‖, as {@link gradientNorm} gives it
 * @param limit - the largest norm that is left as it is
 * @returns owned by the caller
 * @throws InvalidArgumentError unless the limit is positive.
 * @see Pascanu et al. 2013, arXiv:1211.5063, algorithm 1.
 */
export function clipByNorm(gradient: Tensor, norm: Scalar, limit: number): Tensor {
  if (!(limit > 0)) throw new InvalidArgumentError('limit', limit, 'a positive number')
  return tidy(() => mul(gradient, minimum(div(limit, add(norm, 1e-12)), 1))) // 1e-12: a zero gradient stays zero
}
