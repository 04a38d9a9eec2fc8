import { InvalidArgumentError, memoryless, type Prediction, type Predictor, type Sampler, type SamplerState, type StepInput, type StepResult } from '@sbgm/sde-core'
import { firstOrderStep, touchesData } from './first-order-step'
import { modelFor } from './model-for'
import { predictionAt } from './prediction-at'

/** A denoised sample predicted at an earlier time. */
export interface PastData<X> {
  /** When. */
  readonly t: number
  /** x̂_0, borrowed. */
  readonly data: X
}

/** A step together with what a multistep method knows; everything is borrowed. */
export interface MultistepInput<X> extends StepInput<X> {
  /** The model of the dynamics. */
  readonly model: Predictor<Prediction, X>
  /** x̂_0 at (x, t). */
  readonly data: X
  /** The denoised samples of the steps before, the latest first; empty after a jump in time. */
  readonly past: readonly PastData<X>[]
}

/** A multistep sampler's declaration. */
interface MultistepSampler<X> extends Omit<Sampler<X>, 'init' | 'step'> {
  /** The sampler as its user writes it, for messages. */
  readonly call: string
  /** How many denoised samples of earlier steps it uses at most. */
  readonly memory: number
  /** The step between two times with σ \> 0; the driver owns what it returns. */
  readonly step: (input: MultistepInput<X>) => Promise<Omit<StepResult<X>, 'state'>>
}

/**
 * A sampler that remembers denoised samples. It keeps, as its state's numbers, the time at which its last step ended and the times of
 * the samples; where a step begins at another time than that, what is remembered belongs to another path and is dropped.
 *
 * A step from t to t gives x back, evaluates nothing and remembers the same; one that touches σ = 0, where λ is infinite, is of
 * first order and remembers nothing.
 */
export function multistepSampler<X>({ call, memory, step, ...declared }: MultistepSampler<X>): Sampler<X> {
  return Object.freeze<Sampler<X>>({
    ...declared,
    init: () => memoryless,
    async step(input) {
      const { x, t, s, dynamics, space, state, constrain } = input
      if (s === t) return { x: space.combine([1], [x]), state }
      const model = modelFor(call, dynamics, declared.stochastic ? 'reverse' : 'probability-flow')
      const { schedule } = dynamics.sde
      if (touchesData(schedule, t, s)) return { x: constrain(await firstOrderStep({ ...input, model }), s), state: memoryless }
      if (schedule.lambda(s) === schedule.lambda(t)) {
        throw new InvalidArgumentError('grid', [t, s], `of times at which λ = ln(α/σ) differs, for ${call}, which divides by their distance`)
      }
      const past = pastOf(state, t)
      const data = await predictionAt(input, model, 'data', x, t)
      try {
        const result = await step({ ...input, model, data, past })
        const kept = [{ t, data }, ...past].slice(0, memory)
        if (memory === 0) space.release(data)
        return { ...result, state: { states: kept.map((entry) => entry.data), numbers: [s, ...kept.map((entry) => entry.t)] } }
      } catch (error) {
        space.release(data)
        throw error
      }
    },
  })
}

/** What the state of the last step holds, if it ended at t. */
function pastOf<X>({ states, numbers: [end, ...times] }: SamplerState<X>, t: number): readonly PastData<X>[] {
  return end === t ? states.map((data, i) => ({ t: times[i], data })) : []
}
