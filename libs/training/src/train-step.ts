import { InvalidArgumentError, MissingGradientError, ShapeError, type Params } from '@sbgm/sde-core'
import { getGradient, tidy, type Scalar, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core'
import type { AdamW } from './adam-w'
import type { ParameterLayout } from './flat-parameters'
import { lossGradient } from './loss-gradient'
import { updated } from './update'

/** All tensors that a training run carries from step to step, each shape (total,): plain data, so it can be saved. */
export type TrainingTensors = {
  /** The weights. */
  readonly parameters: Tensor1D
  /** Their exponential moving average. */
  readonly average: Tensor1D
  /** The optimiser's mean gradient. */
  readonly first: Tensor1D
  /** The optimiser's mean squared gradient. */
  readonly second: Tensor1D
}

/** One batch as named tensors, whatever the loss wants. */
export type Batch = Readonly<Record<string, Tensor>>

/** A loss: pure, differentiable, a scalar. */
export type Loss = (params: Params, batch: Batch) => Scalar

/** What a step returns; owned by the caller. */
export type TrainStepResult = {
  /** The tensors after the step. */
  readonly tensors: TrainingTensors
  /** The loss before it. */
  readonly loss: Scalar
  /** ‖gradient‖₂ before clipping. */
  readonly gradientNorm: Scalar
}

/** The numbers that a run chooses anew for each step. */
export interface ScheduledRates {
  /** The learning rate. */
  readonly learningRate: number
  /** The decay d of the average, a ← d a + (1 − d) p. */
  readonly averageDecay: number
}

/** One training step: a pure function of tensors, and on the host all that its caller must know to feed it. */
export interface TrainStep {
  /** How the parameters lie in their vector. */
  readonly layout: ParameterLayout
  /**
   * The rates of one step as {@link TrainStep.run} wants them: the scheduled ones together with the bias corrections of
   * this step's own optimiser, in float64.
   *
   * @param step - number of the step, from 1
   * @param scheduled - what the run chose for it
   * @returns four numbers
   * @throws InvalidArgumentError for a step below 1.
   */
  rates(step: number, scheduled: ScheduledRates): readonly number[]
  /**
   * The step itself, without state and without a read-back: to be run eagerly, or traced once and compiled.
   *
   * @param tensors - from the step before; borrowed, as everything else here is
   * @param batch - what the loss wants
   * @param rates - those of this step, shape (4,)
   * @returns new tensors, owned by the caller
   * @throws MissingGradientError where TensorFlow.js has no gradients registered; ShapeError for a loss that is no scalar.
   */
  run(tensors: TrainingTensors, batch: Batch, rates: Tensor1D): TrainStepResult
}

/** Settings of {@link trainStep}. */
export interface TrainStepOptions {
  /** What is minimised. */
  readonly loss: Loss
  /** How the parameters lie in their vector. */
  readonly layout: ParameterLayout
  /** The update rule. */
  readonly optimizer: AdamW
  /** Largest gradient norm. @defaultValue 1 */
  readonly clipNorm?: number
}

/**
 * The step gradient → clip → AdamW → average, a ← d a + (1 − d) p.
 *
 * @returns the step, which holds no tensors
 * @throws InvalidArgumentError unless clipNorm is positive.
 */
export function trainStep({ loss, layout, optimizer, clipNorm = 1 }: TrainStepOptions): TrainStep {
  if (!(clipNorm > 0)) throw new InvalidArgumentError('clipNorm', clipNorm, 'a positive number (Infinity switches clipping off)')
  return Object.freeze<TrainStep>({
    layout,
    rates(step, { learningRate, averageDecay }) {
      const { first, second } = optimizer.corrections(step)
      return [learningRate, first, second, averageDecay]
    },
    run: (tensors, batch, rates) =>
      tidy(() => {
        if (!getGradient('Multiply')) throw new MissingGradientError('Multiply')
        const { value, gradient } = lossGradient((params) => loss(params, batch), tensors.parameters, layout)
        if (value.rank !== 0) throw new ShapeError('the loss', [], value.shape)
        return { loss: value as Scalar, ...updated({ tensors, gradient, rates, optimizer, clipNorm }) }
      }),
  })
}
