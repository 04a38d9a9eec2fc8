import { InvalidArgumentError } from './errors'
import { fillUniform } from './noise/keyed-noise'
import type { Sde } from './sde'

/** How training times are drawn on [tMin, tMax]. */
export interface TimeSamplingOptions {
  /** The SDE that is trained for. */
  readonly sde: Sde
  /**
   * `uniform` in t, or `likelihood`: with density ∝ g²/σ² = −2 dλ/dt, which is uniform in λ, so that the likelihood
   * weighting has no variance of its own.
   * @defaultValue 'uniform'
   */
  readonly density?: 'uniform' | 'likelihood'
  /**
   * `independent` draws, or `stratified`: sample i of n lies in the i-th n-th of the law, which lowers the variance of a
   * batch's loss. Data must then come in random order.
   * @defaultValue 'stratified'
   */
  readonly draws?: 'independent' | 'stratified'
  /** The earliest time, above 0 where σ(0) = 0. @defaultValue 1e-5 */
  readonly tMin?: number
}

/** Times and how much each counts. */
export interface SampledTimes {
  /** The times, shape (count,). */
  readonly times: Float64Array
  /** Uniform density over the density used, (1/(tMax − tMin)) / p(t): the importance weights, of mean 1 under p. */
  readonly importance: Float64Array
}

/** Draws the times of training step number `step`. */
export type TimeSampler = (request: {
  /** How many. */
  readonly count: number
  /** The run's seed. */
  readonly seed: number
  /** The training step; other numbers for each. */
  readonly step: number
}) => SampledTimes

/**
 * A sampler of training times; see {@link TimeSamplingOptions} for the choices.
 *
 * @returns a function that gives the same times for the same seed, step and count; it throws {@link InvalidArgumentError}
 * unless count is an integer of at least 1
 * @throws {@link InvalidArgumentError} unless 0 ≤ tMin \< tMax and, for `likelihood`, σ(tMin) \> 0.
 * @see Song, Durkan, Murray and Ermon 2021, arXiv:2101.09258, section 5.1 (importance sampling); Kingma et al. 2021,
 * arXiv:2107.00630, appendix I.1 (stratified times).
 */
export function timeSampler({ sde, density = 'uniform', draws = 'stratified', tMin = 1e-5 }: TimeSamplingOptions): TimeSampler {
  const { tMax, schedule } = sde
  if (!(tMin >= 0 && tMin < tMax)) throw new InvalidArgumentError('tMin', tMin, `at least 0 and below tMax (${tMax})`)
  if (density === 'likelihood' && !Number.isFinite(schedule.lambda(tMin))) {
    throw new InvalidArgumentError('tMin', tMin, 'a time with σ > 0 for the likelihood density')
  }
  const [first, last] = [schedule.lambda(tMin), schedule.lambda(tMax)]
  return ({ count, seed, step }) => {
    if (!(Number.isInteger(count) && count >= 1)) throw new InvalidArgumentError('count', count, 'an integer of at least 1')
    const levels = new Float64Array(count)
    fillUniform(levels, 1, { seed, stream: 'training/time', step, firstSample: 0, draw: 0 })
    if (draws === 'stratified') levels.forEach((u, i) => (levels[i] = (i + u) / count))
    if (density === 'uniform') {
      return { times: levels.map((u) => tMin + u * (tMax - tMin)), importance: new Float64Array(count).fill(1) }
    }
    const times = levels.map((u) => Math.min(Math.max(schedule.timeAtLambda(first + u * (last - first)), tMin), tMax))
    const total = 2 * (first - last) // ∫ g²/σ² dt
    return {
      times,
      importance: times.map((t) => (total * (schedule.sigma(t) / sde.diffusion(t)) ** 2) / (tMax - tMin)),
    }
  }
}
