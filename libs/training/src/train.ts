import { InvalidArgumentError, type Params } from '@sbgm/sde-core'
import { clone, zeros, type Tensor1D } from '@tensorflow/tfjs-core'
import { flattenParameters, unflattenParameters, type ParameterLayout } from './flat-parameters'
import type { LearningRate } from './learning-rate'
import { NonFiniteLossError } from './non-finite-loss-error'
import type { HostBatch, StepRunner } from './step-runner'
import type { TrainingTensors } from './train-step'

/** One training run. */
export interface TrainRun {
  /** Runs the step, and carries what a run must know of it: layout and bias corrections. */
  readonly runner: StepRunner
  /** Where the weights begin; borrowed. Of the layout that the step was made for. */
  readonly params: Params
  /** The number of steps. */
  readonly steps: number
  /** The batch of step number `step`, from 1: a function of that number alone, so that a run can be repeated. */
  readonly batch: (step: number) => HostBatch | Promise<HostBatch>
  /** The learning rate of each step. */
  readonly learningRate: LearningRate
  /** The decay of the average at each step. */
  readonly averageDecay: (step: number) => number
  /** Stops the run between steps. */
  readonly signal?: AbortSignal
}

/** What a run yields after each step. */
export interface TrainEvent {
  /** Number of the step just made, from 1. */
  readonly step: number
  /** The loss before it. */
  readonly loss: number
  /** The gradient's norm before clipping. */
  readonly gradientNorm: number
  /** The learning rate it was made with. */
  readonly learningRate: number
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
 * Ended early (break, abort, error) it frees all it made.
 *
 * @throws InvalidArgumentError for a number of steps that is no positive integer; ShapeError or InvalidArgumentError naming
 * the first parameter that does not fit the step's layout; {@link NonFiniteLossError} when a loss or a gradient is NaN or
 * infinite; the signal's reason when it is aborted.
 */
export async function* train(run: TrainRun): AsyncGenerator<TrainEvent, TrainedParameters, void> {
  const { runner, params, steps, batch, learningRate, averageDecay, signal } = run
  const { layout } = runner.step
  if (!(Number.isInteger(steps) && steps >= 1)) throw new InvalidArgumentError('steps', steps, 'an integer of at least 1')
  signal?.throwIfAborted()
  let tensors = startTensors(params, layout)
  try {
    for (let step = 1; step <= steps; step++) {
      signal?.throwIfAborted()
      const scheduled = { learningRate: learningRate(step), averageDecay: averageDecay(step) }
      const outcome = await runner.run(tensors, await batch(step), runner.step.rates(step, scheduled))
      release(tensors)
      tensors = outcome.tensors
      const { loss, gradientNorm } = outcome
      if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm)) throw new NonFiniteLossError({ step, loss, gradientNorm })
      yield { step, loss, gradientNorm, learningRate: scheduled.learningRate }
    }
    return { params: unflattenParameters(tensors.parameters, layout), average: unflattenParameters(tensors.average, layout) }
  } finally {
    release(tensors)
  }
}

function startTensors(params: Params, layout: ParameterLayout): TrainingTensors {
  const parameters = flattenParameters(params, layout)
  const nothing = (): Tensor1D => zeros([layout.total])
  return { parameters, average: clone(parameters), first: nothing(), second: nothing() }
}

const release = (tensors: TrainingTensors): void => Object.values(tensors).forEach((tensor: Tensor1D) => tensor.dispose())
