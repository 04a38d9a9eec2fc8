import type { Tensor } from '@tensorflow/tfjs-core'
import { ShapeError } from './errors'
import { conversionCoefficients, type Prediction } from './prediction'
import type { Sde } from './sde'
import { coefficientAt, type Coefficient, type Times, type VectorSpace } from './vector-space'

/**
 * A model of one of the four predictions: a network, an exact model, or either with guidance.
 *
 * The tag `predicts` keeps the four apart: a noise network where a score is expected does not compile.
 */
export interface Predictor<P extends Prediction, X = Tensor> {
  /** What it predicts. */
  readonly predicts: P
  /**
   * The earliest time at which it is evaluated: below it, `tMin` is used in its place, in the conversions too. Networks
   * do not know earlier times; exact models leave it at 0.
   * @defaultValue 0
   */
  readonly tMin?: number
  /** The prediction at x, shape (batch, …), and times t, shape (batch,): a new state of x's shape, owned by the caller. */
  evaluate(x: X, t: Times): X | Promise<X>
}

/**
 * Evaluates a model at max(t, tMin) and checks the shape of what it returns.
 *
 * @param space - where the states live
 * @param model - any of the four
 * @param x - shape (batch, …), borrowed
 * @param t - one time per sample, shape (batch,)
 * @returns a new state of x's shape, owned by the caller
 * @throws {@link ShapeError} if the model returns another shape.
 */
export async function evaluate<X>(space: VectorSpace<X>, model: Predictor<Prediction, X>, x: X, t: Times): Promise<X> {
  const { tMin = 0 } = model
  const prediction = await model.evaluate(x, t.some((time) => time < tMin) ? t.map((time) => Math.max(time, tMin)) : t)
  const [expected, actual] = [space.shape(x), space.shape(prediction)]
  if (expected.length !== actual.length || expected.some((axis, i) => axis !== actual[i])) {
    space.release(prediction)
    throw new ShapeError(`what the ${model.predicts} model returns for a state (${expected.join(', ')})`, expected, actual)
  }
  return prediction
}

/** The factors of q = state · x + prediction · p over a batch: the form of {@link ConversionCoefficients} that `combine` takes. */
export interface ConversionFactors {
  /** The factor of x, one number where all times agree, else shape (batch,). */
  readonly state: Coefficient
  /** The factor of the prediction p, one number where all times agree, else shape (batch,). */
  readonly prediction: Coefficient
}

/**
 * The factors that turn what `model` predicts at times t into `to`: q = state · x + prediction · p, with t raised to the
 * model's tMin. For update rules that fold the conversion into a combination of their own.
 *
 * @param model - what it predicts, and the earliest time at which it does
 * @param to - what is wanted
 * @param sde - whose α and σ are meant
 * @param t - one time per sample, shape (batch,)
 * @returns host numbers; not finite where {@link conversionCoefficients} are not
 */
export function conversionAt(
  model: Pick<Predictor<Prediction>, 'predicts' | 'tMin'>,
  to: Prediction,
  sde: Sde,
  t: Times,
): ConversionFactors {
  const { predicts, tMin = 0 } = model
  const at = (time: number) => conversionCoefficients(predicts, to, sde.schedule, Math.max(time, tMin))
  return { state: coefficientAt(t, (time) => at(time).state), prediction: coefficientAt(t, (time) => at(time).prediction) }
}

/** What {@link convert} needs besides the model. */
export interface ConversionContext<X> {
  /** The SDE whose α and σ are meant. */
  readonly sde: Sde
  /** The states' space. */
  readonly space: VectorSpace<X>
}

/**
 * The same model, seen as a predictor of something else: q = c_x x + c_p p with c from {@link conversionCoefficients}.
 *
 * @param model - any of the four
 * @param to - what the result predicts
 * @param context - the SDE whose α and σ are meant, and the states' space
 * @returns the model itself if it predicts that already; else a model that evaluates it once and converts, and throws
 * what {@link evaluate} throws
 * @see Song et al. 2021, arXiv:2011.13456, eq. 7 ff. (score); Ho et al. 2020, arXiv:2006.11239, eq. 12 (noise, data).
 */
export function convert<P extends Prediction, X = Tensor>(
  model: Predictor<Prediction, X>,
  to: P,
  { sde, space }: ConversionContext<X>,
): Predictor<P, X> {
  if (predictsThat(model, to)) return model
  return {
    predicts: to,
    tMin: model.tMin ?? 0,
    async evaluate(x, t) {
      const prediction = await evaluate(space, model, x, t)
      const factors = conversionAt(model, to, sde, t)
      try {
        return space.combine([factors.state, factors.prediction], [x, prediction])
      } finally {
        space.release(prediction)
      }
    },
  }
}

const predictsThat = <P extends Prediction, X>(model: Predictor<Prediction, X>, to: P): model is Predictor<P, X> =>
  model.predicts === to
