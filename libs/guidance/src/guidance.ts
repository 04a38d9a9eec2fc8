import { InvalidArgumentError, type Predictor } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'

/**
 * What guides: a function from score model to score model. It knows nothing of the sampler, so it fits every one.
 *
 * The result keeps the model's `tMin`, below which what guides is not asked either; what it returns belongs to the caller.
 */
export type Guidance<X = Tensor> = (model: Predictor<'score', X>) => Predictor<'score', X>

/**
 * A score model with guidance, applied from left to right: `compose(score, a, b)` is b(a(score)). Hand the result to `reverseSde` or
 * `probabilityFlow` in the place of the score model.
 *
 * @param score - the model; one of noise, data or v becomes one of the score by `convert`
 * @param guidances - any number of them; the order of those that only add to the score does not matter, those that need a
 * differentiable model come first
 * @returns the guided model, or the model itself where there is no guidance
 * @throws InvalidArgumentError for a model that does not predict the score, which plain JavaScript may hand in.
 * @see Song et al. 2021, arXiv:2011.13456, eq. 14.
 * @example
 * ```ts
 * import { classifier, compose } from '@sbgm/guidance'
 * import { hostSpace, hostState, labelledMixtureTarget, vpSde } from '@sbgm/sde-core'
 *
 * const target = labelledMixtureTarget({ sde: vpSde(), weights: [0.5, 0.5], means: [[-1], [1]], stds: [[0.5], [0.5]] })
 * const gradient = target.labelGradient(1, hostSpace)
 * const guided = compose(target.predictor('score', hostSpace), classifier({ gradient, scale: 1, space: hostSpace }))
 * const score = await guided.evaluate(hostState([1]), Float64Array.of(0))
 * console.log(score.data[0].toFixed(3)) // 0.000
 * ```
 */
export function compose<X = Tensor>(score: Predictor<'score', X>, ...guidances: readonly Guidance<X>[]): Predictor<'score', X> {
  if (score.predicts !== 'score') {
    throw new InvalidArgumentError('score.predicts', score.predicts, "'score' (convert(model, 'score', { sde, space }) makes it so)")
  }
  return guidances.reduce((model, guidance) => guidance(model), score)
}
