import type { Sde } from '../sde'
import type { ScalarModel } from './exact-model'
import { mixtureModel } from './mixture'
import { mixtureLaw } from './mixture-law'
import { scalarLaw } from './scalar-law'

/** A mixture of Gaussians on the line, p_0 = Σ_k w_k N(m_k, s_k²). */
export interface ScalarMixtureTargetOptions {
  /** The SDE that perturbs it. */
  readonly sde: Sde
  /** w_k, positive, of sum 1 (±1e-9), shape (K,). */
  readonly weights: readonly number[]
  /** m_k, shape (K,). */
  readonly means: readonly number[]
  /** s_k, positive, shape (K,). */
  readonly stds: readonly number[]
}

/**
 * A mixture of Gaussians on the line under an SDE, with everything known: density, distribution function, quantiles, and
 * the probability flow, which in one dimension keeps quantiles: x_s = F_s⁻¹(F_t(x_t)). States have shape (batch, 1).
 *
 * @returns an exact model that holds no tensors
 * @throws {@link InvalidArgumentError} naming the parameter that does not fit.
 * @see Song et al. 2021, arXiv:2011.13456, eq. 29 (kernel) and eq. 13 (probability flow).
 * @example
 * ```ts
 * import { scalarMixtureTarget, vpSde } from '@sbgm/sde-core'
 *
 * const target = scalarMixtureTarget({ sde: vpSde(), weights: [0.5, 0.5], means: [-3, 3], stds: [0.5, 0.5] })
 * console.log(target.cdf(0, 1)) // 0.5
 * ```
 */
export function scalarMixtureTarget({ sde, weights, means, stds }: ScalarMixtureTargetOptions): ScalarModel {
  const law = mixtureLaw(weights, means.map((mean) => [mean]), stds.map((std) => [std]))
  return Object.freeze<ScalarModel>({ ...mixtureModel(sde, law, [1]), ...scalarLaw(law, sde) })
}
