/**
 * The perturbation kernel of a linear SDE, p(x_t | x_0) = N(α(t) x_0, σ(t)² I), as plain functions of time in float64.
 *
 * Every parametrisation, sampler and loss is written with these four functions only, so all of them fit every SDE.
 */
export interface NoiseSchedule {
  /** α(t): the factor of the data that is left at time t in [0, tMax]; 1 at t = 0. */
  alpha(t: number): number
  /** σ(t): standard deviation of the noise at time t, in units of the data; keeps its digits as t → 0. */
  sigma(t: number): number
  /** λ(t) = ln(α/σ), half the log signal-to-noise ratio in nats, strictly decreasing; +∞ where σ = 0. */
  lambda(t: number): number
  /** The time at which {@link NoiseSchedule.lambda} has this value, for values that it takes on [0, tMax]. */
  timeAtLambda(lambda: number): number
}
