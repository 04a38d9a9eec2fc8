import { InvalidArgumentError, type Sampler } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { extrapolatedData } from './extrapolated-data'
import { checkLowerOrderFinal, stepOrder, wholeOrder, type MultistepOptions } from './final-order'
import { multistepSampler } from './multistep-sampler'
import { singlestep } from './singlestep'

/**
 * DPM-Solver++(2M), the denoised sample extrapolated in λ from this step and the one before:
 * x_s = (σ_s/σ_t) x_t − α_s (e^(−h) − 1) (x̂_0(t) + (x̂_0(t) − x̂_0(before))/(2r)), r = h(before)/h, h = λ_s − λ_t. Order 2 for one evaluation
 * per step, either direction of time: the usual choice with some 20 steps. Its first step is that of `ddim()`.
 *
 * A step that touches σ = 0 is that of `ddim()`: α_s x̂_0 where σ_s = 0.
 *
 * @param options - what becomes of the last step
 * @returns a sampler whose steps throw InvalidArgumentError on any dynamics but a probability flow
 * @throws InvalidArgumentError for a `lowerOrderFinal` of another name.
 * @see Lu et al. 2022, arXiv:2211.01095, algorithm 2.
 */
export function dpmSolverPlusPlus2M<X = Tensor>({ lowerOrderFinal = 'few-steps' }: MultistepOptions = {}): Sampler<X> {
  checkLowerOrderFinal(lowerOrderFinal)
  return multistepSampler<X>({
    call: 'dpmSolverPlusPlus2M()',
    name: 'dpm-solver++(2m)',
    settings: { lowerOrderFinal },
    order: 2,
    evaluationsPerStep: 1,
    stochastic: false,
    memory: 1,
    step: async (input) => ({ x: input.constrain(extrapolatedData(input, stepOrder(2, 1 + input.past.length, lowerOrderFinal, input.position)), input.s) }),
  })
}

/** Settings of {@link dpmSolverPlusPlus3M}. */
export interface DpmSolverPlusPlus3MOptions extends MultistepOptions {
  /**
   * How the first two steps are made: `third-order`, without memory and with two more evaluations each, so that the whole has order 3;
   * `lower-order`, of order 1 and 2, which costs nothing and limits the order of the whole to 2, though by a small term: at the
   * noisy end x̂_0 hardly changes.
   *
   * @defaultValue 'third-order'
   */
  readonly start?: 'third-order' | 'lower-order'
}

/**
 * DPM-Solver++(3M), the denoised sample extrapolated in λ by a parabola through this step and the two before, integrated exactly:
 * order 3 for one evaluation per step, either direction of time. Its first two steps ask the model twice more each; see `start`.
 *
 * The term of the second derivative, −α_s φ_3 x̂_0'' h² with φ_3 = (φ_2 − ½)/(−h), has twice the factor that is published and used
 * elsewhere, whose divided difference is ½ x̂_0'' h²: with that the order is 2 (`docs/decisions/dpm-solver-3m.md`).
 *
 * A step that touches σ = 0 is that of `ddim()`: α_s x̂_0 where σ_s = 0.
 *
 * @param options - what becomes of the first steps and of the last
 * @returns a sampler whose steps throw InvalidArgumentError on any dynamics but a probability flow
 * @throws InvalidArgumentError for a `start` or `lowerOrderFinal` of another name.
 * @see Lu et al. 2022, arXiv:2211.01095, appendix (multistep, third order); Zhao et al. 2023, arXiv:2302.04867, whose UniP-3 this is.
 */
export function dpmSolverPlusPlus3M<X = Tensor>({ start = 'third-order', lowerOrderFinal = 'few-steps' }: DpmSolverPlusPlus3MOptions = {}): Sampler<X> {
  checkLowerOrderFinal(lowerOrderFinal)
  if (start !== 'third-order' && start !== 'lower-order') throw new InvalidArgumentError('start', start, "'third-order' or 'lower-order'")
  return multistepSampler<X>({
    call: 'dpmSolverPlusPlus3M()',
    name: `dpm-solver++(3m, ${start} start)`,
    settings: { lowerOrderFinal },
    order: wholeOrder(start === 'third-order' ? 3 : 2, lowerOrderFinal),
    evaluationsPerStep: 1,
    ...(start === 'third-order' && { startUpEvaluations: 4 }),
    stochastic: false,
    memory: 2,
    async step(input) {
      const { data, past, model, constrain, s, position } = input
      const needed = stepOrder(3, Infinity, lowerOrderFinal, position)
      if (start === 'third-order' && needed === 3 && past.length < 2) {
        return { x: constrain(await singlestep({ input, model, form: 'data', order: 3, first: data }), s) }
      }
      return { x: constrain(extrapolatedData(input, Math.min(needed, 1 + past.length)), s) }
    },
  })
}
