import { conversionAt, evaluate, InvalidArgumentError, timesOf, type Sampler } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { addNoise } from './add-noise'
import { oneStepSampler } from './define-sampler'

/**
 * The reverse diffusion sampler with the exact transition of each interval: the forward step from s to t is
 * x_t = a x_s + G z with a = α_t/α_s and G² = σ_t² − a² σ_s², and the same form run backwards is
 * x_s = (2 − a) x_t + G² score(x_t, t) + G z. Weak order 1, one evaluation per step, any linear SDE.
 *
 * For the VP SDE this is x_s = (2 − √(1 − β_i)) x_t + β_i score + √β_i z with β_i = 1 − α_t²/α_s².
 *
 * @returns a sampler whose steps throw InvalidArgumentError on any dynamics but a reverse SDE
 * @see Song et al. 2021, arXiv:2011.13456, eq. 46 and appendix E.
 */
export function reverseDiffusion<X = Tensor>(): Sampler<X> {
  return oneStepSampler<X>({
    name: 'reverse-diffusion',
    order: 1,
    evaluationsPerStep: 1,
    stochastic: true,
    async step({ x, t, s, dynamics, space, noise, constrain }) {
      const { model, sde, kind } = dynamics
      if (kind !== 'reverse' || model === undefined) {
        throw new InvalidArgumentError('dynamics.kind', kind, "'reverse' for reverseDiffusion()")
      }
      const { alpha, sigma, lambda } = sde.schedule
      const variance = -(sigma(t) ** 2) * Math.expm1(2 * (lambda(t) - lambda(s))) // σ_t² − a² σ_s² without cancellation
      const times = timesOf(space, x, t)
      const prediction = await evaluate(space, model, x, times)
      const score = conversionAt(model, 'score', sde, times.subarray(0, 1))
      const [state, gain] = [score.state, score.prediction] as [number, number]
      const mean = space.combine([2 - alpha(t) / alpha(s) + variance * state, variance * gain], [x, prediction])
      space.release(prediction)
      return addNoise({ mean, spread: Math.sqrt(variance), s, space, noise, constrain })
    },
  })
}
