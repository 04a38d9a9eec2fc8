import { conversionOf, evaluate, InvalidArgumentError, timesOf, type Sampler } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { addNoise } from './add-noise'
import { combinePrediction } from './combine-prediction'
import { oneStepSampler } from './define-sampler'

/** Settings of {@link ancestral}. */
export interface AncestralOptions {
  /**
   * Variance of the noise of a step from t to s, with a = α_t/α_s and σ_{t|s}² = σ_t² − a² σ_s²: `transition`, σ_{t|s}²,
   * which is β_i on a DDPM chain; `posterior`, σ_{t|s}² σ_s²/σ_t², that of q(x_s | x_t, x_0).
   *
   * @defaultValue 'transition'
   */
  readonly variance?: 'transition' | 'posterior'
}

/**
 * Ancestral sampling, x_s = (a σ_s²/σ_t²) x_t + (α_s σ_{t|s}²/σ_t²) x̂_0 + noise: the mean is that of q(x_s | x_t, x_0) with the
 * denoised sample x̂_0 in the place of x_0; with the posterior's variance the whole step is a draw from it. Weak order 1, one
 * evaluation per step, any linear SDE.
 *
 * On the grid i/T of a DDPM chain and with the transition's variance this is x_(i−1) = (x_i + β_i score)/√(1 − β_i) + √β_i z.
 * A step to a time with σ_s = 0 adds no noise: x_s = α_s x̂_0.
 *
 * @param options - which variance
 * @returns a sampler whose steps throw InvalidArgumentError on any dynamics but a reverse SDE
 * @throws InvalidArgumentError for a variance of another name.
 * @see Song et al. 2021, arXiv:2011.13456, eq. 4 (VP chain) and eq. 47 (VE); Ho et al. 2020, arXiv:2006.11239, eq. 7 and
 * section 3.2 (the two variances).
 */
export function ancestral<X = Tensor>({ variance = 'transition' }: AncestralOptions = {}): Sampler<X> {
  if (variance !== 'transition' && variance !== 'posterior') {
    throw new InvalidArgumentError('variance', variance, "'transition' or 'posterior'")
  }
  return oneStepSampler<X>({
    name: `ancestral(${variance})`,
    order: 1,
    evaluationsPerStep: 1,
    stochastic: true,
    async step({ x, t, s, dynamics, space, noise, constrain }) {
      const { model, sde, kind } = dynamics
      if (kind !== 'reverse' || model === undefined) {
        throw new InvalidArgumentError('dynamics.kind', kind, "'reverse' for ancestral()")
      }
      const { alpha, sigma, lambda } = sde.schedule
      const onState = (alpha(t) / alpha(s)) * (sigma(s) / sigma(t)) ** 2
      const gain = -Math.expm1(2 * (lambda(t) - lambda(s))) // σ_{t|s}²/σ_t², without cancellation
      const prediction = await evaluate(space, model, x, timesOf(space, x, t))
      const data = conversionOf(model, 'data', sde)(t)
      const onData = alpha(s) * gain
      const mean = combinePrediction(space, [onState + onData * data.state, onData * data.prediction], x, prediction)
      const spread = sigma(s) === 0 ? 0 : Math.sqrt(gain) * (variance === 'posterior' ? sigma(s) : sigma(t))
      return spread === 0 ? { x: constrain(mean, s) } : addNoise({ mean, spread, s, space, noise, constrain })
    },
  })
}
