import { InvalidArgumentError } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Guidance } from './guidance'
import { measurementGuidance, type MeasurementOptions } from './measurement-guidance'

/**
 * Diffusion posterior sampling for y = H x_0 + noise: the score plus γ ∇_x ln N(y; H x̂_0(x), noiseStd² I), that is
 * (γ/noiseStd²) (∂x̂_0/∂x)ᵀ Hᵀ (y − H x̂_0), with x̂_0 = E[x_0 | x].
 *
 * It treats x_0 as if x determined it, so the pull is too strong by the factor (H Cov[x_0 | x] Hᵀ + noiseStd²)/noiseStd² where the prior is
 * Gaussian: its samples overshoot and lie too close to each other, and for small noise the equations become stiff. {@link pseudoInverseGuidance} counts the
 * covariance in. The paper's algorithm takes steps of a length divided by ‖y − H x̂_0‖ inside one sampler instead; a `scale` that depends on
 * time comes closest to it.
 *
 * @returns a guidance of a differentiable score model; its models throw ShapeError, before any work, for states that the operator does not
 * measure and for another batch than the measurement's, and InvalidArgumentError for a γ(t) that is negative or not finite
 * @throws ShapeError for a measurement of another shape than the operator's; InvalidArgumentError unless noiseStd is positive and a number γ
 * finite and not negative. The guidance itself throws InvalidArgumentError for a model that is not differentiable.
 * @see Chung et al. 2022, arXiv:2209.14687, theorem 1 (the approximation) and algorithm 1 (its steps).
 */
export function dps<X = Tensor>(options: MeasurementOptions<X>): Guidance<X> {
  const { noiseStd, space } = options
  if (!(noiseStd > 0)) throw new InvalidArgumentError('noiseStd', noiseStd, 'positive for dps() (pseudoInverseGuidance() takes measurements without noise)')
  return measurementGuidance({ ...options, weigh: (residual) => space.combine([1 / noiseStd ** 2], [residual]) })
}
