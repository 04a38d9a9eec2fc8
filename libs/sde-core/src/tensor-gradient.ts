import { clone, customGrad, getGradient, grad, keep, scalar, zerosLike, type Tensor } from '@tensorflow/tfjs-core'
import type { Covector, DifferentiablePredictor, VectorJacobian } from './differentiable-predictor'
import { InvalidArgumentError, MissingGradientError, ShapeError } from './errors'
import type { Prediction } from './prediction'
import { checkPrediction, type Predictor } from './predictor'
import { tensorSpace } from './tensor-space'
import type { Times } from './times'

/**
 * A model made of TensorFlow.js operations, differentiated by TensorFlow.js: one forward and one backward pass for each product,
 * whether v is a tensor or a function of the prediction.
 *
 * The model must be synchronous, and each sample's prediction must depend on that sample alone (no batch normalisation).
 * Where it does not depend on x, the product is 0.
 *
 * @param model - any of the four; evaluated as it is
 * @returns the model with `vectorJacobian`, which throws {@link MissingGradientError} where no gradients are registered, and
 * {@link InvalidArgumentError} for a model that returns a promise
 * @example
 * ```ts
 * import { differentiableOnTensors, type Predictor } from '@sbgm/sde-core'
 * import { mul } from '@tensorflow/tfjs-core'
 *
 * const model: Predictor<'noise'> = { predicts: 'noise', evaluate: (x) => mul(x, 0.5) }
 * console.log('vectorJacobian' in differentiableOnTensors(model)) // true
 * ```
 */
export function differentiableOnTensors<P extends Prediction>(model: Predictor<P>): DifferentiablePredictor<P> {
  return {
    predicts: model.predicts,
    tMin: model.tMin ?? 0,
    evaluate: (x, t) => model.evaluate(x, t),
    vectorJacobian: async (x, t, v) => tensorVectorJacobian(model, x, t, v),
  }
}

/**
 * One forward and one backward pass through the model. What throws in between is kept until both are done: TensorFlow.js frees
 * what a forward pass saved only at the end of the backward one.
 */
function tensorVectorJacobian(model: Predictor<Prediction>, x: Tensor, t: Times, v: Covector): VectorJacobian {
  if (!getGradient('Multiply')) throw new MissingGradientError('Multiply')
  let prediction: Tensor | undefined
  const failures: unknown[] = []
  const attempt = (make: () => Tensor, otherwise: Tensor): Tensor => {
    try {
      return make()
    } catch (error) {
      failures.push(error)
      return zerosLike(otherwise)
    }
  }
  const predict = (y: Tensor): Tensor => {
    const predicted = model.evaluate(y, t)
    if (predicted instanceof Promise) {
      throw new InvalidArgumentError('model.evaluate', 'a promise', 'synchronous, to be differentiated by TensorFlow.js (differentiable(…) takes a derivative of your own)')
    }
    return checkPrediction(tensorSpace, model.predicts, y, predicted)
  }
  // a scalar whose gradient at the prediction is v: so v is made between the two passes, and no number is made to be thrown away;
  // x takes part in it, so that a model which does not depend on x has the gradient 0 rather than none
  const pairing = customGrad((...given) => {
    const [predicted, state, save] = given as [Tensor, Tensor, (tensors: Tensor[]) => void]
    save([predicted])
    return {
      value: scalar(0),
      gradFunc: (_, saved) => {
        const [at] = saved as Tensor[]
        return [attempt(() => checked(typeof v === 'function' ? v(at) : clone(v), at), at), zerosLike(state)]
      },
    }
  })
  const product = grad((y) => {
    const predicted = attempt(() => predict(y), y)
    prediction = keep(clone(predicted))
    return pairing(predicted, y)
  })(x)
  if (failures.length > 0) {
    tensorSpace.release(product, prediction as unknown as Tensor)
    throw failures[0]
  }
  return { prediction: prediction as unknown as Tensor, product }
}

/** v, where it has the shape of the prediction. */
function checked(v: Tensor, prediction: Tensor): Tensor {
  if (v.shape.length !== prediction.shape.length || v.shape.some((axis, i) => axis !== prediction.shape[i])) {
    throw new ShapeError('v', prediction.shape, v.shape)
  }
  return v
}
