import { fillUniform, InvalidArgumentError, ShapeError, type VectorSpace } from '@sbgm/sde-core'

/** Settings of {@link uniformDequantization}. */
export interface DequantizationOptions {
  /** Number of levels, so that data are integers from 0 to levels − 1. @defaultValue 256 */
  readonly levels?: number
  /** The x that the lowest edge of level 0 becomes. @defaultValue -1 */
  readonly low?: number
  /** The x that the highest edge of the last level becomes. @defaultValue 1 */
  readonly high?: number
}

/** Which data, and which noise. */
export interface DequantizeOptions<X> {
  /** Where x is to live. */
  readonly space: VectorSpace<X>
  /** The integers, such as an image's bytes; borrowed. */
  readonly data: ArrayLike<number>
  /** Their shape, (batch, …). */
  readonly shape: readonly number[]
  /** Chooses the noise, together with the sample's index: a non-negative integer. */
  readonly seed: number
  /** Index of the first sample. @defaultValue 0 */
  readonly firstSample?: number
}

/** A map from integers to a continuum, with what it does to a density. */
export interface Dequantization {
  /** ln(dx/du) of each dimension, in nats: what {@link bitsPerDimension} takes as `logScale`. */
  readonly logScale: number
  /**
   * x = low + (u + U)(high − low)/levels with U uniform in [0, 1), keyed by (seed, sample).
   *
   * @returns a new state, owned by the caller
   * @throws ShapeError if data and shape differ; InvalidArgumentError for a number that is no integer from 0 to levels − 1.
   */
  dequantize<X>(options: DequantizeOptions<X>): X
}

/**
 * Uniform dequantisation: the density of x that a model gives bounds the probability of the integers u. With 256 levels in [−1, 1) it
 * adds 7 bits per dimension to those of x, in [0, 1) 8.
 *
 * A model for which this is right has been trained on such x, or on x = low + u (high − low)/(levels − 1) at a resolution that it does
 * not see.
 *
 * @throws InvalidArgumentError unless levels is an integer of at least 2 and low \< high.
 * @see Theis et al. 2016, arXiv:1511.01844, section 3.1; Song et al. 2021, arXiv:2011.13456, appendix D.2 (there in [0, 1) or [−1, 1)).
 */
export function uniformDequantization({ levels = 256, low = -1, high = 1 }: DequantizationOptions = {}): Dequantization {
  if (!(Number.isInteger(levels) && levels >= 2)) throw new InvalidArgumentError('levels', levels, 'an integer of at least 2')
  if (!(Number.isFinite(low) && high > low && Number.isFinite(high))) throw new InvalidArgumentError('high', high, `a number greater than low (${low})`)
  const scale = (high - low) / levels
  return Object.freeze<Dequantization>({
    logScale: Math.log(scale),
    dequantize({ space, data, shape, seed, firstSample = 0 }) {
      const size = shape.reduce((product, axis) => product * axis, 1)
      if (size !== data.length) throw new ShapeError(`data of ${data.length} numbers`, 'whose product is that number', shape)
      const x = new Float64Array(size)
      fillUniform(x, size / shape[0], { seed, stream: 'likelihood/dequantization', step: 0, firstSample, draw: 0 })
      for (let i = 0; i < size; i++) {
        const level = data[i]
        if (!(Number.isInteger(level) && level >= 0 && level < levels)) {
          throw new InvalidArgumentError(`data[${i}]`, level, `an integer from 0 to ${levels - 1}`)
        }
        x[i] = low + (level + x[i]) * scale
      }
      return space.fromHost({ data: x, shape })
    },
  })
}
