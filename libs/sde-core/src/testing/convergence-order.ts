import { InvalidArgumentError } from '../errors'

/** An order as the errors of a refined grid show it. */
export interface ConvergenceOrder {
  /** log(error ratio) / log(refinement) of neighbouring grids, coarsest first, one fewer than there are errors. */
  readonly pairs: readonly number[]
  /** The order of the finest pair: the one to compare with the declared order. */
  readonly finest: number
}

/**
 * The order p of a method whose error is C h^p, from its errors on grids each `refinement` times finer than the last.
 *
 * @param errors - absolute errors, coarsest grid first; at least two, positive
 * @param refinement - how much finer each grid is @defaultValue 2
 * @returns the order between neighbouring grids, log(error ratio) / log(refinement), and that of the finest pair
 * @throws InvalidArgumentError for fewer errors, or one that is not positive (a method that is exact has no order).
 */
export function convergenceOrder(errors: readonly number[], refinement = 2): ConvergenceOrder {
  if (!(errors.length >= 2 && errors.every((error) => error > 0 && Number.isFinite(error)))) {
    throw new InvalidArgumentError('errors', errors, 'at least two positive numbers, coarsest grid first')
  }
  if (!(refinement > 1)) throw new InvalidArgumentError('refinement', refinement, 'a number greater than 1')
  const pairs = errors.slice(1).map((error, i) => Math.log(errors[i] / error) / Math.log(refinement))
  return { pairs, finest: pairs[pairs.length - 1] }
}
