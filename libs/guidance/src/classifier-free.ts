import { coefficientAt, evaluate, ownedStates, type LabelledPredictor, type Labels, type Prediction, type Predictor, type Times, type VectorSpace } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { scaleFunction, type GuidanceScale } from './guidance-scale'
import { labelList } from './label-gradient'
import { selectWhere } from './select-where'

/** Settings of {@link classifierFree}. */
export interface ClassifierFreeOptions<X = Tensor> {
  /** The class to sample: one for all samples, or one for each, copied; integers from 0 to the model's classes − 1. */
  readonly label: number | ArrayLike<number>
  /** w: 0 unguided, 1 conditional, above 1 away from what the unguided model says; a number or a function of the time. */
  readonly scale: GuidanceScale
  /** Where the states live. */
  readonly space: VectorSpace<X>
}

/**
 * Classifier-free guidance, p(x, t) + w (p(x, t, y) − p(x, t)) with p the model's prediction without and with the label: a model of what the
 * labelled one predicts, score, noise, data or v alike, since all four depend on one another affinely at a given x and t.
 *
 * The scale counts from the unguided model, as that of {@link classifier} does: w = 0 is unguided, w = 1 the conditional model. (The paper's
 * w counts from the conditional one: its w is ours − 1.) One evaluation on a doubled batch; where w is 0, or 1, for the whole batch, one on
 * the batch as it is.
 *
 * @param model - told a class with every sample; trained with {@link dropLabels}, so that it knows "no label" too
 * @param options - which class, and how much
 * @returns a model with the tMin of the labelled one; its `evaluate` throws InvalidArgumentError for a w(t) that is negative or not finite,
 * before any work, and ShapeError for a batch of another size than a list of labels, or a prediction of another shape than the state
 * @throws InvalidArgumentError for a label that is no class of the model, and a number w that is negative or not finite.
 * @see Ho and Salimans 2022, arXiv:2207.12598, eq. 6.
 * @example
 * ```ts
 * import { classifierFree } from '@sbgm/guidance'
 * import { hostSpace, hostState, labelledMixtureTarget, vpSde } from '@sbgm/sde-core'
 *
 * const target = labelledMixtureTarget({ sde: vpSde(), weights: [0.5, 0.5], means: [[-1], [1]], stds: [[0.5], [0.5]] })
 * const model = classifierFree(target.labelledPredictor('score', hostSpace), { label: 1, scale: 1, space: hostSpace })
 * const score = await model.evaluate(hostState([1]), Float64Array.of(0))
 * console.log(score.data[0].toFixed(3)) // 0.000
 * ```
 */
export function classifierFree<P extends Prediction, X = Tensor>(
  model: LabelledPredictor<P, X>,
  { label, scale, space }: ClassifierFreeOptions<X>,
): Predictor<P, X> {
  const scaleAt = scaleFunction(scale)
  const { classes, predicts } = model
  const tMin = model.tMin ?? 0
  const labelsOf = labelList(label, classes)
  /** The labelled model's prediction, checked. */
  const ask = (x: X, t: Times, labels: Labels): Promise<X> =>
    evaluate(space, { predicts, tMin, evaluate: (y, times) => model.evaluate(y, times, labels) }, x, t)

  return {
    predicts,
    tMin,
    async evaluate(x, t) {
      const weight = coefficientAt(t, scaleAt)
      const batch = t.length
      const labels = labelsOf(batch)
      const none = new Int32Array(batch).fill(classes)
      const everywhere = (value: number) => (typeof weight === 'number' ? weight === value : weight.every((w) => w === value))
      if (everywhere(0)) return ask(x, t, none)
      if (everywhere(1)) return ask(x, t, labels)

      const { own, release } = ownedStates(space)
      try {
        const both = own(await ask(own(space.concat([x, x])), joined(t, t, Float64Array), joined(labels, none, Int32Array)))
        const [given, all] = [0, batch].map((from) => own(space.slice(both, from, batch)))
        const mixed = space.combine([weight, coefficientAt(t, (time) => 1 - scaleAt(time))], [given, all])
        const known = selectWhere({ space, coefficient: weight, value: 0, from: all, state: mixed })
        return selectWhere({ space, coefficient: weight, value: 1, from: given, state: known })
      } finally {
        release()
      }
    },
  }
}

/** One array after the other. */
function joined<A extends Float64Array | Int32Array>(first: A, second: A, ArrayType: new (length: number) => A): A {
  const both = new ArrayType(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}
