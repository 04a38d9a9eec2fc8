import { memoryless, type Sampler, type StepInput, type StepResult } from '@sbgm/sde-core'

/** A one-step sampler's declaration. */
interface OneStepSampler<X> extends Omit<Sampler<X>, 'init' | 'step'> {
  /** The step, for s ≠ t; the driver owns what it returns. */
  readonly step: (input: StepInput<X>) => Promise<Omit<StepResult<X>, 'state'>>
}

/** A sampler without memory; a step from t to t gives x back and evaluates nothing. */
export function oneStepSampler<X>({ step, ...declared }: OneStepSampler<X>): Sampler<X> {
  return Object.freeze<Sampler<X>>({
    ...declared,
    init: () => memoryless,
    async step(input) {
      if (input.s === input.t) return { x: input.space.combine([1], [input.x]), state: memoryless }
      return { ...(await step(input)), state: memoryless }
    },
  })
}
