import { conversionOf, evaluate, InvalidArgumentError, timesOf, type Sampler } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { addNoise } from './add-noise'
import { combinePrediction } from './combine-prediction'
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
      const { schedule } = sde
      const variance = -(schedule.sigma(t) ** 2) * Math.expm1(2 * (schedule.lambda(t) - schedule.lambda(s))) // σ_t² − a² σ_s² without cancellation
      const prediction = await evaluate(space, model, x, timesOf(space, x, t))
      const score = conversionOf(model, 'score', sde)(t)
      const mean = combinePrediction(space, [2 - schedule.alpha(t) / schedule.alpha(s) + variance * score.state, variance * score.prediction], x, prediction)
      return addNoise({ mean, spread: Math.sqrt(variance), s, space, noise, constrain })
    },
  })
}
