import { InvalidArgumentError, type Sampler } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { addNoise } from './add-noise'
import { oneStepSampler } from './define-sampler'
import { firstOrderStep } from './first-order-step'
import { modelFor } from './model-for'

/** Settings of {@link ddim}. */
export interface DdimOptions {
  /**
   * η, the share of noise, from 0 to 1: it scales the standard deviation of q(x_s | x_t, x_0). 0 adds none and takes the probability
   * flow, in either direction of time; more takes the reverse SDE, and 1 is `ancestral({ variance: 'posterior' })`.
   *
   * @defaultValue 0
   */
  readonly eta?: number
}

/**
 * DDIM, x_s = α_s x̂_0 + √(σ_s² − σ̃²) ε̂ + σ̃ z with σ̃ = η σ_s √(1 − (α_t σ_s/(α_s σ_t))²): order 1, one evaluation per step, any
 * linear SDE. With η = 0 it is exact wherever the denoised sample does not change, so it takes few steps where `euler` takes many.
 *
 * Upwards in time with η = 0 it is DDIM inversion: data become the noise that leads back to them, at first order too. It may begin at
 * σ = 0 if the model predicts the noise or has a tMin. A step to σ = 0 gives α_s x̂_0.
 *
 * @param options - η
 * @returns a sampler whose steps throw InvalidArgumentError on dynamics other than the probability flow (η = 0) or a reverse SDE (η \> 0)
 * @throws InvalidArgumentError for an η outside [0, 1].
 * @see Song, Meng and Ermon 2020, arXiv:2010.02502, eq. 12 and 16; here for any α and σ.
 */
export function ddim<X = Tensor>({ eta = 0 }: DdimOptions = {}): Sampler<X> {
  if (!(eta >= 0 && eta <= 1)) throw new InvalidArgumentError('eta', eta, 'between 0 (no noise) and 1 (that of ancestral sampling)')
  const stochastic = eta > 0
  return oneStepSampler<X>({
    name: `ddim(${eta})`,
    order: 1,
    evaluationsPerStep: 1,
    stochastic,
    async step(input) {
      const { s, t, dynamics, constrain } = input
      const model = modelFor(`ddim({ eta: ${eta} })`, dynamics, stochastic ? 'reverse' : 'probability-flow')
      if (!stochastic) return { x: constrain(await firstOrderStep({ ...input, model }), s) }
      const { sigma, lambda } = dynamics.sde.schedule
      const remaining = Math.exp(2 * (lambda(t) - lambda(s))) // (α_t σ_s/(α_s σ_t))²
      // σ_s² − σ̃² = σ_s² (1 − η² + η² remaining), without cancellation at η = 1
      const onNoise = sigma(s) * Math.sqrt((1 - eta) * (1 + eta) + eta ** 2 * remaining)
      const mean = await firstOrderStep({ ...input, model, onNoise })
      const spread = eta * sigma(s) * Math.sqrt(-Math.expm1(2 * (lambda(t) - lambda(s))))
      return spread === 0 ? { x: constrain(mean, s) } : addNoise({ ...input, mean, spread })
    },
  })
}
