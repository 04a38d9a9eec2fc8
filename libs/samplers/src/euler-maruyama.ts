import type { Sampler } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { addNoise } from './add-noise'
import { oneStepSampler } from './define-sampler'
import { eulerUpdate } from './euler-update'

/**
 * Euler–Maruyama, x_s = x_t + drift(x_t, t) (s − t) + g(t) √|s − t| z, either direction of time: weak order 1, one
 * evaluation per step. The plain choice for forward simulation and for reverse SDEs with many steps.
 *
 * The reverse diffusion sampler of the paper with the discretisation f_i = f Δt, G_i = g √Δt is this method; with the
 * exact transition of each interval it is {@link reverseDiffusion}. On the probability flow it is {@link euler}.
 *
 * @see Song et al. 2021, arXiv:2011.13456, eq. 46.
 */
export function eulerMaruyama<X = Tensor>(): Sampler<X> {
  return oneStepSampler<X>({
    name: 'euler-maruyama',
    order: 1,
    evaluationsPerStep: 1,
    stochastic: true,
    async step(input) {
      const { t, s, dynamics, constrain } = input
      const mean = await eulerUpdate(input)
      const spread = dynamics.diffusion(t) * Math.sqrt(Math.abs(s - t))
      return spread === 0 ? { x: constrain(mean, s) } : addNoise({ ...input, mean, spread })
    },
  })
}
