import { tensor1d, tidy, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core'
import { InvalidArgumentError } from './errors'
import type { Prediction } from './prediction'
import type { Predictor } from './predictor'
import type { Sde } from './sde'

/** A network's parameters: a flat map from names such as `down.0.conv.kernel` to tensors. */
export type Params = Readonly<Record<string, Tensor>>

/** A network as a pure function of parameters and inputs; holds no state. */
export interface Network<P extends Prediction> {
  /** What it predicts. */
  readonly predicts: P
  /** Fresh parameters, the same for the same seed; owned by the caller. */
  init(seed: number): Params
  /** The prediction for x, shape (batch, …), at times t, shape (batch,); a new tensor of x's shape. */
  apply(params: Params, x: Tensor, t: Tensor1D): Tensor
}

/** Settings of {@link predictor}. */
export interface PredictorOptions {
  /** The earliest time at which the network is evaluated, in units of the SDE's time. @defaultValue 1e-3 */
  readonly tMin?: number
}

/**
 * A network with its parameters as a model for the samplers. Times are raised to tMin: earlier ones it was hardly
 * trained on, and σ there would amplify its error.
 *
 * @param network - the network
 * @param params - borrowed; must stay alive while the model is used
 * @param sde - the SDE it was trained with; tMin must lie inside its times
 * @returns a model that makes nothing but the prediction itself: parameters stay the caller's to dispose
 * @throws {@link InvalidArgumentError} unless 0 ≤ tMin \< sde.tMax.
 */
export function predictor<P extends Prediction>(
  network: Network<P>,
  params: Params,
  sde: Sde,
  { tMin = 1e-3 }: PredictorOptions = {},
): Predictor<P> {
  if (!(tMin >= 0 && tMin < sde.tMax)) throw new InvalidArgumentError('tMin', tMin, `at least 0 and below tMax (${sde.tMax})`)
  return {
    predicts: network.predicts,
    tMin,
    evaluate: (x, t) => tidy(() => network.apply(params, x, tensor1d(Float32Array.from(t)))),
  }
}
