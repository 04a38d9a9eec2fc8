import { convert, evaluate, InvalidArgumentError, timesOf, type SamplerState, type VectorSpace } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { applyConstraint } from './apply-constraint'
import { finiteCheck } from './finite-check'
import { checkRun, checkRunOf, lastStepOf, type SampleRun } from './sample-run'
import { checkSavedRun, revive, saveRun, type ResumedRun, type SavedRun } from './saved-run'

/** What a run yields after each step. */
export interface SampleEvent<X = Tensor> {
  /** The state, lent until the next iteration: clone it to keep it. The last one is what the run returns, and stays. */
  readonly x: X
  /** The time it belongs to. */
  readonly t: number
  /** Number of the step just made, from 1. */
  readonly index: number
  /** Model evaluations so far, each of the whole batch. */
  readonly evaluations: number
  /**
   * Takes the run down as it stands, for {@link resumeSample}; reads the state back. To be awaited before the next iteration.
   *
   * @throws InvalidArgumentError if the run has gone on since; NonFiniteError if the state is not finite.
   */
  save(): Promise<SavedRun>
}

/**
 * Runs a sampler over a time grid: forward or reverse SDE or probability flow, in either direction of time.
 *
 * @param run - see {@link SampleRun}
 * @returns a generator that yields after each step, and returns the last state, the x of its last event, which then belongs
 * to the caller. Whatever ends it early (break, abort, error) frees all it made.
 * @throws InvalidArgumentError, at once, for a grid that leaves [0, tMax] or has the wrong direction, a seed, stream or
 * firstSample that keys no noise, or `tweedie` without a model; ShapeError, at once, for a state without batch axis. While it
 * runs: InvalidArgumentError for a sampler that does not fit the dynamics, and a model or a constraint that returns no new state;
 * ShapeError for one that returns another shape;
 * NonFiniteError (with step, t, λ) when the state becomes NaN or infinite; the signal's reason when it is aborted.
 * @see Song et al. 2021, arXiv:2011.13456, section 4.
 */
export function sample<X = Tensor>(run: SampleRun<X>): AsyncGenerator<SampleEvent<X>, X, void> {
  checkRun(run)
  return steps(run, { x: run.x })
}

/**
 * Goes on with a run after the step at which it was saved: in another process, the steps that are left give the states that they would
 * have given, bit for bit on the same engine, version and CPU type where that engine is deterministic (host arrays; tensors on `cpu`).
 *
 * Model, constraint and the sampler's settings are the caller's to bring again: what a saved run says of them (names, settings, grid,
 * shape, noise) is compared with what is given, but weights and functions are not in it.
 *
 * @param run - the run, as it was handed to {@link sample}, with the shape of its state in the place of x
 * @param saved - from an event's `save`, or {@link decodeSavedRun}; borrowed
 * @returns a generator as {@link sample} returns it, which begins behind the saved step; of a run that was saved after its last step it
 * only returns the state
 * @throws InvalidArgumentError, at once, naming what is not as in the saved run (version, sampler, settings, dynamics, SDE, space, grid,
 * seed, stream, firstSample, lastStep); ShapeError for another shape; and what {@link sample} throws.
 * @example
 * ```ts
 * import { hostSpace, gaussianTarget, probabilityFlow, uniformGrid, vpSde, hostState, type HostState } from '@sbgm/sde-core'
 * import { decodeSavedRun, encodeSavedRun, heun, resumeSample, sample } from '@sbgm/samplers'
 *
 * const sde = vpSde()
 * const model = gaussianTarget({ sde, mean: 0, std: 0.5 }).predictor('noise', hostSpace)
 * const grid = uniformGrid({ from: 1, to: 1e-3, steps: 10 })
 * const run = { dynamics: probabilityFlow(sde, model, hostSpace), sampler: heun<HostState>(), grid, space: hostSpace, seed: 1 }
 * let bytes: Uint8Array = new Uint8Array()
 * for await (const { index, save } of sample({ ...run, x: hostState([1, -1]) })) {
 *   if (index < 4) continue
 *   bytes = encodeSavedRun(await save())
 *   break
 * }
 * const left: number[] = []
 * for await (const { index } of resumeSample({ ...run, shape: [2, 1] }, decodeSavedRun(bytes))) left.push(index)
 * console.log(left.join(' ')) // 5 6 7 8 9 10
 * ```
 */
