import type { TrainStep } from './train-step'

/** One array of a batch: in float32, or in float64 as a `HostState` is, which is rounded on its way to the engine. */
export interface BatchArray {
  /** The numbers, row by row. */
  readonly data: Float32Array | Float64Array
  /** Their shape. */
  readonly shape: readonly number[]
}

/** One batch on the host, by the names that the loss wants. */
export type HostBatch = Readonly<Record<string, BatchArray>>

/** All that a run carries from step to step, on the host: vectors of length `total` in the order of the step's layout. */
export interface TrainingVectors {
  /** The weights. */
  readonly parameters: Float32Array
  /** Their exponential moving average. */
  readonly average: Float32Array
  /** The optimiser's mean gradient. */
  readonly first: Float32Array
  /** The optimiser's mean squared gradient. */
  readonly second: Float32Array
}

/** What one step reports. */
export interface StepOutcome {
  /** The loss before the step. */
  readonly loss: number
  /** The gradient's norm before clipping. */
  readonly gradientNorm: number
}

/**
 * A step that is being run, with what it carries from one time to the next: wherever suits the engine, such as on a GPU or in a worker.
 *
 * Calls are carried out in the order in which they are made; none needs to wait for the one before. `run` and `read` reject after `end`.
 */
export interface RunningStep {
  /**
   * Makes one step. Its work is handed out before the call returns, where no earlier one is under way, so that what the caller does
   * next can go on beside it.
   *
   * @param batch - what the loss wants; borrowed until the promise settles
   * @param rates - those that {@link TrainStep.rates} gave for this step
   * @returns two numbers, NaN or infinite where the step made them so; where it rejects, all that is carried is as it was before
   */
  run(batch: HostBatch, rates: readonly number[]): Promise<StepOutcome>
  /** All that is carried, after the last step that was asked for: copies, the caller's own. */
  read(): Promise<TrainingVectors>
  /** Frees all, once the calls before it have settled; does nothing the second time. */
  end(): Promise<void>
}

/** The thing that runs a step: eagerly, or compiled. */
export interface StepRunner {
  /** What it is, for people: `eager`, or an engine with its number of threads. @defaultValue none: it says nothing of itself */
  readonly name?: string
  /** The step that it runs, which knows the parameters' layout and the rates that it wants. */
  readonly step: TrainStep
  /**
   * Begins a run; several may go on side by side, each with its own numbers.
   *
   * @param vectors - what the first step starts from; copied
   * @returns the run, to be ended by the caller
   */
  begin(vectors: TrainingVectors): Promise<RunningStep>
}
