import { InvalidArgumentError } from '../errors'
import type { HostState } from '../host-state'
import type { LabelledPredictor } from '../labelled-predictor'
import { checkLabels, type Labels } from '../labels'
import type { Prediction } from '../prediction'
import type { Times } from '../times'
import { batchSize, type VectorSpace } from '../vector-space'
import type { DrawableModel } from './exact-model'
import { gaussianTarget, type GaussianTarget } from './gaussian'
import { mixtureTarget, type MixtureTargetOptions } from './mixture'

/** A mixture of Gaussians whose label is the component: class k has the law N(m_k, diag s_k²) and the probability w_k. */
export interface LabelledMixtureTarget extends DrawableModel {
  /** Number of classes K. */
  readonly classes: number
  /**
   * The law of one class, p_0(x | label).
   *
   * @throws {@link InvalidArgumentError} for a label that is no integer from 0 to classes − 1.
   */
  component(label: number): GaussianTarget
  /**
   * The exact prediction for p_t(x | label), for p_t(x) where the label is `classes`.
   *
   * @param predicts - which of the four
   * @param space - where the states live
   * @returns a model whose results belong to the caller; it throws {@link ShapeError} for a state of another shape or another
   * number of labels, and {@link InvalidArgumentError} for a label that is no integer from 0 to `classes`
   */
  labelledPredictor<P extends Prediction, X>(predicts: P, space: VectorSpace<X>): LabelledPredictor<P, X>
  /**
   * ∇_x ln p_t(label | x): what a perfect classifier of noisy samples would guide with, the difference of two scores.
   *
   * @param labels - one class for all samples, or one for each
   * @param space - where the states live
   * @returns a function of x, shape (batch, D), and times, shape (batch,), whose results belong to the caller; it throws
   * {@link ShapeError} for a batch of another size than a list of labels
   * @throws {@link InvalidArgumentError} for a label that is no integer from 0 to classes − 1.
   */
  labelGradient<X>(labels: number | ArrayLike<number>, space: VectorSpace<X>): (x: X, t: Times) => X
  /**
   * ln p_t(label | x), the logarithm of the responsibilities, in nats, in float64.
   *
   * @param x - shape (batch, D), borrowed
   * @param t - the time, the same for all samples
   * @returns a new state of shape (batch, classes)
   * @throws {@link ShapeError} for another shape.
   */
  logLabelProbabilities(x: HostState, t: number): HostState
}

/**
 * A labelled mixture of Gaussians in D dimensions under an SDE: the exact model on which guidance can be proven, since
 * p_t(label | x) = w_k N(x; α m_k, v_k)/p_t(x) is known with its gradient. States have shape (batch, D).
 *
 * @returns an exact model that holds no tensors
 * @throws {@link InvalidArgumentError} naming the parameter that does not fit.
 * @see Song et al. 2021, arXiv:2011.13456, eq. 14 (what the gradient is for).
 */
export function labelledMixtureTarget(options: MixtureTargetOptions): LabelledMixtureTarget {
  const mixture = mixtureTarget(options)
  const { sde, weights, means, stds } = options
  const components = means.map((mean, k) => gaussianTarget({ sde, mean, std: stds[k] }))
  const classes = components.length
  const checkClass = (label: number): void => {
    if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
      throw new InvalidArgumentError('label', label, `an integer from 0 to ${classes - 1}`)
    }
  }

  const labelledPredictor = <P extends Prediction, X>(predicts: P, space: VectorSpace<X>): LabelledPredictor<P, X> => {
    const models = [...components, mixture].map((model) => model.predictor(predicts, space).evaluate as (x: X, t: Times) => X)
    return {
      predicts,
      classes,
      evaluate(x, t, labels) {
        checkLabels(labels, { classes, batch: batchSize(space, x) })
        const [first, ...others] = new Set(labels)
        let result = models[first](x, t)
        for (const label of others) {
          const [own, before] = [models[label](x, t), result]
          result = space.select(Uint8Array.from(labels, (given) => (given === label ? 1 : 0)), own, before)
          space.release(own, before)
        }
        return result
      },
    }
  }

  return Object.freeze<LabelledMixtureTarget>({
    ...mixture,
    classes,
    component(label) {
      checkClass(label)
      return components[label]
    },
    labelledPredictor,
    labelGradient(labels, space) {
      const wanted = typeof labels === 'number' ? labels : Int32Array.from(labels)
      ;(typeof wanted === 'number' ? [wanted] : Array.from(labels as ArrayLike<number>)).forEach(checkClass)
      const score = labelledPredictor('score', space).evaluate as <X>(x: X, t: Times, labels: Labels) => X
      return (x, t) => {
        const own = score(x, t, typeof wanted === 'number' ? new Int32Array(batchSize(space, x)).fill(wanted) : wanted)
        const all = score(x, t, new Int32Array(batchSize(space, x)).fill(classes))
        const gradient = space.combine([1, -1], [own, all])
        space.release(own, all)
        return gradient
      }
    },
    logLabelProbabilities(x, t) {
      const all = mixture.logDensity(x, t)
      const data = new Float64Array(all.length * classes)
      components.forEach((component, k) => {
        component.logDensity(x, t).forEach((own, sample) => (data[sample * classes + k] = Math.log(weights[k]) + own - all[sample]))
      })
      return { data, shape: [all.length, classes] }
    },
  })
}
