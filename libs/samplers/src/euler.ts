import type { Sampler } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { oneStepSampler } from './define-sampler'
import { eulerUpdate } from './euler-update'
import { requireProbabilityFlow } from './probability-flow-step'

/**
 * Euler's method on the probability flow, x_s = x_t + drift(x_t, t) (s − t), either direction of time: order 1, one
 * evaluation per step.
 *
 * @returns a sampler whose steps throw InvalidArgumentError on any dynamics but a probability flow
 * @see Song et al. 2021, arXiv:2011.13456, eq. 13.
 */
export function euler<X = Tensor>(): Sampler<X> {
  return oneStepSampler<X>({
    name: 'euler',
    order: 1,
    evaluationsPerStep: 1,
    stochastic: false,
    async step(input) {
      requireProbabilityFlow('euler()', input.dynamics)
      return { x: input.constrain(await eulerUpdate(input), input.s) }
    },
  })
}
