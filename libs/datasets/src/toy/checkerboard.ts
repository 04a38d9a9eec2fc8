import { InvalidArgumentError } from '@sbgm/sde-core'
import { toyDistribution, type ToyDistribution } from './toy-distribution'

/** Settings of {@link checkerboard}. */
export interface CheckerboardOptions {
  /** Fields per side, an even integer ≥ 2. @defaultValue 4 */
  readonly fields?: number
  /** Length of the board's side, positive. @defaultValue 4 */
  readonly side?: number
}

/**
 * Uniform on half of the fields of a board about the origin, those whose column and row, counted from the lowest of both, have an even
 * sum. With w = side / fields the density is 2 / side² there and 0 elsewhere; mean 0, both variances side² / 12, covariance w² / 4.
 *
 * Its jumps and corners are hard for a smooth score.
 *
 * @throws InvalidArgumentError unless fields is an even integer of at least 2 and side positive.
 */
export function checkerboard({ fields = 4, side = 4 }: CheckerboardOptions = {}): ToyDistribution {
  if (!(Number.isInteger(fields) && fields >= 2 && fields % 2 === 0)) {
    throw new InvalidArgumentError('fields', fields, 'an even integer of at least 2')
  }
  if (!(side > 0 && Number.isFinite(side))) throw new InvalidArgumentError('side', side, 'a positive number')
  return toyDistribution({
    name: 'checkerboard',
    dimension: 2,
    point(out, first, second) {
      const column = Math.floor(first * fields)
      const up = (second * fields) / 2 // half of the fields of a column: the row's index comes in steps of two
      const row = 2 * Math.floor(up) + (column % 2)
      out[0] = side * (first - 0.5)
      out[1] = side * ((row + up - Math.floor(up)) / fields - 0.5)
    },
  })
}
