import { tensor1d, tidy, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core'
import type { DifferentiablePredictor } from './differentiable-predictor'
import { InvalidArgumentError, ShapeError } from './errors'
import { checkClasses } from './labels'
import type { Prediction } from './prediction'
import type { Sde } from './sde'
import { differentiableOnTensors } from './tensor-gradient'

/** A network's parameters: a flat map from names such as `down.0.conv.kernel` to tensors. */
export type Params = Readonly<Record<string, Tensor>>

/** What a network may be told besides the state and its time. */
export interface NetworkConditions {
  /** Class of each sample, integers as int32 or float32, shape (batch,); the network's `classes` itself means "no label". Left out: no labels. */
  readonly label?: Tensor1D
  /**
   * Dropout masks by the network's own names for them; names that it does not know are ignored, so that a training batch may
   * be handed in whole. Left out: nothing is dropped, as in sampling.
   */
  readonly dropout?: Readonly<Record<string, Tensor>>
}

/** A network as a pure function of parameters and inputs; holds no state and draws no random numbers. */
export interface Network<P extends Prediction> {
  /** What it predicts. */
  readonly predicts: P
  /** Number of classes that a label may name; absent or 0: it takes no labels. */
  readonly classes?: number
  /** Fresh parameters, the same for the same seed; owned by the caller. */
  init(seed: number): Params
  /** The prediction for x, shape (batch, …), at times t, shape (batch,), under the conditions; a new tensor of x's shape. */
  apply(params: Params, x: Tensor, t: Tensor1D, conditions?: NetworkConditions): Tensor
}

/** Settings of {@link predictor}. */
export interface PredictorOptions {
  /** The earliest time at which the network is evaluated, in units of the SDE's time. @defaultValue 1e-3 */
  readonly tMin?: number
  /**
   * The class to sample: one for all samples, or one for each, copied; the network's `classes` itself means "no label".
   *
   * @defaultValue none: the network is told nothing of classes
   */
  readonly label?: number | ArrayLike<number>
}

/**
 * A network with its parameters as a model for the samplers. Times are raised to tMin: earlier ones it was hardly
 * trained on, and σ there would amplify its error.
 *
 * With a label the model is that of p_t(x | label), for samplers that know nothing of classes.
 *
 * @param network - the network
 * @param params - borrowed; must stay alive while the model is used
 * @param sde - the SDE it was trained with; tMin must lie inside its times
 * @returns a model that makes nothing but the prediction itself: parameters stay the caller's to dispose; differentiable by
 * TensorFlow.js, eagerly, as {@link differentiableOnTensors} says
 * @throws {@link InvalidArgumentError} unless 0 ≤ tMin \< sde.tMax and every label is an integer from 0 to the network's
 * `classes`; when evaluated, {@link ShapeError} for a batch of another size than the list of labels.
 */
export function predictor<P extends Prediction>(
  network: Network<P>,
  params: Params,
  sde: Sde,
  { tMin = 1e-3, label }: PredictorOptions = {},
): DifferentiablePredictor<P> {
  if (!(tMin >= 0 && tMin < sde.tMax)) throw new InvalidArgumentError('tMin', tMin, `at least 0 and below tMax (${sde.tMax})`)
  const labels = label === undefined || typeof label === 'number' ? label : Array.from(label)
  if (labels !== undefined) {
    const { classes = 0 } = network
    const given = typeof labels === 'number' ? [labels] : labels
    if (classes === 0) throw new InvalidArgumentError('label', given, 'left out, since this network has no classes')
    checkClasses('label', given, classes)
  }
  return differentiableOnTensors({
    predicts: network.predicts,
    tMin,
    evaluate: (x, t) =>
      tidy(() => {
        const times = tensor1d(Float32Array.from(t))
        return labels === undefined ? network.apply(params, x, times) : network.apply(params, x, times, { label: labelTensor(labels, times.size) })
      }),
  })
}

function labelTensor(label: number | readonly number[], batch: number): Tensor1D {
  if (typeof label !== 'number' && label.length !== batch) throw new ShapeError('label', [batch], [label.length])
  return tensor1d(typeof label === 'number' ? new Int32Array(batch).fill(label) : Int32Array.from(label), 'int32')
}
