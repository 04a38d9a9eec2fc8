import type { Dynamics } from '../dynamics'
import { InvalidArgumentError } from '../errors'
import { hostSpace } from '../host-space'
import type { HostState } from '../host-state'
import type { Sampler } from '../sampler'
import type { TimeGrid } from '../time-grid'

/** A Gaussian law on the line. */
export interface ScalarMoments {
  /** Its mean. */
  readonly mean: number
  /** Its variance. */
  readonly variance: number
}

/** Arguments of {@link momentPropagation}. */
export interface MomentPropagationOptions {
  /** The sampler under test; its update must be affine in state and noise when the model is. */
  readonly sampler: Sampler<HostState>
  /** Dynamics in float64 with an affine model, such as that of a one-dimensional `gaussianTarget`. */
  readonly dynamics: Dynamics<HostState>
  /** The grid. */
  readonly grid: TimeGrid
  /** The law at the grid's first time. */
  readonly initial: ScalarMoments
  /** How many independent draws a step may make. @defaultValue 1 */
  readonly drawsPerStep?: number
}

/**
 * The exact law at the end of a stochastic sampler, without drawing a number.
 *
 * With an affine model x_N = A x_0 + b + Σ_j c_j z_j, whatever the sampler remembers between steps. One run over a batch
 * reads all of it off: a sample from 0 without noise gives b, one from 1 gives A + b, and one for each draw, with z_j = 1
 * and all else 0, gives c_j + b. Mean A m + b, variance A² v + Σ c_j²: no Monte-Carlo error, resolution 1e-15.
 *
 * @returns mean and variance of x_N, exact to rounding
 * @throws InvalidArgumentError if the sampler makes more draws per step than `drawsPerStep`, or is not affine.
 */
export async function momentPropagation(options: MomentPropagationOptions): Promise<ScalarMoments> {
  const { sampler, dynamics, grid, initial, drawsPerStep = 1 } = options
  const draws = (grid.length - 1) * drawsPerStep
  const start = new Float64Array(checks + draws)
  start.set([0, 1, 2, 0]) // the third, from 2, must land at 2A + b, the fourth, with all z = −1, at b − Σ c: the update is affine
  let x: HostState = { data: start, shape: [start.length, 1] }
  let state = sampler.init(x)
  for (let step = 0; step < grid.length - 1; step++) {
    const noise = (like: HostState, draw = 0): HostState => {
      if (!(draw < drawsPerStep)) throw new InvalidArgumentError('drawsPerStep', drawsPerStep, `at least ${draw + 1} for ${sampler.name}`)
      const impulse = new Float64Array(like.data.length)
      impulse[3] = -1
      impulse[checks + step * drawsPerStep + draw] = 1
      return { data: impulse, shape: like.shape }
    }
    const input = { x, t: grid[step], s: grid[step + 1], dynamics, space: hostSpace, state, noise, constrain: (y: HostState) => y }
    ;({ x, state } = await sampler.step(input))
  }
  const [b, fromOne, fromTwo, negated, ...impulses] = x.data
  const gain = fromOne - b
  const weights = impulses.map((value) => value - b)
  const scale = Math.abs(b) + Math.abs(gain) + weights.reduce((sum, weight) => sum + Math.abs(weight), 0)
  const isClose = (actual: number, expected: number) => Math.abs(actual - expected) <= 1e-9 * scale
  if (!isClose(fromTwo, b + 2 * gain)) throw new InvalidArgumentError('sampler', sampler.name, 'affine in the state for this model')
  if (!isClose(negated, b - weights.reduce((sum, weight) => sum + weight, 0))) {
    throw new InvalidArgumentError('sampler', sampler.name, 'affine in its noise for this model')
  }
  const noise = weights.reduce((sum, weight) => sum + weight ** 2, 0)
  return { mean: gain * initial.mean + b, variance: gain ** 2 * initial.variance + noise }
}

/** Samples before the one for each draw: from 0, from 1, from 2, and from 0 with all noise −1. */
const checks = 4

/** Wasserstein-2 distance between two Gaussians on the line, √((Δ mean)² + (Δ std)²). */
export const gaussianW2 = (a: ScalarMoments, b: ScalarMoments): number =>
  Math.hypot(a.mean - b.mean, Math.sqrt(a.variance) - Math.sqrt(b.variance))
