import { predictor, type Network, type Params, type Prediction, type Predictor, type Sde } from '@sbgm/sde-core'
import { tensor1d, type Tensor1D } from '@tensorflow/tfjs-core'
import type { Compute } from './compute'

/** A model for the samplers that holds something until it is closed. */
export interface OpenPredictor<P extends Prediction> extends Predictor<P> {
  /** Frees what evaluating it made. Idempotent. */
  close(): Promise<void>
}

/** Settings of {@link openPredictor}. */
export interface OpenPredictorOptions {
  /** The earliest time at which the network is asked, as in `predictor` of `@sbgm/sde-core`. */
  readonly tMin: number
  /** Samples evaluated at a time, as in {@link Compute.bind}. */
  readonly rows: number
}

/**
 * `predictor` of `@sbgm/sde-core`, evaluated by the engine.
 *
 * @param params - borrowed until the model is closed
 * @returns a model; close it at the end
 */
export function openPredictor<P extends Prediction>(
  compute: Compute, network: Network<P>, params: Params, sde: Sde, { tMin, rows }: OpenPredictorOptions,
): OpenPredictor<P> {
  const { predicts, tMin: raisedTo = tMin } = predictor(network, params, sde, { tMin })
  const bound = compute.bind((weights, { x, t }) => ({ prediction: network.apply(weights, x, t as Tensor1D) }), params, rows)
  return {
    predicts,
    tMin: raisedTo,
    async evaluate(x, t) {
      const times = tensor1d(Float32Array.from(t))
      try {
        return (await bound.run({ x, t: times })).prediction
      } finally {
        times.dispose()
      }
    },
    close: () => bound.close(),
  }
}
