/**
 * The perturbation kernel of a linear SDE, p(x_t | x_0) = N(α(t) x_0, σ(t)² I), as plain functions of time in float64.
 *
 * Every parametrisation, sampler and loss is written with these four functions only, so all of them fit every SDE.
 */
export interface NoiseSchedule {
  /** α(t): what is left of the data at time t. */
  alpha(t: number): number
  /** σ(t): standard deviation of the noise at time t; keeps its digits as t → 0. */
  sigma(t: number): number
  /** λ(t) = ln(α/σ), strictly decreasing; +∞ where σ = 0. */
  lambda(t: number): number
  /** The inverse of {@link NoiseSchedule.lambda}. */
  timeAtLambda(lambda: number): number
}
