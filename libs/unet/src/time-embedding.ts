import { InvalidArgumentError } from '@sbgm/sde-core'
import { concat, cos, mul, reshape, sin, tensor, tidy, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core'

/** Settings of {@link sinusoidalEmbedding}. */
export interface SinusoidalEmbeddingOptions {
  /** Number of features; even. */
  readonly size: number
  /** Factor on the time, so that [0, 1] spans as many radians as a discrete chain's steps. @defaultValue 1000 */
  readonly scale?: number
  /** Ratio of the highest to the lowest frequency. @defaultValue 10000 */
  readonly maxPeriod?: number
}

/**
 * Sinusoidal features of a continuous time: cos and sin of scale · t · maxPeriod^(−k/(size/2)), k = 0 … size/2 − 1.
 *
 * @param t - times, shape (batch,); for SDEs on [0, 1]
 * @returns shape (batch, size), owned by the caller
 * @throws InvalidArgumentError unless size is an even integer of at least 2.
 * @see Vaswani et al. 2017, arXiv:1706.03762, section 3.5; Ho et al. 2020, arXiv:2006.11239, appendix B.
 */
export function sinusoidalEmbedding(t: Tensor1D, { size, scale = 1000, maxPeriod = 1e4 }: SinusoidalEmbeddingOptions): Tensor2D {
  if (!(Number.isInteger(size) && size >= 2 && size % 2 === 0)) throw new InvalidArgumentError('size', size, 'an even integer of at least 2')
  const half = size / 2
  const frequencies = Float32Array.from({ length: half }, (_, k) => scale * maxPeriod ** (-k / half))
  return tidy(() => {
    const angles = mul(reshape(t, [-1, 1]), tensor(frequencies, [1, half]))
    return concat([cos(angles), sin(angles)], 1) as Tensor2D
  })
}
