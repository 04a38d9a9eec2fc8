import { InvalidArgumentError } from './errors'
import type { Sde } from './sde'

/**
 * The weight w(t) of the squared noise error ‖ε̂ − ε‖² in the unified loss. Since ε̂ − ε = −σ (s − s_target), a weight
 * λ(t) on the squared score error is the weight λ(t)/σ² here.
 */
export type LossWeighting = (sde: Sde, t: number) => number

/** w = 1, noise matching: λ(t) = σ² on the score. The usual choice. @see Ho et al. 2020, arXiv:2006.11239, eq. 14. */
export const noiseWeighting: LossWeighting = () => 1

/** w = 1/σ²: every time's squared score error alike, λ(t) = 1. Large near t = 0. @see Vincent 2011, doi:10.1162/NECO_a_00142. */
export const scoreWeighting: LossWeighting = ({ schedule }, t) => 1 / schedule.sigma(t) ** 2

/**
 * w = g²/σ², λ(t) = g²: the loss bounds the negative log-likelihood. Draw times with density `likelihood`.
 *
 * @see Song, Durkan, Murray and Ermon 2021, arXiv:2101.09258, theorem 1.
 */
export const likelihoodWeighting: LossWeighting = (sde, t) => (sde.diffusion(t) / sde.schedule.sigma(t)) ** 2

/**
 * w = min(SNR, γ)/SNR with SNR = α²/σ²: noise matching that does not overweight nearly clean samples.
 *
 * @param gamma - γ @defaultValue 5
 * @throws {@link InvalidArgumentError} unless γ \> 0.
 * @see Hang et al. 2023, arXiv:2303.09556, section 3.4.
 */
export function minSnrWeighting(gamma = 5): LossWeighting {
  if (!(gamma > 0)) throw new InvalidArgumentError('gamma', gamma, 'a positive number')
  return ({ schedule }, t) => Math.min(1, gamma * Math.exp(-2 * schedule.lambda(t)))
}
