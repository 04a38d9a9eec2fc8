import { coefficientAt, evaluate, InvalidArgumentError, ShapeError, type VectorSpace } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Guidance } from './guidance'
import { scaleFunction, type GuidanceScale } from './guidance-scale'
import type { LabelGradient } from './label-gradient'
import { selectWhere } from './select-where'

/** Settings of {@link classifier}. */
export interface ClassifierOptions<X = Tensor> {
  /** ∇_x ln p_t(y | x), such as `labelLogProbabilityGradient` makes of a network; its classifier knows the noise of the model's SDE. */
  readonly gradient: LabelGradient<X>
  /** γ: 0 unguided, 1 the law given the label, above 1 sharper than it; a number or a function of the time. */
  readonly scale: GuidanceScale
  /** Where the states live. */
  readonly space: VectorSpace<X>
}

/**
 * Classifier guidance, s(x, t) + γ ∇_x ln p_t(y | x), with the gradient at x_t. With γ = 1 and exact gradient and score this is the score
 * of p_t(x | y); with another γ it is not the score of p_0(x) p_0(y | x)^γ under the SDE, only a push in that direction.
 *
 * Where γ is 0 for the whole batch the gradient is not asked for, and a sample whose γ is 0 has the score itself, whatever the gradient there.
 *
 * @returns a guidance whose models throw InvalidArgumentError for a γ(t) that is negative or not finite, before any work, and for a
 * gradient that is the state itself; ShapeError for a gradient of another shape than the state, as of a classifier of other samples
 * @throws InvalidArgumentError for a number γ that is negative or not finite.
 * @see Song et al. 2021, arXiv:2011.13456, eq. 14 (γ = 1); Dhariwal and Nichol 2021, arXiv:2105.05233, section 4 (γ).
 */
export function classifier<X = Tensor>({ gradient, scale, space }: ClassifierOptions<X>): Guidance<X> {
  const scaleAt = scaleFunction(scale)
  return (model) => ({
    predicts: 'score',
    tMin: model.tMin ?? 0,
    async evaluate(x, t) {
      const gamma = coefficientAt(t, scaleAt)
      const score = await evaluate(space, model, x, t)
      if (typeof gamma === 'number' ? gamma === 0 : gamma.every((value) => value === 0)) return score
      try {
        const push: X | undefined = await gradient(x, t)
        if (push === undefined) throw new InvalidArgumentError('gradient', push, `a function that returns a new state of shape (${space.shape(x).join(', ')})`)
        if (push === x) throw new InvalidArgumentError('gradient', 'its own argument', 'a function that returns a new state, since both are freed (clone x)')
        try {
          const [expected, actual] = [space.shape(x), space.shape(push)]
          if (actual.join() !== expected.join()) throw new ShapeError('the gradient of ln p(label | x), which is that of the samples of its classifier,', expected, actual)
          return selectWhere({ space, coefficient: gamma, value: 0, from: score, state: space.combine([1, gamma], [score, push]) })
        } finally {
          space.release(push)
        }
      } finally {
        space.release(score)
      }
    },
  })
}
