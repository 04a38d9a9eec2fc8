import {
  batchSize,
  coefficientAt,
  conversionOf,
  evaluate,
  InvalidArgumentError,
  isDifferentiable,
  ownedStates,
  ShapeError,
  vectorJacobian,
  type Sde,
  type Times,
  type VectorSpace,
} from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Guidance } from './guidance'
import { scaleFunction, type GuidanceScale } from './guidance-scale'
import type { LinearOperator } from './linear-operator'
import { selectWhere } from './select-where'

/** A linear inverse problem, y = H x_0 + noise, and how strongly its solution is asked for. */
export interface MeasurementOptions<X = Tensor> {
  /** The SDE of the model. */
  readonly sde: Sde
  /** Where the states live. */
  readonly space: VectorSpace<X>
  /** H: a `denseOperator`, `pixelMask`, `blockAverage`, or your own. */
  readonly operator: LinearOperator<X>
  /** y, shape (batch, …operator.outputShape), or (1, …) for the same in every sample; borrowed, must live as long as the guided model. */
  readonly measurement: X
  /** Standard deviation of the noise in y, in units of y. */
  readonly noiseStd: number
  /** γ, 0 unguided, 1 as derived; a number or a function of the time. @defaultValue 1 */
  readonly scale?: GuidanceScale
}

/** A measurement, and what its residual counts. */
interface WeighedMeasurement<X> extends MeasurementOptions<X> {
  /** W: what the residual y − H x̂_0 is multiplied with, at the times of the batch; returns a new state. */
  readonly weigh: (residual: X, times: Times) => X
}

/**
 * s + γ (∂x̂_0/∂x)ᵀ Hᵀ W (y − H x̂_0), with x̂_0 = E[x_0 | x] by the model itself: the form that the guidances by a Gaussian approximation of
 * p(x_0 | x) share; they differ in W. One evaluation of the model with one backward pass; where γ is 0, the model's evaluation alone.
 */
export function measurementGuidance<X>({ sde, space, operator, measurement, noiseStd, scale = 1, weigh }: WeighedMeasurement<X>): Guidance<X> {
  const scaleAt = scaleFunction(scale)
  if (!(noiseStd >= 0 && noiseStd < Infinity)) throw new InvalidArgumentError('noiseStd', noiseStd, 'a finite number of at least 0')
  const [given, ...shape] = space.shape(measurement)
  if (shape.join() !== operator.outputShape.join()) {
    throw new ShapeError('the measurement y of the operator H', `(batch, ${operator.outputShape.join(', ')})`, [given, ...shape])
  }

  return (model) => {
    if (!isDifferentiable(model)) {
      throw new InvalidArgumentError(
        'model',
        'a score model without vectorJacobian',
        'differentiable for guidance by a measurement: an exact model, a predictor(network, …), or your own through differentiable(…); other guidance is composed after it',
      )
    }
    const tMin = model.tMin ?? 0
    const toData = conversionOf(model, 'data', sde)
    return {
      predicts: 'score',
      tMin,
      async evaluate(x, t) {
        const gamma = coefficientAt(t, scaleAt)
        const [batch, ...sample] = space.shape(x)
        if (sample.join() !== operator.inputShape.join()) {
          throw new ShapeError('a state that the operator H measures', `(batch, ${operator.inputShape.join(', ')})`, [batch, ...sample])
        }
        if (given !== 1 && given !== batch) throw new ShapeError('the measurement y', [batch, ...shape], [given, ...shape])
        if (typeof gamma === 'number' ? gamma === 0 : gamma.every((value) => value === 0)) return evaluate(space, model, x, t)

        const times = t.map((time) => Math.max(time, tMin))
        const onState = (time: number) => toData(time).state
        const onScore = (time: number) => toData(time).prediction
        const { own, release } = ownedStates(space)
        /** Hᵀ W (y − H x̂_0) for a score: synchronous, as the gradient of a network wants it, and free of what it makes. */
        const pull = (score: X): X => {
          const inner = ownedStates(space)
          try {
            const data = inner.own(space.combine([coefficientAt(t, onState), coefficientAt(t, onScore)], [x, score]))
            const residual = inner.own(space.combine([1, -1], [y, inner.own(operator.apply(data))]))
            return operator.adjoint(inner.own(weigh(residual, times)))
          } finally {
            inner.release()
          }
        }
        const y = given === batch ? measurement : own(space.concat(new Array<X>(batchSize(space, x)).fill(measurement)))
        try {
          const { prediction, product } = await vectorJacobian(space, model, x, t, pull)
          own(prediction)
          own(product)
          const direct = own(pull(prediction))
          const push = [onState, onScore].map((factor) => coefficientAt(t, (time) => scaleAt(time) * factor(time)))
          return selectWhere({ space, coefficient: gamma, value: 0, from: prediction, state: space.combine([1, ...push], [prediction, direct, product]) })
        } finally {
          release()
        }
      },
    }
  }
}
