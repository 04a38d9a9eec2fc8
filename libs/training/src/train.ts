import { InvalidArgumentError, type Params } from '@sbgm/sde-core'
import { clone, zeros, type Tensor1D } from '@tensorflow/tfjs-core'
import { flattenParameters, unflattenParameters, type ParameterLayout } from './flat-parameters'
import type { LearningRate } from './learning-rate'
import { NonFiniteLossError } from './non-finite-loss-error'
import { checkRecord, type RunRecord } from './run-record'
import type { HostBatch, StepRunner } from './step-runner'
import type { TrainingTensors } from './train-step'
import { checkState, stateFromTensors, tensorsFromState, type TrainingState } from './training-state'

/** One training run. */
export interface TrainRun {
  /** Runs the step, and carries what a run must know of it: layout and bias corrections. */
  readonly runner: StepRunner
  /** Where the weights begin, unless `from` is given; borrowed. Of the layout that the step was made for. */
  readonly params: Params
  /** A saved state to go on from, with its step + 1; borrowed. @defaultValue none: a new run from `params` */
  readonly from?: TrainingState | undefined
  /** The number of steps of the whole run, those of `from` among them. */
  readonly steps: number
  /** The batch of step number `step`, from 1: a function of that number alone, so that a run can be repeated and resumed. */
  readonly batch: (step: number) => HostBatch | Promise<HostBatch>
  /** The learning rate of each step. */
  readonly learningRate: LearningRate
  /** The decay of the average at each step. */
  readonly averageDecay: (step: number) => number
  /** What must be the same when the run goes on from a saved state, such as seed, batch size, the data's checksum. @defaultValue nothing */
  readonly record?: RunRecord
  /** Stops the run between steps. */
  readonly signal?: AbortSignal | undefined
}

/** What a run yields after each step. */
export interface TrainEvent {
  /** Number of the step just made, from 1. */
  readonly step: number
  /** The loss before it. */
  readonly loss: number
  /** The running mean of the loss, m ← m + (loss − m) / min(step, 100): of all losses at first, of about the last 100 later. */
  readonly meanLoss: number
  /** The gradient's norm before clipping. */
  readonly gradientNorm: number
  /** The learning rate it was made with. */
  readonly learningRate: number
  /** Time spent training until now, in seconds, earlier parts of a resumed run and the caller's own work between steps included. */
  readonly seconds: number
  /**
   * The state after this step, read back to the host; the caller's own. To be called before the next step is asked for.
   *
   * Rejects with an Error when it is called later.
   */
  snapshot(): Promise<TrainingState>
}

/** The outcome of a run; owned by the caller. */
export interface TrainedParameters {
  /** The last weights. */
  readonly params: Params
  /** Their exponential moving average: the ones to use. */
  readonly average: Params
}

/**
 * Trains: batch → step, over and over. Yields after each step; returns weights and average, which then belong to the caller.
 *
 * A run that is given a state of its own last step yields nothing and returns that state's weights. Ended early (break, abort,
 * error) it frees all it made.
 *
 * @throws InvalidArgumentError for a number of steps that is no positive integer or below that of `from`, and naming the first entry
 * of `record` that is not as it was; ShapeError or InvalidArgumentError naming the first parameter that does not fit the step's
 * layout; {@link NonFiniteLossError} when a loss or a gradient is NaN or infinite; the signal's reason when it is aborted.
 */
export async function* train(run: TrainRun): AsyncGenerator<TrainEvent, TrainedParameters, void> {
  const { runner, params, from, steps, batch, learningRate, averageDecay, record = {}, signal } = run
  const { layout } = runner.step
  if (!(Number.isInteger(steps) && steps >= 1)) throw new InvalidArgumentError('steps', steps, 'an integer of at least 1')
  if (from !== undefined) {
    checkRecord(from.record, record)
    checkState(from, layout)
    if (steps < from.step) throw new InvalidArgumentError('steps', steps, `at least ${from.step}, the steps that the saved state has made`)
  }
  signal?.throwIfAborted()
  const begin = performance.now() - 1000 * (from?.seconds ?? 0)
  let tensors = from === undefined ? startTensors(params, layout) : tensorsFromState(from, layout)
  let meanLoss = from?.meanLoss ?? 0
  let current = from?.step ?? 0
  try {
    for (let step = current + 1; step <= steps; step++) {
      current = step
      signal?.throwIfAborted()
      const scheduled = { learningRate: learningRate(step), averageDecay: averageDecay(step) }
      const outcome = await runner.run(tensors, await batch(step), runner.step.rates(step, scheduled))
      release(tensors)
      tensors = outcome.tensors
      const { loss, gradientNorm } = outcome
      if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) throw new NonFiniteLossError({ step, loss, gradientNorm })
      meanLoss += (loss - meanLoss) / Math.min(step, meanLossSpan)
      const numbers = { step, meanLoss, seconds: (performance.now() - begin) / 1000 }
      const snapshot = async (): Promise<TrainingState> => {
        if (current !== step) throw new Error(`A snapshot of step ${step} must be taken before the next step is asked for; the run is at step ${current}.`)
        return stateFromTensors(tensors, layout, { ...numbers, record })
      }
      yield { ...numbers, loss, gradientNorm, learningRate: scheduled.learningRate, snapshot }
    }
    return { params: unflattenParameters(tensors.parameters, layout), average: unflattenParameters(tensors.average, layout) }
  } finally {
    current = NaN
    release(tensors)
  }
}

const meanLossSpan = 100

function startTensors(params: Params, layout: ParameterLayout): TrainingTensors {
  const parameters = flattenParameters(params, layout)
  const nothing = (): Tensor1D => zeros([layout.total])
  return { parameters, average: clone(parameters), first: nothing(), second: nothing() }
}

const release = (tensors: TrainingTensors): void => Object.values(tensors).forEach((tensor: Tensor1D) => tensor.dispose())
