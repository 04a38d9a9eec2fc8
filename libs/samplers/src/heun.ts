import { timesOf, type Sampler } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { oneStepSampler } from './define-sampler'
import { isNoisy, requireProbabilityFlow } from './probability-flow-step'

/**
 * Heun's method on the probability flow, x_s = x_t + ½ (d_t + d_s) (s − t) with d_s the drift at Euler's guess of x_s,
 * either direction of time: order 2, two evaluations per step. Where σ = 0 at max(s, tMin), the drift at s need not exist
 * and the step is Euler's.
 *
 * @returns a sampler whose steps throw InvalidArgumentError on any dynamics but a probability flow
 * @see Karras et al. 2022, arXiv:2206.00364, algorithm 1 (there in its own time variable).
 */
export function heun<X = Tensor>(): Sampler<X> {
  return oneStepSampler<X>({
    name: 'heun',
    order: 2,
    evaluationsPerStep: 2,
    stochastic: false,
    async step({ x, t, s, dynamics, space, constrain }) {
      requireProbabilityFlow('heun()', dynamics)
      const made: X[] = [await dynamics.drift(x, timesOf(space, x, t))]
      try {
        const guess = space.combine([1, s - t], [x, made[0]])
        if (!isNoisy(dynamics, s)) return { x: constrain(guess, s) }
        made.push(guess)
        made.push(await dynamics.drift(guess, timesOf(space, x, s)))
        return { x: constrain(space.combine([1, 0.5 * (s - t), 0.5 * (s - t)], [x, made[0], made[2]]), s) }
      } finally {
        space.release(...made)
      }
    },
  })
}
