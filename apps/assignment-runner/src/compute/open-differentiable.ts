import { predictor, type DifferentiablePredictor, type Network, type Params, type Prediction, type Sde } from '@sbgm/sde-core'
import { dispose, tensor1d, valueAndGrad, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core'
import type { Compute } from './compute'
import type { OpenPredictor, OpenPredictorOptions } from './open-predictor'

/**
 * `openPredictor` with the vector–Jacobian product that likelihoods need: prediction and vᵀ ∂(prediction)/∂x as one network, of one
 * forward and one backward pass.
 *
 * @param params - borrowed until the model is closed
 * @returns a model; close it at the end
 */
export function openDifferentiable<P extends Prediction>(
  compute: Compute, network: Network<P>, params: Params, sde: Sde, { tMin, rows }: OpenPredictorOptions,
): OpenPredictor<P> & DifferentiablePredictor<P> {
  const { predicts, tMin: raisedTo = tMin } = predictor(network, params, sde, { tMin })
  const forward = compute.bind((weights, { x, t }) => ({ prediction: network.apply(weights, x, t as Tensor1D) }), params, rows)
  const both = compute.bind((weights, { x, t, v }) => {
    const { value, grad } = valueAndGrad((y) => network.apply(weights, y, t as Tensor1D))(x, v)
    return { prediction: value, product: grad }
  }, params, rows)
  const evaluate = async (x: Tensor, t: ArrayLike<number>): Promise<Tensor> => {
    const times = tensor1d(Float32Array.from(t))
    return (await forward.run({ x, t: times }).finally(() => times.dispose())).prediction
  }
  return {
    predicts,
    tMin: raisedTo,
    evaluate,
    async vectorJacobian(x, t, v) {
      const made: Tensor[] = [tensor1d(Float32Array.from(t))]
      try {
        if (typeof v === 'function') {
          const prediction = await evaluate(x, t)
          made.push(prediction)
          made.push(v(prediction))
        }
        const { prediction, product } = await both.run({ x, t: made[0], v: typeof v === 'function' ? made[2] : v })
        return { prediction, product }
      } finally {
        dispose(made)
      }
    },
    async close() {
      await forward.close()
      await both.close()
    },
  }
}
