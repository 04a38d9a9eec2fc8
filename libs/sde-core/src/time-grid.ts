import { InvalidArgumentError } from './errors'
import type { NoiseSchedule } from './noise-schedule'

declare const gridBrand: unique symbol

/** N + 1 times, finite, not negative and strictly monotone in either direction; only grid builders make one. */
export type TimeGrid = Float64Array & {
  /** Exists for the compiler only, to keep unchecked arrays out; no property of this kind is there when the program runs. */
  readonly [gridBrand]: true
}

/** The ends of a grid and the number of its steps. */
export interface GridOptions {
  /** The first time. */
  readonly from: number
  /** The last time; may lie on either side of `from`. */
  readonly to: number
  /** N, the number of steps; the grid has N + 1 points. */
  readonly steps: number
}

/**
 * A grid of one's own times.
 *
 * For times in an order or spacing that no builder makes, such as those of a published table.
 *
 * @param times - at least two finite, non-negative times, strictly monotone in either direction; copied
 * @returns a new array of the same times
 * @throws {@link InvalidArgumentError} naming the first offending pair otherwise.
 */
export function timeGrid(times: ArrayLike<number>): TimeGrid {
  const grid = Float64Array.from(times)
  if (grid.length < 2) throw new InvalidArgumentError('times', grid, 'at least two points (one step)')
  const direction = Math.sign(grid[1] - grid[0])
  grid.forEach((t, i) => {
    if (!(Number.isFinite(t) && t >= 0)) throw new InvalidArgumentError(`times[${i}]`, t, 'a finite number of at least 0')
    if (i > 0 && !((t - grid[i - 1]) * direction > 0)) {
      throw new InvalidArgumentError('times', [grid[i - 1], t], `strictly monotone; points ${i - 1} and ${i} are not`)
    }
  })
  return grid as TimeGrid
}

/**
 * Checks the ends and the number of steps at a builder's door.
 *
 * @throws {@link InvalidArgumentError} unless steps is an integer of at least 1 and the ends are different finite times of at least 0.
 */
export const checkGridOptions = ({ from, to, steps }: GridOptions): void => {
  if (!(Number.isInteger(steps) && steps >= 1)) throw new InvalidArgumentError('steps', steps, 'an integer of at least 1')
  if (!(Number.isFinite(from) && from >= 0)) throw new InvalidArgumentError('from', from, 'a finite number of at least 0')
  if (!(Number.isFinite(to) && to >= 0)) throw new InvalidArgumentError('to', to, 'a finite number of at least 0')
  if (from === to) throw new InvalidArgumentError('to', to, `another time than from (${from})`)
}

/**
 * A grid whose inner points a formula makes and whose ends are exact.
 *
 * @param options - checked by the caller
 * @param at - the point number i of N steps, wanted for 0 \< i \< N
 * @returns a new array of N + 1 times
 */
export function gridBetween({ from, to, steps }: GridOptions, at: (i: number) => number): TimeGrid {
  return timeGrid(Float64Array.from({ length: steps + 1 }, (_, i) => (i === 0 ? from : i === steps ? to : at(i))))
}

/**
 * Equal steps in t: t_i = from + (to − from) i/N. Both ends are exact.
 *
 * @param options - ends and number of steps
 * @returns a new array of N + 1 times
 * @throws {@link InvalidArgumentError} unless steps ≥ 1 and the ends are different finite times of at least 0.
 */
export function uniformGrid(options: GridOptions): TimeGrid {
  checkGridOptions(options)
  const { from, to, steps } = options
  return gridBetween(options, (i) => (from * (steps - i) + to * i) / steps)
}

/**
 * Equal steps in λ = ln(α/σ), the natural time of the exponential-integrator samplers. Both ends are exact.
 *
 * @param schedule - whose λ is meant
 * @param options - ends and number of steps; σ must not be 0 at either end
 * @returns a new array of N + 1 times
 * @throws {@link InvalidArgumentError} as {@link uniformGrid}, and if λ is infinite at an end.
 * @see Lu et al. 2022, arXiv:2206.00927, section 3.
 */
export function lambdaGrid(schedule: NoiseSchedule, options: GridOptions): TimeGrid {
  checkGridOptions(options)
  const { from, to, steps } = options
  const [first, last] = [schedule.lambda(from), schedule.lambda(to)]
  for (const [name, t, lambda] of [['from', from, first], ['to', to, last]] as const) {
    if (!Number.isFinite(lambda)) throw new InvalidArgumentError(name, t, 'a time at which λ = ln(α/σ) is finite (σ > 0)')
  }
  return gridBetween(options, (i) => schedule.timeAtLambda(first + ((last - first) * i) / steps))
}
