import type { NoiseSchedule } from './noise-schedule'

/**
 * The four things a model may predict of x_t = α x_0 + σ ε, all equivalent through (α, σ):
 * `score` ∇ log p_t(x_t) = −ε̂/σ, `noise` ε̂ = E[ε | x_t], `data` x̂_0 = E[x_0 | x_t], `v` = α ε̂ − σ x̂_0.
 */
export type Prediction = 'score' | 'noise' | 'data' | 'v'

/** All four, for messages and loops over them. */
export const predictions: readonly Prediction[] = ['score', 'noise', 'data', 'v']

/** q = state · x_t + prediction · p, which turns a prediction p into another, q. */
export interface ConversionCoefficients {
  /** The factor of x_t. */
  readonly state: number
  /** The factor of the prediction at hand. */
  readonly prediction: number
}

/** p = onData · x_0 + onNoise · ε for one of the predictions other than the score. */
export const composition = (prediction: Exclude<Prediction, 'score'>, alpha: number, sigma: number) =>
  ({ noise: { onData: 0, onNoise: 1 }, data: { onData: 1, onNoise: 0 }, v: { onData: -sigma, onNoise: alpha } })[prediction]

/**
 * The factors with which one prediction at time t becomes another: solve (x_t, p) for (x̂_0, ε̂), then compose q.
 *
 * Written so that no term that is needed is divided by σ when neither end is a score: data ↔ v is exact at σ = 0.
 *
 * @param from - what is at hand
 * @param to - what is wanted
 * @param schedule - the SDE's α and σ
 * @param t - the time, in [0, tMax]
 * @returns the two factors; infinite where the target does not exist, such as the score of a noise model at σ = 0
 * @see Salimans and Ho 2022, arXiv:2202.00512, appendix D, for v (there with α² + σ² = 1; here for any α, σ).
 */
export function conversionCoefficients(from: Prediction, to: Prediction, schedule: NoiseSchedule, t: number): ConversionCoefficients {
  if (from === to) return { state: 0, prediction: 1 }
  const [alpha, sigma] = [schedule.alpha(t), schedule.sigma(t)]
  if (from === 'score') {
    const { state, prediction } = conversionCoefficients('noise', to, schedule, t)
    return { state, prediction: -sigma * prediction }
  }
  if (to === 'score') {
    const { state, prediction } = conversionCoefficients(from, 'noise', schedule, t)
    return { state: -state / sigma, prediction: -prediction / sigma }
  }
  const [p, q] = [composition(from, alpha, sigma), composition(to, alpha, sigma)]
  const determinant = alpha * p.onNoise - sigma * p.onData
  return {
    state: (q.onData * p.onNoise - q.onNoise * p.onData) / determinant,
    prediction: (alpha * q.onNoise - sigma * q.onData) / determinant,
  }
}
