import type { Tensor } from '@tensorflow/tfjs-core'
import { InvalidArgumentError, ShapeError } from './errors'
import type { Prediction } from './prediction'
import { checkPrediction, raised, type Predictor } from './predictor'
import { checkTimes, type Times } from './times'
import type { VectorSpace } from './vector-space'

/**
 * What a Jacobian is multiplied with from the left: a state v of the prediction's shape, borrowed; or a function that makes it
 * of the prediction, so that one evaluation of the model suffices where v depends on what it said, as in guidance by a residual.
 *
 * The function borrows the prediction and returns a new state, which is freed for it; it must be synchronous and depend on
 * nothing but the prediction, since it may be called more than once. The product is linear in v, sample by sample: what needs
 * a number read back, such as a norm to divide by, is done to the product afterwards.
 */
export type Covector<X = Tensor> = X | ((prediction: X) => X)

/** A prediction and what its Jacobian does to a {@link Covector}. */
export interface VectorJacobian<X = Tensor> {
  /** The prediction p, of x's shape; owned by the caller. */
  readonly prediction: X
  /** vᵀ ∂p/∂x of each sample by itself, of x's shape; owned by the caller. Samples do not interact. */
  readonly product: X
}

/**
 * A model that can be differentiated with respect to its state: what likelihoods and guidance by a likelihood need.
 *
 * Exact models and networks ({@link predictor}) are of this kind, and {@link convert} keeps it. {@link differentiableOnTensors}
 * makes one of your own TensorFlow.js model, {@link differentiable} of anything whose derivative you know.
 */
export interface DifferentiablePredictor<P extends Prediction, X = Tensor> extends Predictor<P, X> {
  /**
   * The prediction and vᵀ ∂(prediction)/∂x, both from one evaluation of the model.
   *
   * @param x - shape (batch, …), borrowed
   * @param t - one time per sample, shape (batch,), none below tMin
   * @param v - a state of x's shape, or a function of the prediction
   * @returns two new states, owned by the caller
   */
  vectorJacobian(x: X, t: Times, v: Covector<X>): Promise<VectorJacobian<X>>
}

/** Whether a model can give vector-Jacobian products. */
export function isDifferentiable<P extends Prediction, X>(model: Predictor<P, X>): model is DifferentiablePredictor<P, X> {
  return 'vectorJacobian' in model && typeof model.vectorJacobian === 'function'
}

/** Whether v is made of the prediction. */
const isMade = <X>(v: Covector<X>): v is (prediction: X) => X => typeof v === 'function'

/** v for this prediction: a new state, owned by the caller. */
export const covectorOf = <X>(space: VectorSpace<X>, v: Covector<X>, prediction: X): X =>
  isMade(v) ? v(prediction) : space.combine([1], [v])

/**
 * Evaluates a differentiable model and its vector-Jacobian product at max(t, tMin), and checks the shapes of what is handed
 * in and comes out: the counterpart of {@link evaluate}.
 *
 * @param space - where the states live
 * @param model - any of the four
 * @param x - shape (batch, …), borrowed
 * @param t - one time per sample, shape (batch,)
 * @param v - a state of x's shape, or a function of the prediction
 * @returns two new states of x's shape, owned by the caller
 * @throws {@link InvalidArgumentError} for a model that is not differentiable, a time that is no finite number of at least 0, and
 * a function v that returns the prediction itself; {@link ShapeError} for a v, a prediction or a product of another shape than x.
 */
export async function vectorJacobian<X>(
  space: VectorSpace<X>,
  model: Predictor<Prediction, X>,
  x: X,
  t: Times,
  v: Covector<X>,
): Promise<VectorJacobian<X>> {
  requireDifferentiable(model)
  const expected = space.shape(x)
  checkTimes(t, expected[0])
  const check = (what: string, state: X) => {
    const actual = space.shape(state)
    if (actual.length !== expected.length || expected.some((axis, i) => axis !== actual[i])) throw new ShapeError(what, expected, actual)
    return state
  }
  if (!isMade(v)) check('v', v)
  const checked = !isMade(v)
    ? v
    : (prediction: X): X => {
        const made = v(prediction)
        if (made === prediction) throw new InvalidArgumentError('v', 'its own argument', 'a function that returns a new state, since it is freed (clone the prediction)')
        try {
          return check('what the function v returns', made)
        } catch (error) {
          space.release(made)
          throw error
        }
      }
  const { prediction, product } = await model.vectorJacobian(x, raised(t, model.tMin ?? 0), checked)
  try {
    checkPrediction(space, model.predicts, x, prediction)
  } catch (error) {
    space.release(product)
    throw error
  }
  try {
    check(`the product of the ${model.predicts} model's Jacobian`, product)
  } catch (error) {
    space.release(prediction, product)
    throw error
  }
  return { prediction, product }
}

/**
 * Checks before any work that a model can be differentiated.
 *
 * @throws {@link InvalidArgumentError} that says how to make it so.
 */
function requireDifferentiable<P extends Prediction, X>(model: Predictor<P, X>): asserts model is DifferentiablePredictor<P, X> {
  if (!isDifferentiable(model)) {
    throw new InvalidArgumentError(
      'model',
      `a ${model.predicts} model without vectorJacobian`,
      'differentiable: an exact model, a predictor(network, …), or your own through differentiableOnTensors(model) or differentiable(…)',
    )
  }
}

/**
 * A model with a derivative that you know, in closed form or from a compiled gradient.
 *
 * @param space - where the states live
 * @param model - the model; its `evaluate` is called once for each product, then yours
 * @param product - vᵀ ∂(prediction)/∂x at x and t: a new state of x's shape, which belongs to the caller; all it is handed is borrowed
 * @returns the model with `vectorJacobian`
 */
export function differentiable<P extends Prediction, X = Tensor>(
  space: VectorSpace<X>,
  model: Predictor<P, X>,
  product: (x: X, t: Times, v: X) => X | Promise<X>,
): DifferentiablePredictor<P, X> {
  return {
    predicts: model.predicts,
    tMin: model.tMin ?? 0,
    evaluate: (x, t) => model.evaluate(x, t),
    async vectorJacobian(x, t, v) {
      const prediction = await model.evaluate(x, t)
      try {
        const at = covectorOf(space, v, prediction)
        try {
          return { prediction, product: await product(x, t, at) }
        } finally {
          space.release(at)
        }
      } catch (error) {
        space.release(prediction)
        throw error
      }
    },
  }
}
