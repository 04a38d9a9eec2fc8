import { add, div, minimum, mul, square, sqrt, sum, tidy, type Scalar, type Tensor } from '@tensorflow/tfjs-core'

/** ‖g‖₂ over all parameters. */
export const gradientNorm = (gradient: Tensor): Scalar => tidy(() => sqrt(sum(square(gradient))) as Scalar)

/**
 * Scales a gradient whose norm exceeds `limit` down to it: g · min(1, limit/‖g‖).
 *
 * @param norm - ‖g‖, as {@link gradientNorm} gives it
 * @returns owned by the caller
 * @see Pascanu et al. 2013, arXiv:1211.5063, algorithm 1.
 */
export const clipByNorm = (gradient: Tensor, norm: Scalar, limit: number): Tensor =>
  tidy(() => mul(gradient, minimum(div(limit, add(norm, 1e-12)), 1)))
