import { InvalidArgumentError, ShapeError } from '@sbgm/sde-core'
import type { LogLikelihood } from './log-likelihood'

/** Settings of {@link bitsPerDimension}. */
export interface BitsPerDimensionOptions {
  /**
   * ln |det ∂x/∂u| / D, in nats per dimension, of the map from the data u whose bits are counted to the samples x: the `logScale` of
   * a {@link Dequantization}, or one number per sample for a map of your own.
   * @defaultValue 0: the bits of x itself, which is a density and may be negative
   */
  readonly logScale?: number | ArrayLike<number>
  /**
   * Terms of your own, in nats per sample, added to ln p: what is known of the prior's mismatch, or of the time before the grid's
   * first; one number for all samples or one each.
   * @defaultValue none
   */
  readonly corrections?: Readonly<Record<string, number | ArrayLike<number>>>
}

/** −log₂ p per dimension, as an explicit sum. */
export interface BitsPerDimension {
  /** The sum of the terms of each sample, shape (samples,), in bits per dimension. */
  readonly total: Float64Array
  /**
   * `prior`, `scaling` and `divergence` of the likelihood, `transform` for the data's own map, then the corrections by their names;
   * each of shape (samples,), in bits per dimension.
   */
  readonly terms: Readonly<Record<string, Float64Array>>
  /** Standard error of each total over the probes of the divergence, shape (samples,); NaN for a single probe. */
  readonly probeError: Float64Array
  /** Mean of the totals. */
  readonly mean: number
  /** Standard error of that mean over the samples, which holds the probes' share too; NaN for a single sample. */
  readonly standardError: number
}

/**
 * Bits per dimension of samples: −ln p / (D ln 2) + log₂ |∂u/∂x|, term by term, so that no constant hides in it.
 *
 * @param likelihood - of one batch, or of several, which are put one after the other
 * @param options - how the samples were made of the data
 * @returns new arrays
 * @throws InvalidArgumentError for no likelihood, or a correction that has the name of a term; ShapeError for a list that has
 * not one number per sample, and likelihoods of different dimensions.
 * @see Theis et al. 2016, arXiv:1511.01844, section 3.1, for what the bits of dequantised data bound.
 */
export function bitsPerDimension(
  likelihood: LogLikelihood | readonly LogLikelihood[],
  { logScale = 0, corrections = {} }: BitsPerDimensionOptions = {},
): BitsPerDimension {
  const batches = [likelihood].flat() as readonly LogLikelihood[]
  if (batches.length === 0) throw new InvalidArgumentError('likelihood', batches, 'at least one')
  const { dimensions } = batches[0]
  const other = batches.find((batch) => batch.dimensions !== dimensions)
  if (other) throw new ShapeError('the samples of every likelihood', [dimensions], [other.dimensions])
  const nats = {
    prior: batches.flatMap(({ prior }) => Array.from(prior)),
    scaling: batches.flatMap(({ prior, scaling }) => Array.from(prior, () => scaling)),
    divergence: batches.flatMap(({ divergence }) => Array.from(divergence)),
  }
  const count = nats.prior.length
  const perSample = (name: string, value: number | ArrayLike<number>, factor: number): Float64Array => {
    if (typeof value !== 'number' && value.length !== count) throw new ShapeError(name, [count], [value.length])
    return Float64Array.from({ length: count }, (_, i) => factor * (typeof value === 'number' ? value : value[i]))
  }
  const toBits = -1 / (dimensions * Math.LN2)
  const terms: Record<string, Float64Array> = {
    ...Object.fromEntries(Object.entries(nats).map(([name, values]) => [name, perSample(name, values, toBits)])),
    transform: perSample('logScale', logScale, -1 / Math.LN2),
  }
  for (const [name, value] of Object.entries(corrections)) {
    if (name in terms) throw new InvalidArgumentError('corrections', name, `named otherwise than the terms ${Object.keys(terms).join(', ')}`)
    terms[name] = perSample(`corrections.${name}`, value, toBits)
  }
  const total = Float64Array.from({ length: count }, (_, i) => Object.values(terms).reduce((sum, values) => sum + values[i], 0))
  const mean = total.reduce((sum, value) => sum + value, 0) / count
  const variance = total.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1)
  const probeError = Float64Array.from(batches.flatMap(({ standardError }) => Array.from(standardError, (error) => -error * toBits)))
  return { total, terms, probeError, mean, standardError: Math.sqrt(variance / count) }
}
