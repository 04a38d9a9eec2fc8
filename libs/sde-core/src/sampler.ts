import type { Tensor } from '@tensorflow/tfjs-core'
import type { Dynamics } from './dynamics'
import type { VectorSpace } from './vector-space'

/** What a multistep sampler carries from step to step: plain, so that the driver can free it and save it. */
export interface SamplerState<X> {
  /** States it keeps; owned by whoever holds this object. */
  readonly states: readonly X[]
  /** Numbers that go with them. */
  readonly numbers: readonly number[]
}

/** Where in its run a step stands. */
export interface StepPosition {
  /** Number of the step, from 1. */
  readonly index: number
  /** How many steps the run's grid has. */
  readonly steps: number
}

/** All that a sampler is told about one step, from time t to time s. Everything is borrowed. */
export interface StepInput<X> {
  /** The state at time t. */
  readonly x: X
  /** Where the step begins. */
  readonly t: number
  /** Where it ends; s = t gives x back. */
  readonly s: number
  /** What moves x. */
  readonly dynamics: Dynamics<X>
  /** The space x lives in. */
  readonly space: VectorSpace<X>
  /** What the previous step returned, or `init`. */
  readonly state: SamplerState<X>
  /** Which step of its run this is, for methods that end with a lower order. @defaultValue not known: a step taken by hand, followed by others */
  readonly position?: StepPosition
  /** To stop within a step that evaluates the model often. */
  readonly signal?: AbortSignal
  /** Standard normal noise, independent per `draw` (0 by default); owned by the sampler. */
  noise(like: X, draw?: number): X
  /**
   * To be applied after every update of the state: takes `x` over and returns the state to go on with, x itself where the run has no
   * constraint. The constraint's noise is fresh each time; with `draw`, it is the noise of that number, which for a method that gives
   * each sample its own times has to be a function of the sample's own updates.
   */
  constrain(x: X, t: number, draw?: number): X
}

/** What a step returns. The driver owns all of it. */
export interface StepResult<X> {
  /** The state at time s. */
  readonly x: X
  /** The state before its noise was added, where the sampler adds any. */
  readonly mean?: X
  /** What to hand to the next step. */
  readonly state: SamplerState<X>
}

/**
 * A way to cross one interval of time. It holds no state of its own: a step may be taken by hand, repeated or wrapped.
 */
export interface Sampler<X = Tensor> {
  /** The method's name, such as `heun`. */
  readonly name: string
  /**
   * What it was made with, as far as its name does not say it: so that a saved run is not gone on with by another sampler.
   * @defaultValue none
   */
  readonly settings?: Readonly<Record<string, number | string | boolean>>
  /** The order at which its error falls with the step, weak order for stochastic ones; none where none is claimed. */
  readonly order?: number
  /** Model evaluations per step. */
  readonly evaluationsPerStep: number | 'adaptive'
  /** Evaluations that its first steps need beyond those, in all. @defaultValue 0 */
  readonly startUpEvaluations?: number
  /** Whether it draws noise. */
  readonly stochastic: boolean
  /** The state before the first step. */
  init(x: X): SamplerState<X>
  /** One step from t to s. */
  step(input: StepInput<X>): Promise<StepResult<X>>
}

/** The state of a sampler that remembers nothing. */
export const memoryless: SamplerState<never> = Object.freeze({ states: [], numbers: [] })
