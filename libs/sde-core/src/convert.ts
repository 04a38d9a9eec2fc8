import type { Tensor } from '@tensorflow/tfjs-core'
import { covectorOf, isDifferentiable, vectorJacobian, type DifferentiablePredictor } from './differentiable-predictor'
import { ownedStates } from './owned-states'
import type { Prediction } from './prediction'
import { conversionAt, evaluate, type Predictor } from './predictor'
import type { Sde } from './sde'
import type { VectorSpace } from './vector-space'

/** What {@link convert} needs besides the model. */
export interface ConversionContext<X> {
  /** The SDE whose α and σ are meant. */
  readonly sde: Sde
  /** The states' space. */
  readonly space: VectorSpace<X>
}

/**
 * The same model, seen as a predictor of something else: q = c_x x + c_p p with c from {@link conversionCoefficients}. A
 * differentiable model stays so: vᵀ ∂q/∂x = c_x v + c_p vᵀ ∂p/∂x.
 *
 * @param model - any of the four
 * @param to - what the result predicts
 * @param context - the SDE whose α and σ are meant, and the states' space
 * @returns the model itself if it predicts that already; else a model that evaluates it once and converts, and throws
 * what {@link evaluate} and {@link vectorJacobian} throw
 * @see Song et al. 2021, arXiv:2011.13456, eq. 7 ff. (score); Ho et al. 2020, arXiv:2006.11239, eq. 12 (noise, data).
 */
export function convert<P extends Prediction, X = Tensor>(
  model: DifferentiablePredictor<Prediction, X>,
  to: P,
  context: ConversionContext<X>,
): DifferentiablePredictor<P, X>
export function convert<P extends Prediction, X = Tensor>(model: Predictor<Prediction, X>, to: P, context: ConversionContext<X>): Predictor<P, X>
export function convert<P extends Prediction, X = Tensor>(
  model: Predictor<Prediction, X>,
  to: P,
  { sde, space }: ConversionContext<X>,
): Predictor<P, X> {
  if (predictsThat(model, to)) return model
  const converted: Predictor<P, X> = {
    predicts: to,
    tMin: model.tMin ?? 0,
    async evaluate(x, t) {
      const prediction = await evaluate(space, model, x, t)
      const factors = conversionAt(model, to, sde, t)
      try {
        return space.combine([factors.state, factors.prediction], [x, prediction])
      } finally {
        space.release(prediction)
      }
    },
  }
  return isDifferentiable(model) ? withJacobian(converted, model, { sde, space }) : converted
}

function withJacobian<P extends Prediction, X>(
  converted: Predictor<P, X>,
  model: DifferentiablePredictor<Prediction, X>,
  { sde, space }: ConversionContext<X>,
): DifferentiablePredictor<P, X> {
  return {
    ...converted,
    async vectorJacobian(x, t, v) {
      const factors = conversionAt(model, converted.predicts, sde, t)
      const coefficients = [factors.state, factors.prediction]
      const { own, release } = ownedStates(space)
      const rule = (p: X): X => {
        const q = space.combine(coefficients, [x, p])
        try {
          return covectorOf(space, v, q)
        } finally {
          space.release(q)
        }
      }
      const inner = await vectorJacobian(space, model, x, t, typeof v === 'function' ? rule : v)
      try {
        const prediction = space.combine(coefficients, [x, own(inner.prediction)])
        try {
          // made once more: what a rule makes between the two passes need not outlive them
          const at = own(covectorOf(space, v, prediction))
          return { prediction, product: space.combine(coefficients, [at, own(inner.product)]) }
        } catch (error) {
          space.release(prediction)
          throw error
        }
      } finally {
        release()
      }
    },
  }
}

const predictsThat = <P extends Prediction, X>(model: Predictor<Prediction, X>, to: P): model is Predictor<P, X> =>
  model.predicts === to
