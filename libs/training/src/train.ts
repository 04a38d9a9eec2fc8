import { InvalidArgumentError, type Params } from '@sbgm/sde-core'
import { tensor1d, tidy } from '@tensorflow/tfjs-core'
import { flattenParameters, unflattenParameters, type ParameterLayout } from './flat-parameters'
import type { LearningRate } from './learning-rate'
import { NonFiniteLossError } from './non-finite-loss-error'
import { checkRecord, type RunRecord } from './run-record'
import type { HostBatch, StepRunner, TrainingVectors } from './step-runner'
import { checkState, stateFromVectors, vectorsFromState, type TrainingState } from './training-state'

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
  /**
   * The batch of step number `step`, from 1: a function of that number alone, so that a run can be repeated and resumed. Asked for once
   * per step, in order, and one step ahead: while step k is being made, the batch of step k + 1 is, on an engine that works beside the
   * program at the same time. So its arrays must not be those of the batch before, filled anew. What it throws is thrown in its own step,
   * after step k; a run that ends there drops it.
   */
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
  const start = from === undefined ? await startVectors(params, layout) : vectorsFromState(from, layout)
  if (from?.step === steps) return trainedParameters(start, layout)
  let meanLoss = from?.meanLoss ?? 0
  let current = from?.step ?? 0
  let ahead: Promise<HostBatch> | undefined
  const running = await runner.begin(start)
  try {
    for (let step = current + 1; step <= steps; step++) {
      current = step
      signal?.throwIfAborted()
      const scheduled = { learningRate: learningRate(step), averageDecay: averageDecay(step) }
      const outcome = running.run(await (ahead ?? batch(step)), runner.step.rates(step, scheduled))
      ahead = step < steps ? askAhead(batch, step + 1) : undefined
      const { loss, gradientNorm } = await outcome
      if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) throw new NonFiniteLossError({ step, loss, gradientNorm })
      meanLoss += (loss - meanLoss) / Math.min(step, meanLossSpan)
      const numbers = { step, meanLoss, seconds: (performance.now() - begin) / 1000 }
      const snapshot = async (): Promise<TrainingState> => {
        if (current !== step) throw new Error(`A snapshot of step ${step} must be taken before the next step is asked for; the run is at step ${current}.`)
        return stateFromVectors(await running.read(), layout, { ...numbers, record })
      }
      yield { ...numbers, loss, gradientNorm, learningRate: scheduled.learningRate, snapshot }
    }
    return trainedParameters(await running.read(), layout)
  } finally {
    current = NaN
    await running.end()
  }
}

const meanLossSpan = 100

/** Fresh parameters with an average that is theirs, and moments of zero. */
async function startVectors(params: Params, layout: ParameterLayout): Promise<TrainingVectors> {
  const flat = flattenParameters(params, layout)
  try {
    const parameters = (await flat.data()) as Float32Array
    return { parameters, average: parameters, first: new Float32Array(layout.total), second: new Float32Array(layout.total) }
  } finally {
    flat.dispose()
  }
}

/** Asks for a batch whose step may never come: an error that nobody waits for is dropped. */
function askAhead(batch: TrainRun['batch'], step: number): Promise<HostBatch> {
  const asked = (async () => batch(step))()
  asked.catch(() => undefined)
  return asked
}

function trainedParameters({ parameters, average }: TrainingVectors, layout: ParameterLayout): TrainedParameters {
  const named = (vector: Float32Array): Params => tidy(() => unflattenParameters(tensor1d(vector), layout))
  return { params: named(parameters), average: named(average) }
}
