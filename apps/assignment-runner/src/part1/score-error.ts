import { relativeL2 } from '@sbgm/evaluation'
import { convert, hostSpace, hostState, tensorSpace, timesOf, type HostState, type Prediction, type Predictor } from '@sbgm/sde-core'
import { breather } from '../breather'
import { sde, target } from './problem'

/** The grid of the quadrature, [−8, 8]. */
const points = Float64Array.from({ length: 1601 }, (_, i) => -8 + i / 100)

/** Learned and exact score at one time over the grid. */
export interface ScoreComparison {
  readonly t: number
  readonly x: Float64Array
  readonly learned: Float64Array
  readonly exact: Float64Array
}

/** Both scores over [−8, 8] at time t. */
export async function compareScores(model: Predictor<Prediction>, t: number): Promise<ScoreComparison> {
  const grid = hostState(points)
  const x = tensorSpace.fromHost(grid)
  const times = timesOf(hostSpace, grid, t)
  const score = await convert(model, 'score', { sde, space: tensorSpace }).evaluate(x, times)
  const learned = (await tensorSpace.toHost(score)).data
  tensorSpace.release(x, score)
  const exact = (target.predictor('score', hostSpace).evaluate(grid, times) as HostState).data
  return { t, x: points, learned, exact }
}

/** e(t) = √(∫ p_t (s_θ − s)² dx / ∫ p_t s² dx), the relative error of the score where the points are. */
export interface ScoreError {
  /** 0.01, 0.02 … 1. */
  readonly times: Float64Array
  /** e at each time. */
  readonly errors: Float64Array
  /** Mean of e over all times. */
  readonly mean: number
  /** Largest e over t ≥ 0.05. */
  readonly largest: number
}

/** The score's error at t = 0.01, 0.02 … 1, by Simpson's rule on [−8, 8]. */
export async function scoreError(model: Predictor<Prediction>, signal: AbortSignal): Promise<ScoreError> {
  const breathe = breather()
  const times = Float64Array.from({ length: 100 }, (_, i) => (i + 1) / 100)
  const errors = new Float64Array(times.length)
  for (const [i, t] of times.entries()) {
    await breathe()
    signal.throwIfAborted()
    const { x, learned, exact } = await compareScores(model, t)
    const weight = x.map((value) => target.density(value, t))
    errors[i] = relativeL2({ weight, estimate: learned, reference: exact, rule: 'simpson' })
  }
  return {
    times,
    errors,
    mean: errors.reduce((sum, error) => sum + error, 0) / errors.length,
    largest: Math.max(...errors.filter((_, i) => times[i] >= 0.05 - 1e-12)),
  }
}
