/** How far two samplers of one model are apart on the same noise. */
export interface SamplerComparison {
  /** Images compared. */
  readonly values: number
  /** Root of the mean squared difference per pixel, images clamped to [−1, 1]. */
  readonly rootMeanSquare: number
  /** The same between images of other noise: what unrelated images of the model differ by. */
  readonly unrelated: number
}

const clamp = (value: number) => Math.min(1, Math.max(-1, value))

/** Compares images that two samplers made of the same noise, one after the other. */
export function compareSamplers(a: Float32Array, b: Float32Array): SamplerComparison {
  const half = a.length / 2 // image k against image k + n/2
  const distance = (shift: number) =>
    Math.sqrt(a.reduce((sum, value, i) => sum + (clamp(value) - clamp(b[(i + shift) % b.length])) ** 2, 0) / a.length)
  return { values: a.length, rootMeanSquare: distance(0), unrelated: distance(half) }
}
