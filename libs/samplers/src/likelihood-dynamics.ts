import {
  coefficientAt,
  conversionOf,
  InvalidArgumentError,
  ownedStates,
  vectorJacobian,
  type Dynamics,
  type Prediction,
  type Predictor,
  type Times,
  type VectorSpace,
} from '@sbgm/sde-core'
import { appendColumns, sampleProducts, takeColumns } from './sample-columns'

/** What {@link likelihoodDynamics} needs. */
interface LikelihoodDynamicsOptions<X> {
  /** A probability flow with a differentiable model. */
  readonly flow: Dynamics<X>
  /** The flow's model. */
  readonly model: Predictor<Prediction, X>
  /** The states' space. */
  readonly space: VectorSpace<X>
  /** The shape of x without its batch axis. */
  readonly sampleShape: readonly number[]
  /** The v whose vᵀ J v are wanted, of x's shape; borrowed. Each has vᵀ v = D, or they are the D unit vectors. */
  readonly probes: readonly X[]
  /** `each`: one column for each probe; `sum`: their sum, which of unit vectors is the trace. */
  readonly columns: 'each' | 'sum'
  /** Ones, shape (batch, 1); borrowed. */
  readonly ones: X
  /** Called for each evaluation of the model. */
  readonly onEvaluation: () => void
}

/**
 * The probability flow with the integral of its divergence beside it, as one state (batch, D + columns): so that any method that
 * solves it by its drift solves for the likelihood too, step control included.
 *
 * With the drift f x + c (a x + b p), where a x + b p is the score that the model's prediction p is converted to, the columns grow
 * by c (a D + b vᵀ J_p v). What f adds, D f, is left out: its integral is D ln α, in closed form.
 */
export function likelihoodDynamics<X>(options: LikelihoodDynamicsOptions<X>): Dynamics<X> {
  const { flow, model, space, sampleShape, probes, columns, ones, onEvaluation } = options
  const { sde } = flow
  const dimensions = sampleShape.reduce((product, axis) => product * axis, 1)
  const [append, take, products] = [space.implementBinary(appendColumns), space.implement(takeColumns), space.implementBinary(sampleProducts)]
  const toScore = conversionOf(model, 'score', sde)
  const gain = (t: number) => -0.5 * sde.diffusion(t) ** 2

  const drift = async (y: X, t: Times): Promise<X> => {
    const { own, release } = ownedStates(space)
    try {
      const x = own(take(y, 0, sampleShape))
      const quadratic: X[] = [] // vᵀ J_p v of each probe
      let prediction: X | undefined
      for (const v of probes) {
        onEvaluation()
        const { prediction: predicted, product } = await vectorJacobian(space, model, x, t, v)
        own(predicted)
        own(product)
        prediction ??= predicted
        quadratic.push(own(products(v, product)))
      }
      const onPrediction = coefficientAt(t, (time) => gain(time) * toScore(time).prediction)
      const onOnes = coefficientAt(t, (time) => dimensions * gain(time) * toScore(time).state)
      const onState = coefficientAt(t, (time) => sde.driftScale(time) + gain(time) * toScore(time).state)
      const sums = columns === 'each' ? quadratic : [own(space.combine(quadratic.map(() => 1), quadratic))]
      let result = space.combine([onState, onPrediction], [x, prediction as X])
      for (const value of sums) {
        own(result)
        result = append(result, own(space.combine([onPrediction, onOnes], [value, ones])))
      }
      return result
    } finally {
      release()
    }
  }

  const dynamics: Dynamics<X> = {
    kind: 'probability-flow',
    sde,
    model: {
      predicts: model.predicts,
      tMin: model.tMin ?? 0,
      evaluate() {
        throw new InvalidArgumentError('sampler', 'one that asks the model', 'a solver of the drift for a likelihood, such as dormandPrince()')
      },
    },
    drift,
    diffusion: () => 0,
    mapModel: () => dynamics,
  }
  return Object.freeze(dynamics)
}
