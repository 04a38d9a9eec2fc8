import { clampImages } from '@sbgm/evaluation'

/** How far two samplers of one model are apart on the same noise. */
export interface SamplerComparison {
  /** Pixels compared. */
  readonly values: number
  /** Root of the mean squared difference per pixel, images clamped to [−1, 1]. */
  readonly rootMeanSquare: number
  /** The same between images of other noise: what unrelated images of the model differ by. */
  readonly unrelated: number
}

/** Compares images that two samplers made of the same noise, one after the other. */
export function compareSamplers(ours: Float32Array, others: Float32Array): SamplerComparison {
  const [a, b] = [clampImages(ours), clampImages(others)]
  const half = a.length / 2 // image k against image k + n/2
  const distance = (shift: number) =>
    Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[(i + shift) % b.length]) ** 2, 0) / a.length)
  return { values: a.length, rootMeanSquare: distance(0), unrelated: distance(half) }
}
