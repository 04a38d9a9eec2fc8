import type { Sampler } from '@sbgm/sde-core'
import { oneStepSampler } from './define-sampler'
import type { ExponentialForm } from './exponential-integrator'
import { firstOrderStep, touchesData } from './first-order-step'
import { modelFor } from './model-for'
import { predictionAt } from './prediction-at'
import { singlestep } from './singlestep'

/** A sampler made of {@link singlestep}. */
interface SinglestepSampler {
  /** The sampler as its user writes it. */
  readonly call: string
  /** Its name. */
  readonly name: string
  /** Which prediction is expanded in λ. */
  readonly form: ExponentialForm
  /** Its order and the number of its evaluations per step. */
  readonly order: 2 | 3
}

/** A sampler whose every step is a {@link singlestep}, or of first order where it touches σ = 0. */
export const singlestepSampler = <X>({ call, name, form, order }: SinglestepSampler): Sampler<X> =>
  oneStepSampler<X>({
    name,
    order,
    evaluationsPerStep: order,
    stochastic: false,
    async step(input) {
      const { x, t, s, dynamics, space, constrain } = input
      const model = modelFor(call, dynamics, 'probability-flow')
      if (touchesData(dynamics.sde.schedule, t, s)) return { x: constrain(await firstOrderStep({ ...input, model }), s) }
      const first = await predictionAt(input, model, form, x, t)
      try {
        return { x: constrain(await singlestep({ input, model, form, order, first }), s) }
      } finally {
        space.release(first)
      }
    },
  })
