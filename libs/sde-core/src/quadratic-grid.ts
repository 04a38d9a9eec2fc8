import { checkGridOptions, gridBetween, type GridOptions, type TimeGrid } from './time-grid'

/**
 * Equal steps in √t: t_i = (√from + (√to − √from) i/N)². Both ends are exact, and either may be 0.
 *
 * Steps that shorten linearly towards t = 0: between `uniformGrid`, which has few points where the details arise, and
 * `lambdaGrid`, which has few where the noise is.
 *
 * @param options - ends and number of steps
 * @returns a new array of N + 1 times
 * @throws `InvalidArgumentError` unless steps ≥ 1 and the ends are different finite times of at least 0.
 * @see Song, Meng and Ermon 2020, arXiv:2010.02502, appendix D.2 (quadratic time steps).
 */
export function quadraticGrid(options: GridOptions): TimeGrid {
  checkGridOptions(options)
  const { steps } = options
  const [first, last] = [Math.sqrt(options.from), Math.sqrt(options.to)]
  return gridBetween(options, (i) => ((first * (steps - i) + last * i) / steps) ** 2)
}
