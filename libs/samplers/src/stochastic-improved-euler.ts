import { ownedStates, timesOf, type Sampler } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { addNoise } from './add-noise'
import { oneStepSampler } from './define-sampler'
import { eulerUpdate } from './euler-update'
import { isNoisy } from './probability-flow-step'

/**
 * The stochastic improved Euler method, x_s = x_t + ½ (K_1 + K_2) with h = s − t, K_1 = h drift(x_t, t) + g(t) √|h| z and
 * K_2 = h drift(x_t + K_1, s) + g(s) √|h| z with the same z, either direction of time: weak order 2 for noise that does not depend on
 * the state, as here, two evaluations per step. Where σ = 0 at max(s, tMin), the drift at s need not exist and x_s = x_t + K_1, the
 * step of Euler–Maruyama.
 *
 * On the probability flow it is {@link heun}. With steps of its own choice it is {@link adaptiveSde}.
 *
 * @see Roberts 2012, arXiv:1210.0933, eq. 2 with S = 0, since the noise is additive; Jolicoeur-Martineau et al. 2021, arXiv:2105.14080,
 * algorithm 1.
 */
export function stochasticImprovedEuler<X = Tensor>(): Sampler<X> {
  return oneStepSampler<X>({
    name: 'stochastic-improved-euler',
    order: 2,
    evaluationsPerStep: 2,
    stochastic: true,
    async step(input) {
      const { x, t, s, dynamics, space, noise, constrain } = input
      const h = s - t
      const root = Math.sqrt(Math.abs(h))
      if (!isNoisy(dynamics, s)) {
        const mean = await eulerUpdate(input)
        const spread = dynamics.diffusion(t) * root
        return spread === 0 ? { x: constrain(mean, s) } : addNoise({ ...input, mean, spread })
      }
      const { own, release } = ownedStates(space)
      try {
        const drift = own(await dynamics.drift(x, timesOf(space, x, t)))
        const draw = own(noise(x))
        const guess = own(space.combine([1, h, dynamics.diffusion(t) * root], [x, drift, draw]))
        const driftAtEnd = own(await dynamics.drift(guess, timesOf(space, x, s)))
        const mean = space.combine([1, 0.5 * h, 0.5 * h], [x, drift, driftAtEnd])
        const spread = 0.5 * (dynamics.diffusion(t) + dynamics.diffusion(s)) * root
        if (spread === 0) return { x: constrain(mean, s) }
        try {
          return { x: constrain(space.combine([1, spread], [mean, draw]), s), mean }
        } catch (error) {
          space.release(mean)
          throw error
        }
      } finally {
        release()
      }
    },
  })
}
