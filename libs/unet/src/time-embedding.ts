import { InvalidArgumentError, ShapeError } from '@sbgm/sde-core'
import { add, mul, reshape, sin, tensor, tidy, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core'

/** Settings of {@link sinusoidalEmbedding}. */
export interface SinusoidalEmbeddingOptions {
  /** Number of features; even. */
  readonly size: number
  /**
   * Factor on the time. The default spreads [0, 1] over as many radians as a discrete chain has steps; where times end
   * elsewhere, about 1000 / tMax does the same.
   *
   * @defaultValue 1000
   */
  readonly scale?: number
  /** Ratio of the highest to the lowest frequency. @defaultValue 10000 */
  readonly maxPeriod?: number
}

/**
 * Sinusoidal features of a continuous time: cos and sin of scale · t · maxPeriod^(−k/(size/2)), k = 0 … size/2 − 1.
 *
 * Angles are float32, so a feature is wrong by up to 2⁻²³ · scale · |t|: 1e-4 at the defaults and t = 1.
 *
 * @param t - times, shape (batch,)
 * @param options - number of features, and the range of their frequencies
 * @returns shape (batch, size), all cosines before all sines; owned by the caller
 * @throws InvalidArgumentError unless size is an even integer of at least 2, and scale and maxPeriod are positive;
 * ShapeError unless t is a vector.
 * @see Vaswani et al. 2017, arXiv:1706.03762, section 3.5; Ho et al. 2020, arXiv:2006.11239, appendix B.
 */
export function sinusoidalEmbedding(t: Tensor1D, { size, scale = 1000, maxPeriod = 1e4 }: SinusoidalEmbeddingOptions): Tensor2D {
  if (!(Number.isInteger(size) && size >= 2 && size % 2 === 0)) throw new InvalidArgumentError('size', size, 'an even integer of at least 2')
  for (const [name, value] of Object.entries({ scale, maxPeriod })) {
    if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError(name, value, 'a positive number')
  }
  if (t.shape.length !== 1) throw new ShapeError('t', '(batch)', t.shape)
  const half = size / 2
  const frequencies = Float32Array.from({ length: size }, (_, k) => scale * maxPeriod ** (-(k % half) / half))
  const phases = Float32Array.from({ length: size }, (_, k) => (k < half ? Math.PI / 2 : 0))
  // cos(a) = sin(a + π/2): one kernel and no concatenation, which on wasm cost as much as a matrix product
  return tidy(() => sin(add(mul(reshape(t, [-1, 1]), tensor(frequencies, [1, size])), tensor(phases, [1, size]))) as Tensor2D)
}
