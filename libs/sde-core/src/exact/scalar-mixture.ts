import { InvalidArgumentError } from '../errors'
import type { Sde } from '../sde'
import type { ScalarModel } from './exact-model'
import { mixtureModel } from './mixture'
import { mixtureLaw } from './mixture-law'
import { checkSampleShape } from './mixture-prediction'
import { normalCdf, normalDensity } from './normal-law'

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

  /** Center and width of each component at time t. */
  const componentsAt = (t: number) => {
    const [alpha, sigma] = [sde.schedule.alpha(t), sde.schedule.sigma(t)]
    return Array.from(law.weights, (weight, k) => ({ weight, center: alpha * law.means[k], width: Math.hypot(alpha * law.stds[k], sigma) }))
  }
  type Components = ReturnType<typeof componentsAt>
  /** F(x) for side 1, 1 − F(x) for side −1: each with full relative precision in its own tail. */
  const tail = (components: Components, x: number, side: 1 | -1) =>
    components.reduce((sum, { weight, center, width }) => sum + weight * normalCdf((side * (x - center)) / width), 0)
  /** x with tail(x) = p, by bisection down to neighbouring doubles. */
  const invert = (components: Components, p: number, side: 1 | -1) => {
    let low = Math.min(...components.map(({ center, width }) => center - 40 * width))
    let high = Math.max(...components.map(({ center, width }) => center + 40 * width))
    for (;;) {
      const middle = low + (high - low) / 2
      if (middle <= low || middle >= high) return middle
      if (tail(components, middle, side) < p === (side === 1)) low = middle
      else high = middle
    }
  }

  return Object.freeze<ScalarModel>({
    ...mixtureModel(sde, law, [1]),
    density: (x, t) =>
      componentsAt(t).reduce((sum, { weight, center, width }) => sum + (weight / width) * normalDensity((x - center) / width), 0),
    cdf: (x, t) => tail(componentsAt(t), x, 1),
    quantile(p, t) {
      if (!(p > 0 && p < 1)) throw new InvalidArgumentError('p', p, 'between 0 and 1, both excluded')
      return p <= 0.5 ? invert(componentsAt(t), p, 1) : invert(componentsAt(t), 1 - p, -1)
    },
    flowMap(x, from, to) {
      checkSampleShape(x.shape, [1])
      const [before, after] = [componentsAt(from), componentsAt(to)]
      const move = (value: number) => {
        const side = tail(before, value, 1) <= 0.5 ? 1 : -1
        return invert(after, tail(before, value, side), side)
      }
      return { data: x.data.map(move), shape: x.shape }
    },
  })
}
