import { InvalidArgumentError } from './errors'
import { timeGrid, type TimeGrid } from './time-grid'

/** Settings of {@link songGrid}. */
export interface SongGridOptions {
  /** T, the first time. @defaultValue 1 */
  readonly from?: number
  /** ε, the last time at which the model is asked; positive and below T. @defaultValue 1e-3 */
  readonly to?: number
  /** N, the number of steps, at least 2. */
  readonly steps: number
}

/**
 * The times of the reference implementation of the score SDE paper, for comparisons with its numbers: its steps begin at N equally
 * spaced times from T to ε, both included, and the last one ends at max(0, ε − T/N).
 *
 * That implementation gives every step the length T/N, whatever the spacing (T − ε)/(N − 1) of its times. The two agree for
 * N = T/ε, such as its 1000 steps with ε = 1e-3, where this is `uniformGrid` from T to 0. For another N its last state belongs to
 * another time than it says (100 steps go down to t = −0.009); here each step ends where the next begins. Prefer `uniformGrid`.
 *
 * @param options - N, and the two times
 * @returns a new array of N + 1 times
 * @throws {@link InvalidArgumentError} unless steps is an integer of at least 2 and 0 \< to \< from.
 * @see Song et al. 2021, arXiv:2011.13456, appendix G (predictor-corrector sampling on a uniform grid).
 */
export function songGrid({ from = 1, to = 1e-3, steps }: SongGridOptions): TimeGrid {
  if (!(Number.isInteger(steps) && steps >= 2)) throw new InvalidArgumentError('steps', steps, 'an integer of at least 2')
  if (!(from > 0 && Number.isFinite(from))) throw new InvalidArgumentError('from', from, 'a positive number')
  if (!(to > 0 && to < from)) throw new InvalidArgumentError('to', to, `between 0 and from (${from}), both excluded`)
  const end = Math.max(0, to - from / steps)
  return timeGrid([...Array.from({ length: steps }, (_, i) => (from * (steps - 1 - i) + to * i) / (steps - 1)), end])
}
