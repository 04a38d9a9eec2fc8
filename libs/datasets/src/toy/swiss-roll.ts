import { checkNoise, toyDistribution, type ToyDistribution } from './toy-distribution'

/** Settings of {@link swissRoll}. */
export interface SwissRollOptions {
  /** Standard deviation of the Gaussian noise on both coordinates, ≥ 0. @defaultValue 0.05 */
  readonly noise?: number
}

/**
 * One and a half turns of a spiral: (r cos θ, r sin θ) with θ uniform in (3π/2, 9π/2) and r = 2θ / 9π, uniform in (⅓, 1), plus
 * N(0, noise² I). Mean (4/9π, 4/27π²), each from one integral of θ cos θ and θ sin θ.
 *
 * @throws InvalidArgumentError for a noise that is negative or not finite.
 * @see scikit-learn, `make_swiss_roll`: the same curve, here without its depth and of radius 1.
 */
export function swissRoll({ noise = 0.05 }: SwissRollOptions = {}): ToyDistribution {
  checkNoise(noise)
  return toyDistribution({
    name: 'swiss-roll',
    dimension: 2,
    point(out, along) {
      const angle = 1.5 * Math.PI * (1 + 2 * along)
      const radius = angle / (4.5 * Math.PI)
      out[0] = radius * Math.cos(angle) + noise * out[0]
      out[1] = radius * Math.sin(angle) + noise * out[1]
    },
  })
}
