import { coefficientAt, InvalidArgumentError } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Guidance } from './guidance'
import { measurementGuidance, type MeasurementOptions } from './measurement-guidance'

/** Settings of {@link pseudoInverseGuidance}. */
export interface PseudoInverseGuidanceOptions<X = Tensor> extends MeasurementOptions<X> {
  /** s, what the standard deviation of the data is taken for, in their units; positive. @defaultValue 1, as in the paper */
  readonly dataStd?: number
}

/**
 * Pseudo-inverse guidance (ΠGDM) for y = H x_0 + noise: the score plus γ ∇_x ln N(y; H x̂_0(x), r_t² H Hᵀ + noiseStd² I) at fixed covariance,
 * that is γ (∂x̂_0/∂x)ᵀ Hᵀ (r_t² H Hᵀ + noiseStd² I)⁻¹ (y − H x̂_0), with x̂_0 = E[x_0 | x] and r_t² = σ² s²/(α² s² + σ²). Without noise it is
 * (γ/r_t²) (∂x̂_0/∂x)ᵀ (H⁺ y − H⁺ H x̂_0), hence the name.
 *
 * It takes Cov[x_0 | x] for r_t² I. For a Gaussian prior N(μ, s² I) that is so, and the guided score with γ = 1 is the score of p_t(x | y); for
 * other data it is an approximation that keeps the size of the pull right.
 *
 * @returns a guidance of a differentiable score model; its models throw ShapeError, before any work, for states that the operator does not
 * measure and for another batch than the measurement's, and InvalidArgumentError for a γ(t) that is negative or not finite; without
 * noise it is not finite where σ(t) = 0
 * @throws ShapeError for a measurement of another shape than the operator's; InvalidArgumentError unless noiseStd is finite and at least 0,
 * dataStd positive, and a number γ finite and not negative. The guidance itself throws InvalidArgumentError for a model that is not differentiable.
 * @see Song, Vahdat, Mardani and Kautz, "Pseudoinverse-Guided Diffusion Models for Inverse Problems", ICLR 2023, section 3 (there with α = 1 and
 * s = 1), https://openreview.net/forum?id=9_gsMA8MRKQ.
 */
export function pseudoInverseGuidance<X = Tensor>({ dataStd = 1, ...options }: PseudoInverseGuidanceOptions<X>): Guidance<X> {
  const { sde, operator, noiseStd } = options
  if (!(dataStd > 0 && dataStd < Infinity)) throw new InvalidArgumentError('dataStd', dataStd, 'a positive finite number')
  const { alpha, sigma } = sde.schedule
  const posteriorVariance = (t: number) => ((sigma(t) * dataStd) / Math.hypot(alpha(t) * dataStd, sigma(t))) ** 2
  return measurementGuidance({ ...options, weigh: (residual, times) => operator.solve(residual, coefficientAt(times, posteriorVariance), noiseStd ** 2) })
}
