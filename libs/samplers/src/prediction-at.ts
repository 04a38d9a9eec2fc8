import { convert, evaluate, timesOf, type Prediction, type Predictor, type StepInput } from '@sbgm/sde-core'
import type { ExponentialForm } from './exponential-integrator'

/** What the model says of the noise or the data at (x, t): one evaluation, a new state. */
export const predictionAt = <X>(
  { dynamics: { sde }, space }: Pick<StepInput<X>, 'dynamics' | 'space'>,
  model: Predictor<Prediction, X>,
  form: ExponentialForm,
  x: X,
  t: number,
): Promise<X> => evaluate(space, convert(model, form, { sde, space }), x, timesOf(space, x, t))
