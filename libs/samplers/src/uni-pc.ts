import { InvalidArgumentError, type Sampler, type StepPosition } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { exponentialStep, exponentialWeights } from './exponential-integrator'
import { extrapolatedData, multistepWeights } from './extrapolated-data'
import { checkLowerOrderFinal, stepOrder, wholeOrder, type MultistepOptions } from './final-order'
import { multistepSampler, type MultistepInput } from './multistep-sampler'

/** Settings of {@link uniPc}. */
export interface UniPcOptions extends MultistepOptions {
  /** p, the order of the predictor; the corrector adds one. @defaultValue 2 */
  readonly order?: 1 | 2 | 3
  /** Whether states are corrected by UniC once the model was asked there, at no evaluation more; `none` leaves UniP. @defaultValue 'unic' */
  readonly corrector?: 'unic' | 'none'
}

/**
 * UniPC-p in the data form with B(h) = e^h − 1 (`bh2`): a multistep predictor, and a corrector that uses the evaluation which the next
 * step makes anyway. Order p + 1 for p = 1 and 2, at least 3 for p = 3 (its first steps are of lower order), one evaluation per step,
 * either direction of time.
 *
 * A step from t to s asks the model at the predicted state at t, corrects that state, and predicts at s. So what a run shows is
 * predicted, the last state included, and the denoised samples that are remembered are those at predicted states. Without corrector,
 * order 2 is {@link dpmSolverPlusPlus2M}. A step that touches σ = 0 is that of `ddim()`: α_s x̂_0 where σ_s = 0.
 *
 * @param options - order, corrector, and what becomes of the last step
 * @returns a sampler whose steps throw InvalidArgumentError on any dynamics but a probability flow
 * @throws InvalidArgumentError for an order other than 1, 2 or 3 and for a corrector or `lowerOrderFinal` of another name.
 * @see Zhao et al. 2023, arXiv:2302.04867, algorithms 1 and 2 and theorem 3.1.
 */
export function uniPc<X = Tensor>({ order = 2, corrector = 'unic', lowerOrderFinal = 'few-steps' }: UniPcOptions = {}): Sampler<X> {
  if (![1, 2, 3].includes(order)) throw new InvalidArgumentError('order', order, '1, 2 or 3')
  if (corrector !== 'unic' && corrector !== 'none') throw new InvalidArgumentError('corrector', corrector, "'unic' or 'none'")
  checkLowerOrderFinal(lowerOrderFinal)
  const orderAt = (known: number, position?: StepPosition) => stepOrder(order, known, lowerOrderFinal, position)
  const method = corrector === 'unic' ? 'uni-pc' : 'uni-p'
  return multistepSampler<X>({
    call: 'uniPc()',
    name: `${method}(${order})`,
    settings: { lowerOrderFinal },
    order: wholeOrder(corrector === 'unic' ? Math.min(order + 1, 3) : order, lowerOrderFinal),
    evaluationsPerStep: 1,
    stochastic: false,
    memory: corrector === 'unic' ? order : order - 1,
    async step(input) {
      const { x, s, t, past, space, position, constrain } = input
      const predicted = (from: X) => constrain(extrapolatedData({ ...input, x: from }, orderAt(1 + past.length, position)), s)
      if (corrector === 'none' || past.length === 0) return { x: predicted(x) }
      const before = position && { ...position, index: position.index - 1 }
      const corrected = constrain(correct(input, orderAt(past.length, before)), t)
      try {
        return { x: predicted(corrected) }
      } finally {
        space.release(corrected)
      }
    },
  })
}

/**
 * UniC: the predicted state at t, corrected now that the denoised sample there is known. Both are combinations of the same state
 * before with other weights of the denoised samples, so that only the differences of these are added.
 */
function correct<X>({ x, t, data, past, dynamics, space }: MultistepInput<X>, order: number): X {
  const { schedule } = dynamics.sde
  const used = past.slice(0, order)
  const from = used[0].t
  const { h, z, gain } = exponentialStep(schedule, 'data', from, t)
  const nodes = used.map((entry) => (schedule.lambda(entry.t) - schedule.lambda(from)) / h)
  const predictor = multistepWeights(z, nodes)
  const [onNew, ...corrector] = order === 1 ? [Math.expm1(z) / 2, Math.expm1(z) / 2] : exponentialWeights(z, [1, ...nodes])
  return space.combine([1, gain * onNew, ...corrector.map((weight, i) => gain * (weight - predictor[i]))], [x, data, ...used.map((entry) => entry.data)])
}
