import { fillNormal, InvalidArgumentError, ShapeError } from '@sbgm/sde-core'
import { add, mul, reshape, sin, tensor, tidy, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core'

/** Settings of {@link gaussianFourierEmbedding}. */
export interface GaussianFourierEmbeddingOptions {
  /** Number of features; even. */
  readonly size: number
  /** Standard deviation of the frequencies, in cycles per unit of time. @defaultValue 16 */
  readonly scale?: number
  /** Seed of the frequencies. @defaultValue 0 */
  readonly seed?: number
}

/**
 * Gaussian Fourier features of a continuous time: cos and sin of 2π wₖ t with fixed frequencies wₖ from N(0, scale²),
 * k = 0 … size/2 − 1.
 *
 * The frequencies are a function of seed and scale alone, so they belong to the architecture and not to its parameters: they
 * are neither trained nor saved.
 *
 * @param t - times, shape (batch,)
 * @param options - number of features, and which frequencies
 * @returns shape (batch, size), all cosines before all sines; owned by the caller
 * @throws InvalidArgumentError unless size is an even integer of at least 2 and scale is positive; ShapeError unless t is a
 * vector.
 * @see Song et al. 2021, arXiv:2011.13456, appendix C; Tancik et al. 2020, arXiv:2006.10739.
 */
export function gaussianFourierEmbedding(t: Tensor1D, { size, scale = 16, seed = 0 }: GaussianFourierEmbeddingOptions): Tensor2D {
  if (!(Number.isInteger(size) && size >= 2 && size % 2 === 0)) throw new InvalidArgumentError('size', size, 'an even integer of at least 2')
  if (!(scale > 0 && Number.isFinite(scale))) throw new InvalidArgumentError('scale', scale, 'a positive number')
  if (t.shape.length !== 1) throw new ShapeError('t', '(batch)', t.shape)
  const half = size / 2
  const cycles = fourierFrequencies({ size, scale, seed })
  const frequencies = Float32Array.from({ length: size }, (_, k) => 2 * Math.PI * cycles[k % half])
  const phases = Float32Array.from({ length: size }, (_, k) => (k < half ? Math.PI / 2 : 0)) // cos(a) = sin(a + π/2)
  return tidy(() => sin(add(mul(reshape(t, [-1, 1]), tensor(frequencies, [1, size])), tensor(phases, [1, size]))) as Tensor2D)
}

/** The frequencies of these features in cycles per unit of time, size/2 of them. */
export function fourierFrequencies({ size, scale, seed }: Required<GaussianFourierEmbeddingOptions>): Float64Array {
  const drawn = new Float64Array(size / 2)
  fillNormal(drawn, drawn.length, { seed, stream: 'fourier-frequencies', step: 0, firstSample: 0, draw: 0 })
  return drawn.map((value) => scale * value)
}
