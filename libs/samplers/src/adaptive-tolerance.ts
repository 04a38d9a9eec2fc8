import { InvalidArgumentError, type Tolerance, type VectorSpace } from '@sbgm/sde-core'

/** The finest tolerance of each space: 16 units in the last place of float32, 100 of float64. */
const finest = { tensor: 2 ** -20, host: 100 * Number.EPSILON } as const

/**
 * A tolerance whose fields are filled in.
 *
 * @throws InvalidArgumentError unless both are finite, not negative, and not both 0.
 */
export function completeTolerance(given: Partial<Tolerance>, defaults: Tolerance): Tolerance {
  const { absolute = defaults.absolute, relative = defaults.relative } = given
  if (!(absolute >= 0 && Number.isFinite(absolute))) throw new InvalidArgumentError('tolerance.absolute', absolute, 'a finite number of at least 0')
  if (!(relative >= 0 && Number.isFinite(relative))) throw new InvalidArgumentError('tolerance.relative', relative, 'a finite number of at least 0')
  if (absolute === 0 && relative === 0) throw new InvalidArgumentError('tolerance.relative', relative, 'positive where tolerance.absolute is 0')
  return { absolute, relative }
}

/**
 * Refuses what the numbers of a space cannot show: errors near the last digit are rounding, which smaller steps do not lessen.
 *
 * @throws InvalidArgumentError if absolute and relative are both below 2⁻²⁰ on tensors (float32), 2.2e-14 on the host (float64).
 */
export function requireResolution<X>({ absolute, relative }: Tolerance, { name }: Pick<VectorSpace<X>, 'name'>): void {
  const least = finest[name]
  if (Math.max(absolute, relative) >= least) return
  const remedy = name === 'tensor' ? 'run it on hostSpace, in float64, for more digits' : 'float64 has no more digits'
  throw new InvalidArgumentError('tolerance', `absolute ${absolute}, relative ${relative}`, `at least ${least.toPrecision(2)} on the ${name} space (${remedy})`)
}
