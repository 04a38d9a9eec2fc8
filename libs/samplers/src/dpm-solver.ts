import type { Sampler } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { singlestepSampler } from './singlestep-sampler'

/**
 * DPM-Solver-2, the noise expanded in λ, one evaluation in the middle (r = ½): x_u = (α_u/α_t) x_t − σ_u (e^(h/2) − 1) ε̂_t,
 * x_s = (α_s/α_t) x_t − σ_s (e^h − 1) ε̂_u, h = λ_s − λ_t. Order 2, two evaluations per step, either direction of time.
 *
 * Where the noise is large, x̂_0 is a small difference of large numbers; with few steps prefer {@link dpmSolverPlusPlus2M}, which
 * expands x̂_0 itself. A step that touches σ = 0 is that of `ddim()`, with one evaluation.
 *
 * @returns a sampler whose steps throw InvalidArgumentError on any dynamics but a probability flow
 * @see Lu et al. 2022, arXiv:2206.00927, algorithm 1.
 */
export const dpmSolver2 = <X = Tensor>(): Sampler<X> => singlestepSampler<X>({ call: 'dpmSolver2()', name: 'dpm-solver-2', form: 'noise', order: 2 })

/**
 * DPM-Solver-3, the noise expanded in λ, with evaluations at r = ⅓ and ⅔ of the step: order 3, three evaluations per step, either
 * direction of time. Otherwise as {@link dpmSolver2}.
 *
 * @returns a sampler whose steps throw InvalidArgumentError on any dynamics but a probability flow
 * @see Lu et al. 2022, arXiv:2206.00927, algorithm 2.
 */
export const dpmSolver3 = <X = Tensor>(): Sampler<X> => singlestepSampler<X>({ call: 'dpmSolver3()', name: 'dpm-solver-3', form: 'noise', order: 3 })

/**
 * DPM-Solver++(2S), the denoised sample expanded in λ, one evaluation in the middle (r = ½): x_u = (σ_u/σ_t) x_t −
 * α_u (e^(−h/2) − 1) x̂_0(t), x_s = (σ_s/σ_t) x_t − α_s (e^(−h) − 1) x̂_0(u), h = λ_s − λ_t. Order 2, two evaluations per step, either
 * direction of time; {@link dpmSolverPlusPlus2M} has the same order for one.
 *
 * A step that touches σ = 0 is that of `ddim()`, with one evaluation.
 *
 * @returns a sampler whose steps throw InvalidArgumentError on any dynamics but a probability flow
 * @see Lu et al. 2022, arXiv:2211.01095, algorithm 1.
 */
export const dpmSolverPlusPlus2S = <X = Tensor>(): Sampler<X> =>
  singlestepSampler<X>({ call: 'dpmSolverPlusPlus2S()', name: 'dpm-solver++(2s)', form: 'data', order: 2 })
