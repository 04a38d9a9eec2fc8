import { ownedStates, type Prediction, type Predictor, type StepInput } from '@sbgm/sde-core'
import { exponentialStep, phi, type ExponentialForm } from './exponential-integrator'
import { predictionAt } from './prediction-at'

/** What {@link singlestep} needs of a step. */
interface Singlestep<X> {
  /** The step; σ \> 0 at both ends. */
  readonly input: Pick<StepInput<X>, 'x' | 't' | 's' | 'dynamics' | 'space'>
  /** The model of its dynamics. */
  readonly model: Predictor<Prediction, X>
  /** Which prediction is expanded in λ. */
  readonly form: ExponentialForm
  /** 2: one more evaluation, at r = ½; 3: two more, at r = ⅓ and ⅔. */
  readonly order: 2 | 3
  /** That prediction at (x, t); borrowed. */
  readonly first: X
}

/**
 * A step of order 2 or 3 without memory, which evaluates the model between t and s as well, at λ_t + r (λ_s − λ_t).
 *
 * @returns a new state, not constrained
 * @see Lu et al. 2022, arXiv:2206.00927, algorithms 1 and 2 (noise); arXiv:2211.01095, algorithm 1 (data).
 */
export async function singlestep<X>({ input, model, form, order, first }: Singlestep<X>): Promise<X> {
  const { x, t, s, dynamics, space } = input
  const { schedule } = dynamics.sde
  const { h, z, carry, gain } = exponentialStep(schedule, form, t, s)
  const { own, release } = ownedStates(space)
  /** The prediction at r, at the state that `slope` · (last − first) with the last of the predictions leads to. */
  const stage = async (r: number, last: X, slope: number): Promise<X> => {
    const u = schedule.timeAtLambda(schedule.lambda(t) + r * h)
    const step = exponentialStep(schedule, form, t, u)
    const bend = slope * step.gain * step.z * phi(2, step.z)
    const between = own(space.combine([step.carry, step.gain * Math.expm1(step.z) - bend, bend], [x, first, last]))
    return own(await predictionAt(input, model, form, between, u))
  }
  try {
    if (order === 2) {
      const middle = await stage(1 / 2, first, 0)
      return space.combine([carry, gain * Math.expm1(z)], [x, middle])
    }
    const third = await stage(1 / 3, first, 0)
    const twoThirds = await stage(2 / 3, third, 2)
    const bend = (gain * z * phi(2, z)) / (2 / 3)
    return space.combine([carry, gain * Math.expm1(z) - bend, bend], [x, first, twoThirds])
  } finally {
    release()
  }
}
