import { InvalidArgumentError, type Sampler } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { addNoise } from './add-noise'
import { checkLowerOrderFinal, stepOrder, type MultistepOptions } from './final-order'
import { multistepSampler } from './multistep-sampler'

/** Settings of {@link sdeDpmSolverPlusPlus}. */
export interface SdeDpmSolverPlusPlusOptions extends MultistepOptions {
  /** Weak order: 1, without memory, which is `ddim({ eta: 1 })`; 2, the multistep method. @defaultValue 2 */
  readonly order?: 1 | 2
  /**
   * How order 2 weighs the slope of x̂_0 in λ: `midpoint`, by half the weight of x̂_0 itself; `heun`, by the exact integral of a line.
   *
   * @defaultValue 'midpoint'
   */
  readonly variant?: 'midpoint' | 'heun'
}

/**
 * SDE-DPM-Solver++, the reverse SDE with the denoised sample held or extrapolated in λ and the noise exact:
 * x_s = (σ_s/σ_t) e^(−h) x_t + α_s (1 − e^(−2h)) x̂_0 + slope term + σ_s √(1 − e^(−2h)) z, h = λ_s − λ_t. Weak order 1 or 2, one evaluation
 * per step, any linear SDE: fewer steps than Euler–Maruyama, and errors made on the way are forgotten, as with all noise.
 *
 * The slope term of order 2 is ½ α_s (1 − e^(−2h)) D or α_s (1 − (1 − e^(−2h))/(2h)) D, D = (x̂_0(t) − x̂_0(before)) h/h(before). A step to
 * σ_s = 0 gives α_s x̂_0 and adds no noise.
 *
 * @param options - order, weight of the slope, and what becomes of the last step
 * @returns a sampler whose steps throw InvalidArgumentError on any dynamics but a reverse SDE
 * @throws InvalidArgumentError for an order other than 1 or 2 and for a variant or `lowerOrderFinal` of another name.
 * @see Lu et al. 2022, arXiv:2211.01095, section 4.4 (SDE-DPM-Solver++).
 */
export function sdeDpmSolverPlusPlus<X = Tensor>({
  order = 2,
  variant = 'midpoint',
  lowerOrderFinal = 'few-steps',
}: SdeDpmSolverPlusPlusOptions = {}): Sampler<X> {
  if (order !== 1 && order !== 2) throw new InvalidArgumentError('order', order, '1 or 2')
  if (variant !== 'midpoint' && variant !== 'heun') throw new InvalidArgumentError('variant', variant, "'midpoint' or 'heun'")
  checkLowerOrderFinal(lowerOrderFinal)
  return multistepSampler<X>({
    call: 'sdeDpmSolverPlusPlus()',
    name: order === 1 ? 'sde-dpm-solver++(1)' : `sde-dpm-solver++(2m, ${variant})`,
    settings: { lowerOrderFinal },
    order,
    evaluationsPerStep: 1,
    stochastic: true,
    memory: order - 1,
    async step(input) {
      const { x, t, s, data, past, dynamics, space, position } = input
      const { alpha, sigma, lambda } = dynamics.sde.schedule
      const h = lambda(s) - lambda(t)
      const share = -Math.expm1(-2 * h) // 1 − e^(−2h): of the variance at s, what is new noise
      const known = past.slice(0, stepOrder(order, 1 + past.length, lowerOrderFinal, position) - 1)
      const perStep = known.map((entry) => h / (lambda(t) - lambda(entry.t)))
      const slope = alpha(s) * (variant === 'midpoint' ? share / 2 : 1 - share / (2 * h))
      const onData = alpha(s) * share + perStep.reduce((sum, ratio) => sum + slope * ratio, 0)
      const mean = space.combine(
        [(sigma(s) / sigma(t)) * Math.exp(-h), onData, ...perStep.map((ratio) => -slope * ratio)],
        [x, data, ...known.map((entry) => entry.data)],
      )
      return addNoise({ ...input, mean, spread: sigma(s) * Math.sqrt(share) })
    },
  })
}
