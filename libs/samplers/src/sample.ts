import {
  convert,
  InvalidArgumentError,
  ShapeError,
  timesOf,
  type Dynamics,
  type Sampler,
  type SamplerState,
  type TimeGrid,
  type VectorSpace,
} from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { finiteCheck } from './finite-check'

/** Something that holds of every state of a run, such as known pixels. It borrows x and returns a new state. */
export type Constraint<X = Tensor> = (x: X, t: number, noise: (like: X) => X) => X

/** One simulation: what moves, how, when, where, from which state, with which noise. */
export interface SampleRun<X = Tensor> {
  /** The forward SDE, the reverse SDE or the probability flow. */
  readonly dynamics: Dynamics<X>
  /** The method. */
  readonly sampler: Sampler<X>
  /** The times, inside [0, tMax]; downwards for a reverse SDE, upwards for a forward one, either way for the flow. */
  readonly grid: TimeGrid
  /** The space x lives in. */
  readonly space: VectorSpace<X>
  /** The state at the grid's first time, shape (batch, …); borrowed. */
  readonly x: X
  /** Chooses the noise: a non-negative integer. */
  readonly seed: number
  /** Index of the first sample, so that a part of a batch sees the noise it sees in the whole. @defaultValue 0 */
  readonly firstSample?: number
  /**
   * What the last step returns: `mean`, without its noise; `sample`, with it; `tweedie`, the denoised E[x_0 | x] of the
   * latter, for one more evaluation.
   * @defaultValue 'mean' for reverse SDEs, else 'sample'
   */
  readonly lastStep?: 'mean' | 'sample' | 'tweedie'
  /** Applied after every update. @defaultValue none */
  readonly constraint?: Constraint<X>
  /** Stops the run between steps. */
  readonly signal?: AbortSignal
}

/** What a run yields after each step. */
export interface SampleEvent<X = Tensor> {
  /** The state, lent until the next iteration: clone it to keep it. */
  readonly x: X
  /** The time it belongs to. */
  readonly t: number
  /** Number of the step just made, from 1. */
  readonly index: number
  /** Model evaluations so far, each of the whole batch. */
  readonly evaluations: number
}

/**
 * Runs a sampler over a time grid: forward or reverse SDE or probability flow, in either direction of time.
 *
 * @param run - see {@link SampleRun}
 * @returns a generator that yields after each step, and returns the last state, which then belongs to the caller.
 * Whatever ends it early (break, abort, error) frees all it made.
 * @throws {@link InvalidArgumentError} for a grid that leaves [0, tMax] or has the wrong direction, a bad seed, or `tweedie`
 * without a model; {@link ShapeError} for a state without batch axis, or a model that returns another shape; NonFiniteError
 * (with step, t, λ) when the state becomes NaN or infinite; the signal's reason when it is aborted.
 * @see Song et al. 2021, arXiv:2011.13456, section 4.
 */
export async function* sample<X = Tensor>(run: SampleRun<X>): AsyncGenerator<SampleEvent<X>, X, void> {
  const { sampler, grid, space, seed, firstSample = 0, constraint, signal } = run
  const lastStep = run.lastStep ?? (run.dynamics.kind === 'reverse' ? 'mean' : 'sample')
  checkRun(run, lastStep)

  let evaluations = 0
  const dynamics = run.dynamics.mapModel((model) => ({
    ...model,
    evaluate(x, t) {
      evaluations++
      return model.evaluate(x, t)
    },
  }))
  const steps = grid.length - 1
  const check = finiteCheck(space)
  let x = space.combine([1], [run.x])
  let state = sampler.init(x)
  let handedOver = false
  try {
    for (let index = 1; index <= steps; index++) {
      signal?.throwIfAborted()
      const [t, s] = [grid[index - 1], grid[index]]
      const draw = (stream: string) => (like: X, number = 0) =>
        space.normal({ seed, stream, step: index - 1, firstSample, draw: number }, like)
      const constrain = (y: X, time: number): X => {
        if (!constraint) return y
        try {
          return constraint(y, time, draw('constraint'))
        } finally {
          space.release(y)
        }
      }
      const result = await sampler.step({ x, t, s, dynamics, space, state, noise: draw('sampler'), constrain, ...(signal && { signal }) })
      releaseState(space, state, result.state)
      state = result.state
      space.release(x)
      x = result.x
      if (result.mean !== undefined) {
        if (index === steps && lastStep === 'mean') {
          space.release(x)
          x = constrain(result.mean, s)
        } else space.release(result.mean)
      }
      if (index === steps && lastStep === 'tweedie' && dynamics.model) {
        const denoised = await convert(dynamics.model, 'data', { sde: dynamics.sde, space }).evaluate(x, timesOf(space, x, s))
        space.release(x)
        x = denoised
      }
      await check.observe(x, { step: index, t, lambda: dynamics.sde.schedule.lambda(t) })
      if (index === steps) await check.finish()
      yield { x, t: s, index, evaluations }
    }
    handedOver = true
    return x
  } finally {
    if (!handedOver) {
      space.release(x)
      await check.finish().catch(() => {}) // its number is still to be freed; what ended the run is what gets thrown
    }
    releaseState(space, state)
  }
}

/**
 * Runs {@link sample} to its end.
 *
 * @returns the last state, owned by the caller
 */
export async function lastState<X = Tensor>(run: SampleRun<X>): Promise<X> {
  const states = sample(run)
  for (;;) {
    const { done, value } = await states.next()
    if (done) return value
  }
}

/** Frees what a sampler remembered and does not hand on. */
function releaseState<X>(space: VectorSpace<X>, old: SamplerState<X>, kept?: SamplerState<X>): void {
  space.release(...old.states.filter((state) => !kept?.states.includes(state)))
}

function checkRun<X>({ dynamics, grid, space, x, seed, signal }: SampleRun<X>, lastStep: string): void {
  signal?.throwIfAborted()
  const shape = space.shape(x)
  if (shape.length < 2 || shape[0] < 1) throw new ShapeError('the initial state', '(batch, …), at least (batch, 1)', shape)
  if (!(Number.isSafeInteger(seed) && seed >= 0)) throw new InvalidArgumentError('seed', seed, 'a non-negative safe integer')
  const { tMax } = dynamics.sde
  const [first, last] = [grid[0], grid[grid.length - 1]]
  if (!(Math.max(first, last) <= tMax)) {
    throw new InvalidArgumentError('grid', Math.max(first, last), `inside [0, ${tMax}], the times of the ${dynamics.sde.name} SDE`)
  }
  const needed = { forward: 'increasing', reverse: 'decreasing', 'probability-flow': undefined }[dynamics.kind]
  const direction = last > first ? 'increasing' : 'decreasing'
  if (needed && needed !== direction) throw new InvalidArgumentError('grid', grid, `${needed} in t for a ${dynamics.kind} SDE`)
  if (lastStep === 'tweedie' && !dynamics.model) throw new InvalidArgumentError('lastStep', lastStep, "'mean' or 'sample' for dynamics without a model")
}
