import { tensor1d, tidy, type Tensor } from '@tensorflow/tfjs-core'
import { InvalidArgumentError } from './errors'
import { checkLabels, type Labels } from './labels'
import type { Network, Params } from './network'
import type { Prediction } from './prediction'
import type { Sde } from './sde'
import type { Times } from './times'

/** A model of one of the four predictions that is told a class with every sample, or that there is none. */
export interface LabelledPredictor<P extends Prediction, X = Tensor> {
  /** What it predicts. */
  readonly predicts: P
  /** The earliest time at which it is evaluated, as for `Predictor`. @defaultValue 0 */
  readonly tMin?: number
  /** Number of classes; the label of that number means "no label". */
  readonly classes: number
  /**
   * The prediction for p_t(x | label) at x, shape (batch, …), and times t, shape (batch,); for p_t(x) where the label is `classes`.
   * A new state of x's shape, owned by the caller.
   */
  evaluate(x: X, t: Times, labels: Labels): X | Promise<X>
}

/** Settings of {@link labelledPredictor}. */
export interface LabelledPredictorOptions {
  /** The earliest time at which the network is evaluated, in units of the SDE's time. @defaultValue 1e-3 */
  readonly tMin?: number
}

/**
 * A network that takes labels, with its parameters, as a model that is told a class with every sample: for classifier-free
 * guidance. For one class, without guidance, `predictor` with a label is enough.
 *
 * @param network - the network
 * @param params - borrowed; must stay alive while the model is used
 * @param sde - the SDE it was trained with; tMin must lie inside its times
 * @returns a model that makes nothing but the prediction itself; it throws what {@link checkLabels} throws
 * @throws {@link InvalidArgumentError} unless 0 ≤ tMin \< sde.tMax and the network has classes.
 * @see Ho and Salimans 2022, arXiv:2207.12598, section 3.2 (one network for both p_t(x | label) and p_t(x)).
 */
export function labelledPredictor<P extends Prediction>(
  network: Network<P>,
  params: Params,
  sde: Sde,
  { tMin = 1e-3 }: LabelledPredictorOptions = {},
): LabelledPredictor<P> {
  const { predicts, classes = 0 } = network
  if (!(tMin >= 0 && tMin < sde.tMax)) throw new InvalidArgumentError('tMin', tMin, `at least 0 and below tMax (${sde.tMax})`)
  if (classes === 0) throw new InvalidArgumentError('network.classes', classes, 'at least 1: this network takes no labels')
  return {
    predicts,
    tMin,
    classes,
    evaluate(x, t, labels) {
      checkLabels(labels, { classes, batch: t.length })
      return tidy(() => network.apply(params, x, tensor1d(Float32Array.from(t)), { label: tensor1d(labels, 'int32') }))
    },
  }
}
