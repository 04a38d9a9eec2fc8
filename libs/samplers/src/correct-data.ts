import { convert, evaluate, InvalidArgumentError, type ConversionContext, type Prediction, type Predictor, type VectorSpace } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'

/** What is done to a denoised sample x̂_0, such as {@link clipTo}: borrows it and returns a new state of its shape. */
export type DataCorrection = <X>(data: X, space: VectorSpace<X>) => X | Promise<X>

/**
 * The same model with its denoised sample corrected, for every sampler: `dynamics.mapModel((model) => correctData(model, clipTo(), …))`.
 *
 * What is derived from the result, noise and score included, follows from the corrected x̂_0, so that the two never disagree. A network's
 * error in the noise is divided by α(t) in x̂_0, some hundredfold near t = 1, while data lie within known bounds: with few steps
 * clipping decides between digits and noise (`docs/decisions/sampling-real-networks.md`). After guidance, not before it. On an exact model
 * of an unbounded law it is an error that no order can be shown with.
 *
 * @param model - any of the four
 * @param correction - {@link clipTo} or {@link dynamicThreshold}
 * @param context - the SDE that the model was made for, and the states' space
 * @returns a model of the data with the same tMin, which costs one evaluation of the other
 * @throws InvalidArgumentError, when evaluated, where there is no denoised sample to correct: for a model of the score that is asked
 * where σ = 0 (give it a tMin), and where α = 0. Else what evaluating the model throws.
 * @see Dhariwal and Nichol 2021, arXiv:2105.05233, whose implementation derives ε̂ from the clipped x̂_0.
 */
export function correctData<X = Tensor>(
  model: Predictor<Prediction, X>,
  correction: DataCorrection,
  { sde, space }: ConversionContext<X>,
): Predictor<'data', X> {
  const denoiser = convert(model, 'data', { sde, space })
  const tMin = model.tMin ?? 0
  const { alpha, sigma } = sde.schedule
  const checkTime = (t: number) => {
    if (model.predicts === 'score' && !(sigma(t) > 0)) {
      throw new InvalidArgumentError('t', t, 'a time with σ > 0 to make a denoised sample of a score (give the model a tMin, or end the grid before)')
    }
    if (alpha(t) === 0) throw new InvalidArgumentError('t', t, 'a time with α > 0, before which a denoised sample exists (begin the grid earlier)')
  }
  return {
    predicts: 'data',
    tMin,
    async evaluate(x, t) {
      for (let i = 0; i < t.length; i++) if (i === 0 || t[i] !== t[i - 1]) checkTime(Math.max(t[i], tMin))
      const data = await evaluate(space, denoiser, x, t)
      try {
        return await correction(data, space)
      } finally {
        space.release(data)
      }
    },
  }
}
