import { InvalidArgumentError } from '../errors'
import type { Prediction } from '../prediction'
import type { Sde } from '../sde'

/** Σ_k w_k N(m_k, diag s_k²) over flattened samples of `size` numbers; row k of means and stds belongs to component k. */
export interface MixtureLaw {
  /** Number of components K. */
  readonly components: number
  /** Numbers per sample D. */
  readonly size: number
  /** w_k, of sum 1. */
  readonly weights: Float64Array
  /** m_k, (K, D) row by row. */
  readonly means: Float64Array
  /** s_k, (K, D) row by row. */
  readonly stds: Float64Array
}

/**
 * Checks a mixture's parameters and lays them out.
 *
 * @throws {@link InvalidArgumentError} unless the weights are positive with sum 1 (±1e-9) and there is a mean and a positive
 * standard deviation for each.
 */
export function mixtureLaw(
  weights: readonly number[],
  means: readonly (readonly number[])[],
  stds: readonly (readonly number[])[],
): MixtureLaw {
  const sum = weights.reduce((total, weight) => total + weight, 0)
  if (!(weights.length >= 1 && weights.every((weight) => weight > 0) && Math.abs(sum - 1) <= 1e-9)) {
    throw new InvalidArgumentError('weights', weights, 'positive numbers with sum 1')
  }
  const size = means[0]?.length ?? 0
  const fits = (rows: readonly (readonly number[])[]) => rows.length === weights.length && rows.every((row) => row.length === size)
  if (!(size >= 1 && fits(means) && means.flat().every(Number.isFinite))) {
    throw new InvalidArgumentError('means', means.flat(), `one row of finite numbers per weight (${weights.length}), all of one length`)
  }
  if (!(fits(stds) && stds.flat().every((std) => std > 0 && Number.isFinite(std)))) {
    throw new InvalidArgumentError('stds', stds.flat(), `${weights.length} rows of ${size} positive numbers, as the means`)
  }
  return {
    components: weights.length,
    size,
    weights: Float64Array.from(weights, (weight) => weight / sum),
    means: Float64Array.from(means.flat()),
    stds: Float64Array.from(stds.flat()),
  }
}

/**
 * What a prediction of a mixture needs at one time. With v = α² s² + σ² and u = (α m − x)/v it is
 * Σ_k r_k (constant_k + slope_k u_k), where the responsibilities r are the softmax of logNorm_k − ½ Σ_d v u².
 */
export interface MixtureTables {
  /** ln w_k − ½ Σ_d ln(2π v), (K,). */
  readonly logNorm: Float64Array
  /** α m, (K, D). */
  readonly center: Float64Array
  /** 1/v, (K, D). */
  readonly precision: Float64Array
  /** (K, D). */
  readonly constant: Float64Array
  /** (K, D). */
  readonly slope: Float64Array
}

/**
 * The tables of a mixture at time t for one of the four predictions.
 *
 * Score and posterior mean of a component are u and m − α s² u; noise is −σ · score, v is α · noise − σ · data. All are of
 * the form a (m − α s² u) + b u, which never divides by σ or α.
 */
export function mixtureTables({ weights, means, stds, size }: MixtureLaw, sde: Sde, t: number, predicts: Prediction): MixtureTables {
  const [alpha, sigma] = [sde.schedule.alpha(t), sde.schedule.sigma(t)]
  const [onData, onScore] = { score: [0, 1], data: [1, 0], noise: [0, -sigma], v: [-sigma, -alpha * sigma] }[predicts] as [number, number]
  const variance = stds.map((std) => (alpha * std) ** 2 + sigma ** 2)
  const logNorm = weights.map((weight, k) => {
    const own = variance.subarray(k * size, (k + 1) * size)
    return Math.log(weight) - 0.5 * own.reduce((sum, v) => sum + Math.log(2 * Math.PI * v), 0)
  })
  return {
    logNorm,
    center: means.map((mean) => alpha * mean),
    precision: variance.map((v) => 1 / v),
    constant: means.map((mean) => onData * mean),
    slope: stds.map((std) => onScore - onData * alpha * std ** 2),
  }
}
