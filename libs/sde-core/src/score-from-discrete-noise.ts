import type { Tensor } from '@tensorflow/tfjs-core'
import { InvalidArgumentError } from './errors'
import { evaluate, type Predictor } from './predictor'
import { coefficientAt, type VectorSpace } from './vector-space'

/**
 * The score of a model that was trained by the DDPM loss on a chain of T steps: s(x, t) = −ε_θ(x, t)/√(1 − ᾱ_i) with
 * i = T t, the chain's step at time t.
 *
 * Between the chain's times the next later step is taken, i = ⌈T t⌉, and i = 1 below the first; the model is asked at i/T
 * all the same, since it knows no other times. A model with a tMin counts earlier times as tMin. At the chain's own times this is what `convert(model, 'score', …)` gives with
 * `discreteDdpm().sde`; that one interpolates between them.
 *
 * @param model - predicts the noise, at times t = i/T in (0, 1]; borrowed
 * @param sqrtOneMinusAlphaBars - √(1 − ᾱ_i) at index i − 1, shape (T,), as `discreteDdpm()` has it
 * @param space - where the states live
 * @returns a model of the score, which holds no state
 * @throws {@link InvalidArgumentError} unless every √(1 − ᾱ_i) lies in (0, 1] and none is smaller than the one before it. Its
 * `evaluate` throws what {@link evaluate} throws, and InvalidArgumentError for a time outside [0, 1].
 * @see Song et al. 2021, arXiv:2011.13456, section 3.3 and eq. 4; Ho et al. 2020, arXiv:2006.11239, eq. 12 ff.
 */
export function scoreFromDiscreteNoise<X = Tensor>(
  model: Predictor<'noise', X>,
  sqrtOneMinusAlphaBars: Float64Array,
  space: VectorSpace<X>,
): Predictor<'score', X> {
  const steps = sqrtOneMinusAlphaBars.length
  const rises = sqrtOneMinusAlphaBars.every((level, i) => level > 0 && level <= 1 && !(level < sqrtOneMinusAlphaBars[i - 1]))
  if (steps === 0 || !rises) {
    throw new InvalidArgumentError('sqrtOneMinusAlphaBars', sqrtOneMinusAlphaBars, 'numbers in (0, 1] that never fall, one per step')
  }
  const stepAt = (t: number): number => {
    if (!(t >= 0 && t <= 1)) throw new InvalidArgumentError('t', t, 'in [0, 1], the times of the chain')
    return Math.max(1, Math.ceil(Math.max(t, model.tMin ?? 0) * steps - 1e-9)) // 1e-9: T · (i/T) may miss i by a rounding error
  }
  return Object.freeze<Predictor<'score', X>>({
    predicts: 'score',
    async evaluate(x, t) {
      const onNoise = coefficientAt(t, (time) => -1 / sqrtOneMinusAlphaBars[stepAt(time) - 1])
      const noise = await evaluate(space, model, x, t.map((time) => stepAt(time) / steps))
      try {
        return space.combine([onNoise], [noise])
      } finally {
        space.release(noise)
      }
    },
  })
}