export function resumeSample<X = Tensor>(run: ResumedRun<X>, saved: SavedRun): AsyncGenerator<SampleEvent<X>, X, void> {
  checkRunOf(run, run.shape)
  checkSavedRun(run, saved)
  return steps(run, { saved })
}

/** The initial state of a run, or one behind a step. */
type Start<X> = { readonly x: X } | { readonly saved: SavedRun }

async function* steps<X>(run: Omit<SampleRun<X>, 'x'>, start: Start<X>): AsyncGenerator<SampleEvent<X>, X, void> {
  const { sampler, grid, space, seed, stream = 'sampler', firstSample = 0, constraint, signal } = run
  const lastStep = lastStepOf(run)
  const saved = 'saved' in start ? start.saved : undefined
  let evaluations = saved?.evaluations ?? 0
  const dynamics = run.dynamics.mapModel((model) => ({
    predicts: model.predicts, // named one by one: a model may be an instance of a class with getters
    tMin: model.tMin ?? 0,
    evaluate(x, t) {
      evaluations++
      return model.evaluate(x, t)
    },
  }))
  const last = grid.length - 1
  const check = finiteCheck(space)
  let x = 'saved' in start ? space.fromHost(start.saved.x) : space.combine([1], [start.x])
  let standing = 0 // the step after which the run waits for its next iteration
  let state: SamplerState<X> = { states: [], numbers: [] }
  let handedOver = false
  const become = (next: X) => {
    space.release(x)
    x = next
  }
  try {
    state = saved ? revive(space, saved) : sampler.init(x)
    for (let index = (saved?.index ?? 0) + 1; index <= last; index++) {
      signal?.throwIfAborted()
      const [t, s] = [grid[index - 1], grid[index]]
      const normal = (name: string, like: X, number: number) =>
        space.normal({ seed, stream: name, step: index - 1, firstSample, draw: number }, like)
      let constraintDraws = 0 // a constraint is applied more than once in a step, with fresh noise each time
      const constrain = (y: X, time: number, draw?: number): X => {
        if (!constraint) return y
        const fresh = (like: X) => normal(`${stream}/constraint`, like, constraintDraws++)
        let numbered = 0 // a constraint may draw more than once
        const chosen = (like: X) => normal(`${stream}/constraint/${numbered++}`, like, draw ?? 0)
        return applyConstraint({ space, constraint, x: y, t: time, noise: draw === undefined ? fresh : chosen })
      }
      const noise = (like: X, number = 0) => normal(stream, like, number)
      const save = async (): Promise<SavedRun> => {
        if (standing !== index) throw new InvalidArgumentError('save', `a call for step ${index} when the run had gone on`, 'called before the next iteration')
        await check.finish()
        return saveRun(run, { x, state, index, evaluations })
      }
      const position = { index, steps: last }
      const result = await sampler.step({ x, t, s, dynamics, space, state, position, noise, constrain, ...(signal && { signal }) })
      releaseState(space, state, result.state)
      state = result.state
      become(result.x)
      if (result.mean !== undefined) {
        if (index === last && lastStep === 'mean') become(constrain(result.mean, s))
        else space.release(result.mean)
      }
      if (index === last && lastStep === 'tweedie' && dynamics.model) {
        const denoiser = convert(dynamics.model, 'data', { sde: dynamics.sde, space })
        become(constrain(await evaluate(space, denoiser, x, timesOf(space, x, s)), 0))
      }
      await check.observe(x, { step: index, t, lambda: dynamics.sde.schedule.lambda(t) })
      if (index === last) await check.finish()
      standing = index
      yield { x, t: s, index, evaluations, save }
      standing = 0
    }
    handedOver = true
    return x
  } finally {
    standing = 0
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
