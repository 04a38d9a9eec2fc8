import { InvalidArgumentError } from './errors'
import type { NoiseSchedule } from './noise-schedule'
import { checkGridOptions, gridBetween, type GridOptions, type TimeGrid } from './time-grid'

/** Settings of {@link karrasGrid}. */
export interface KarrasGridOptions extends GridOptions {
  /** ρ, at least 1: the larger, the more of the steps lie at low noise. 1 makes equal steps in σ/α, ∞ would make equal ones in λ. @defaultValue 7 */
  readonly rho?: number
}

/**
 * Equal steps in y^(1/ρ) with y = σ/α, the noise level of x/α: y_i = (y_0^(1/ρ) + (y_N^(1/ρ) − y_0^(1/ρ)) i/N)^ρ. Both ends are
 * exact; σ may be 0 at one of them.
 *
 * The published list of 18 noise levels from 80 to 0.002 with a 0 after them is
 * `timeGrid([...karrasGrid(schedule, { from: 80, to: 0.002, steps: 17 }), 0])` under `edmSde`.
 *
 * @param schedule - whose α and σ are meant
 * @param options - ends, number of steps and ρ
 * @returns a new array of N + 1 times
 * @throws {@link InvalidArgumentError} as `uniformGrid`, and for a ρ that is no finite number of at least 1.
 * @see Karras et al. 2022, arXiv:2206.00364, eq. 5.
 */
export function karrasGrid(schedule: NoiseSchedule, options: KarrasGridOptions): TimeGrid {
  checkGridOptions(options)
  const { from, to, steps, rho = 7 } = options
  if (!(rho >= 1 && Number.isFinite(rho))) throw new InvalidArgumentError('rho', rho, 'a finite number of at least 1')
  const warped = (t: number) => Math.exp(-schedule.lambda(t) / rho) // (σ/α)^(1/ρ)
  const [first, last] = [warped(from), warped(to)]
  return gridBetween(options, (i) => schedule.timeAtLambda(-rho * Math.log((first * (steps - i) + last * i) / steps)))
}
