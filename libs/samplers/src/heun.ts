import { timesOf, type Sampler } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { oneStepSampler } from './define-sampler'
import { hasScoreAt, requireProbabilityFlow } from './probability-flow-step'

/**
 * Heun's method on the probability flow, x_s = x_t + ½ (d_t + d_s) (s − t) with d_s the drift at Euler's guess of x_s,
 * either direction of time: order 2, two evaluations per step. Where σ(s) = 0 and the model is no score, its drift at s
 * does not exist and the step is Euler's.
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
      const first = await dynamics.drift(x, timesOf(space, x, t))
      const guess = space.combine([1, s - t], [x, first])
      if (!hasScoreAt(dynamics, s)) {
        space.release(first)
        return { x: constrain(guess, s) }
      }
      try {
        const second = await dynamics.drift(guess, timesOf(space, x, s))
        const next = space.combine([1, 0.5 * (s - t), 0.5 * (s - t)], [x, first, second])
        space.release(second)
        return { x: constrain(next, s) }
      } finally {
        space.release(first, guess)
      }
    },
  })
}
