import { differentiable, type DifferentiablePredictor } from '../differentiable-predictor'
import type { Prediction } from '../prediction'
import { checkTimes, type Times } from '../times'
import type { TwofoldBinaryOperation, TwofoldOperation, VectorSpace } from '../vector-space'
import { checkSampleShape } from './mixture-prediction'

/** What an exact law says in closed form. */
interface ExactPrediction<P extends Prediction> {
  /** What is predicted. */
  readonly predicts: P
  /** The shape of one sample. */
  readonly sampleShape: readonly number[]
  /** The prediction at x and times t. */
  readonly prediction: TwofoldOperation<[t: Times]>
  /** vᵀ ∂(prediction)/∂x at x, v and times t. */
  readonly product: TwofoldBinaryOperation<[t: Times]>
}

/** An exact model in one space, differentiable, which checks shapes and times at its door. */
export function exactPredictor<P extends Prediction, X>(space: VectorSpace<X>, { predicts, sampleShape, ...closed }: ExactPrediction<P>): DifferentiablePredictor<P, X> {
  const [prediction, product] = [space.implement(closed.prediction), space.implementBinary(closed.product)]
  return differentiable(
    space,
    {
      predicts,
      evaluate(x, t) {
        checkSampleShape(space.shape(x), sampleShape)
        checkTimes(t, space.shape(x)[0])
        return prediction(x, t)
      },
    },
    (x, t, v) => product(x, v, t),
  )
}
