import { InvalidArgumentError, lambdaGrid, type Sde, type TimeGrid } from '@sbgm/sde-core'

/** Settings of {@link networkGrid}. */
export interface NetworkGridOptions {
  /** N, the number of steps. */
  readonly steps: number
  /**
   * λ = ln(α/σ) of the first time, or of tMax where that is larger: how much noise a run begins with. What a network's relative error
   * in the noise leaves behind grows with σ/α = e^(−λ) there; what of the data the prior leaves out, with α.
   *
   * @defaultValue -3.2, σ/α = 24.5; t = 0.80 of `vpSde()`
   */
  readonly first?: number
  /** λ of the last time: the noise that is left, in units of the data, is about e^(−λ). @defaultValue 4.5, σ/α = 0.011; t = 1.1e-3 of `vpSde()` */
  readonly last?: number
}

/**
 * The grid to begin with for a trained network of data in [−1, 1]: equal steps in λ from −3.2 to 4.5, together with
 * `correctData(model, clipTo(), …)` and an initial state from `samplePrior({ …, t: grid[0] })`.
 *
 * A network has learned to predict noise of unit variance, and has a relative error δ in it, 1 to 3 % near tMax. A run along its probability
 * flow from t keeps noise of standard deviation δ σ(t)/α(t) in its images, whatever the solver and the number of steps, since the
 * network cannot take away more noise than it has ever seen: from t = 1 of `vpSde()`, σ/α = 152, that is 3 for 2 %, and a third of
 * the images of a briefly trained network are noise. Stochastic samplers replace it on the way; this grid and clipping keep it small for all
 * (`docs/decisions/sampling-real-networks.md`).
 *
 * @param sde - the one that the network was trained with
 * @param options - number of steps and the ends in λ
 * @returns a new array of N + 1 decreasing times
 * @throws InvalidArgumentError unless steps is an integer of at least 1 and first \< last are values that λ takes on [0, tMax].
 */
export function networkGrid({ schedule, tMax }: Sde, { steps, first = -3.2, last = 4.5 }: NetworkGridOptions): TimeGrid {
  if (!Number.isFinite(first)) throw new InvalidArgumentError('first', first, 'a finite value of λ = ln(α/σ)')
  const from = first > schedule.lambda(tMax) ? schedule.timeAtLambda(first) : tMax
  const to = schedule.timeAtLambda(last)
  if (!(to >= 0 && to < from)) throw new InvalidArgumentError('last', last, `greater than first (${first}) and at most λ(0) = ${schedule.lambda(0)}`)
  return lambdaGrid(schedule, { from, to, steps })
}
