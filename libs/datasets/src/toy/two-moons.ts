import { checkNoise, toyDistribution, type ToyDistribution } from './toy-distribution'

/** Settings of {@link twoMoons}. */
export interface TwoMoonsOptions {
  /** Standard deviation of the Gaussian noise on both coordinates, ≥ 0. @defaultValue 0.1 */
  readonly noise?: number
}

/**
 * Two half circles that reach into each other: with probability ½ each (cos θ, sin θ) or (1 − cos θ, ½ − sin θ), θ uniform in (0, π),
 * plus N(0, noise² I).
 *
 * Mean (½, ¼); variances ¾ + noise² and 9/16 − 1/π + noise²; covariance 1/8 − 1/π.
 *
 * @throws InvalidArgumentError for a noise that is negative or not finite.
 * @see scikit-learn, `make_moons`: the same half circles, there with θ at equal distances.
 */
export function twoMoons({ noise = 0.1 }: TwoMoonsOptions = {}): ToyDistribution {
  checkNoise(noise)
  return toyDistribution({
    name: 'two-moons',
    dimension: 2,
    point(out, moon, along) {
      const [x, y] = [Math.cos(Math.PI * along), Math.sin(Math.PI * along)]
      out[0] = (moon < 0.5 ? x : 1 - x) + noise * out[0]
      out[1] = (moon < 0.5 ? y : 0.5 - y) + noise * out[1]
    },
  })
}
