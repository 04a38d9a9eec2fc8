import type { Tensor } from '@tensorflow/tfjs-core'
import { InvalidArgumentError, ShapeError } from './errors'
import { conversionCoefficients, predictions, type ConversionCoefficients, type Prediction } from './prediction'
import type { Sde } from './sde'
import { coefficientAt, type Coefficient, type VectorSpace } from './vector-space'
import { checkTimes, type Times } from './times'

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
 * @throws {@link ShapeError} if the model returns another shape, or t has another length than the batch;
 * {@link InvalidArgumentError} for a time that is no finite number of at least 0, and a model that returns nothing or x itself.
 */
export async function evaluate<X>(space: VectorSpace<X>, model: Predictor<Prediction, X>, x: X, t: Times): Promise<X> {
  const expected = space.shape(x)
  checkTimes(t, expected[0])
  const prediction: X | undefined = await model.evaluate(x, raised(t, model.tMin ?? 0))
  if (prediction === undefined || prediction === null) {
    throw new InvalidArgumentError('model.evaluate', prediction, `a function that returns a new state of shape (${expected.join(', ')})`)
  }
  if (prediction === x) {
    throw new InvalidArgumentError('model.evaluate', 'its own argument', 'a function that returns a new state, since both are freed (clone x)')
  }
  return checkPrediction(space, model.predicts, x, prediction)
}

/** Checks that a prediction has x's shape, and returns it; frees it and throws a {@link ShapeError} if it has another. */
export function checkPrediction<X>(space: VectorSpace<X>, predicts: Prediction, x: X, prediction: X): X {
  const [expected, actual] = [space.shape(x), space.shape(prediction)]
  if (expected.length !== actual.length || expected.some((axis, i) => axis !== actual[i])) {
    space.release(prediction)
    throw new ShapeError(`what the ${predicts} model returns for a state (${expected.join(', ')})`, expected, actual)
  }
  return prediction
}

/** The times, none below tMin; the same array where none is. */
export function raised(t: Times, tMin: number): Times {
  for (let i = 0; i < t.length; i++) if (t[i] < tMin) return t.map((time) => Math.max(time, tMin))
  return t
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
  const at = conversionOf(model, to, sde)
  return { state: coefficientAt(t, (time) => at(time).state), prediction: coefficientAt(t, (time) => at(time).prediction) }
}

/**
 * {@link conversionAt} as a function of time.
 *
 * @throws {@link InvalidArgumentError} if the model's tag is none of the four.
 */
export function conversionOf(
  { predicts, tMin = 0 }: Pick<Predictor<Prediction>, 'predicts' | 'tMin'>,
  to: Prediction,
  { schedule }: Sde,
): (t: number) => ConversionCoefficients {
  if (!predictions.includes(predicts)) {
    throw new InvalidArgumentError('model.predicts', predicts, predictions.map((name) => `'${name}'`).join(' or '))
  }
  return (t) => conversionCoefficients(predicts, to, schedule, Math.max(t, tMin))
}
