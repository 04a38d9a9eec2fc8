import { fillNormal, fillUniform, hostState, InvalidArgumentError, type HostState } from '@sbgm/sde-core'

/** Which points to draw. Point i is a function of (seed, stream, firstSample + i). */
export interface DrawPointsOptions {
  /** How many, an integer ≥ 1. */
  readonly count: number
  /** The run's seed, an integer ≥ 0. */
  readonly seed: number
  /** Name of the stream. @defaultValue 'toy' */
  readonly stream?: string
  /** Index of the first point: to go on where another draw ended. @defaultValue 0 */
  readonly firstSample?: number
}

/** A law in one or two dimensions that is easy to see and to draw from. */
export interface ToyDistribution {
  /** What it is called. */
  readonly name: string
  /** Numbers per point. */
  readonly dimension: number
  /**
   * Independent points of the law.
   *
   * @returns shape (count, dimension), float64, the caller's own
   * @throws InvalidArgumentError for a count, seed, stream or firstSample that breaks its rule.
   */
  draw(options: DrawPointsOptions): HostState
}

/** A law as a function of two uniforms in (0, 1) and of as many standard normals as it has dimensions. */
interface PointRule {
  /** What it is called. */
  readonly name: string
  /** Numbers per point. */
  readonly dimension: number
  /** Writes one point into `out`, which holds its normals. */
  readonly point: (out: Float64Array, first: number, second: number) => void
}

/** A toy distribution from the rule of one point. */
export function toyDistribution({ name, dimension, point }: PointRule): ToyDistribution {
  return {
    name,
    dimension,
    draw({ count, seed, stream = 'toy', firstSample = 0 }) {
      if (!(Number.isInteger(count) && count >= 1)) throw new InvalidArgumentError('count', count, 'an integer of at least 1')
      const key = { seed, stream, step: 0, firstSample }
      const data = new Float64Array(count * dimension)
      const uniforms = new Float64Array(count * 2)
      fillUniform(uniforms, 2, { ...key, draw: 0 })
      fillNormal(data, dimension, { ...key, draw: 1 })
      for (let i = 0; i < count; i++) point(data.subarray(i * dimension, (i + 1) * dimension), uniforms[2 * i], uniforms[2 * i + 1])
      return hostState(data, [count, dimension])
    },
  }
}

/** Throws unless a spread is finite and not negative. */
export function checkNoise(noise: number): void {
  if (!(noise >= 0 && Number.isFinite(noise))) throw new InvalidArgumentError('noise', noise, 'a number of at least 0')
}
