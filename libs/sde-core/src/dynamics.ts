import type { Tensor } from '@tensorflow/tfjs-core'
import type { Prediction } from './prediction'
import { conversionOf, evaluate, type Predictor } from './predictor'
import type { Sde } from './sde'
import { coefficientAt, type VectorSpace } from './vector-space'
import type { Times } from './times'

/** What moves a state through time: a drift and a diffusion, for either direction of time. */
export interface Dynamics<X = Tensor> {
  /** Which of the three: the forward SDE, the reverse-time SDE, or the deterministic probability flow. */
  readonly kind: 'forward' | 'reverse' | 'probability-flow'
  /** The SDE behind it. */
  readonly sde: Sde
  /** The model of the score, in any of the four parametrisations; none for `forward`. */
  readonly model?: Predictor<Prediction, X>
  /** The drift at x and times t, shape (batch,): a new state of x's shape, owned by the caller. */
  drift(x: X, t: Times): Promise<X>
  /** The diffusion coefficient g(t), or 0 for the probability flow. */
  diffusion(t: number): number
  /** The same dynamics with another model in the place of its own, such as one with guidance. */
  mapModel(change: (model: Predictor<Prediction, X>) => Predictor<Prediction, X>): Dynamics<X>
}

/**
 * The forward SDE, dx = f(t) x dt + g(t) dw: turns data into noise.
 *
 * @param sde - f and g
 * @param space - where the states live
 * @returns dynamics without a model, which hold no state
 * @see Song et al. 2021, arXiv:2011.13456, eq. 5.
 */
export function forwardSde<X = Tensor>(sde: Sde, space: VectorSpace<X>): Dynamics<X> {
  const dynamics: Dynamics<X> = {
    kind: 'forward',
    sde,
    drift: async (x, t) => space.combine([coefficientAt(t, (time) => sde.driftScale(time))], [x]),
    diffusion: (t) => sde.diffusion(t),
    mapModel: () => dynamics,
  }
  return Object.freeze(dynamics)
}

/**
 * The reverse-time SDE, dx = [f(t) x − g(t)² ∇ log p_t(x)] dt + g(t) dw̄, to be run from large t to small: turns noise
 * into data.
 *
 * @param sde - f and g; the one that the model was made for
 * @param model - of the score, noise, data or v; converted in the same combination that makes the drift
 * @param space - where the states live
 * @returns dynamics whose drift costs one evaluation of the model, and is infinite or NaN where σ(t) = 0 unless the model
 * predicts the score or has a tMin
 * @see Song et al. 2021, arXiv:2011.13456, eq. 6.
 */
export function reverseSde<X = Tensor>(sde: Sde, model: Predictor<Prediction, X>, space: VectorSpace<X>): Dynamics<X> {
  return withScore('reverse', sde, model, space)
}

/**
 * The probability flow, dx = [f(t) x − ½ g(t)² ∇ log p_t(x)] dt: an ODE with the SDE's marginals, in either direction.
 *
 * @param sde - f and g; the one that the model was made for
 * @param model - of the score, noise, data or v, as for {@link reverseSde}
 * @param space - where the states live
 * @returns dynamics whose drift costs one evaluation of the model, with diffusion 0
 * @see Song et al. 2021, arXiv:2011.13456, eq. 13.
 */
export function probabilityFlow<X = Tensor>(sde: Sde, model: Predictor<Prediction, X>, space: VectorSpace<X>): Dynamics<X> {
  return withScore('probability-flow', sde, model, space)
}

function withScore<X>(
  kind: 'reverse' | 'probability-flow',
  sde: Sde,
  model: Predictor<Prediction, X>,
  space: VectorSpace<X>,
): Dynamics<X> {
  const share = kind === 'reverse' ? 1 : 0.5
  const gain = (t: number) => -share * sde.diffusion(t) ** 2
  const toScore = conversionOf(model, 'score', sde)
  return Object.freeze<Dynamics<X>>({
    kind,
    sde,
    model,
    async drift(x, t) {
      const prediction = await evaluate(space, model, x, t)
      const onState = coefficientAt(t, (time) => sde.driftScale(time) + gain(time) * toScore(time).state)
      const onPrediction = coefficientAt(t, (time) => gain(time) * toScore(time).prediction)
      try {
        return space.combine([onState, onPrediction], [x, prediction])
      } finally {
        space.release(prediction)
      }
    },
    diffusion: kind === 'reverse' ? (t) => sde.diffusion(t) : () => 0,
    mapModel: (change) => withScore(kind, sde, change(model), space),
  })
}
