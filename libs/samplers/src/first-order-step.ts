import { conversionOf, evaluate, timesOf, type NoiseSchedule, type Prediction, type Predictor, type StepInput } from '@sbgm/sde-core'
import { combinePrediction } from './combine-prediction'

/** What {@link firstOrderStep} needs of a step. */
interface FirstOrderStep<X> extends Pick<StepInput<X>, 'x' | 't' | 's' | 'dynamics' | 'space'> {
  /** The model of the dynamics. */
  readonly model: Predictor<Prediction, X>
  /** The factor of the predicted noise. @defaultValue σ_s: no noise is added afterwards */
  readonly onNoise?: number
}

/**
 * α_s x̂_0 + onNoise ε̂ with both predictions from one evaluation at (x, t), folded into one combination: DDIM's update, which is
 * also the first order of every exponential integrator. It asks for no division by σ at s, and where the model predicts the noise
 * or has a tMin, for none at t: α_s x̂_0 where σ_s = 0.
 *
 * @returns a new state, not constrained
 */
export async function firstOrderStep<X>({ x, t, s, dynamics: { sde }, space, model, onNoise = sde.schedule.sigma(s) }: FirstOrderStep<X>): Promise<X> {
  const prediction = await evaluate(space, model, x, timesOf(space, x, t))
  const alpha = sde.schedule.alpha(s)
  const data = conversionOf(model, 'data', sde)(t)
  const noise = conversionOf(model, 'noise', sde)(t)
  return combinePrediction(space, [alpha * data.state + onNoise * noise.state, alpha * data.prediction + onNoise * noise.prediction], x, prediction)
}

/** Whether σ is 0 at an end of the step, where λ is infinite and only the {@link firstOrderStep} exists. */
export const touchesData = ({ sigma }: NoiseSchedule, t: number, s: number): boolean => sigma(t) === 0 || sigma(s) === 0
