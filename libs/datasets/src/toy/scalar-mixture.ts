import { InvalidArgumentError, ShapeError } from '@sbgm/sde-core'
import { toyDistribution, type ToyDistribution } from './toy-distribution'

/** A mixture of K Gaussians on the line. */
export interface ScalarMixtureOptions {
  /** w_k, positive, of sum 1 (±1e-9), shape (K,). */
  readonly weights: readonly number[]
  /** m_k, finite, shape (K,). */
  readonly means: readonly number[]
  /** s_k, positive, shape (K,). */
  readonly stds: readonly number[]
}

/**
 * Gaussians on the line: density p(x) = Σ_k w_k N(x; m_k, s_k²); mean Σ w_k m_k, variance Σ w_k (s_k² + m_k²) − mean².
 * `scalarMixtureTarget` of `@sbgm/sde-core` is the same law with its exact score.
 *
 * @throws ShapeError for lists of different lengths; InvalidArgumentError for a number that breaks its rule.
 */
export function scalarMixture({ weights, means, stds }: ScalarMixtureOptions): ToyDistribution {
  Object.entries({ means, stds }).forEach(([argument, list]) => {
    if (list.length !== weights.length) throw new ShapeError(argument, [weights.length], [list.length])
  })
  if (!weights.every((weight) => weight > 0)) throw new InvalidArgumentError('weights', weights, 'positive')
  const sum = weights.reduce((total, weight) => total + weight, 0)
  if (!(Math.abs(sum - 1) <= 1e-9)) throw new InvalidArgumentError('weights', weights, `of sum 1 (theirs is ${sum})`)
  if (!means.every(Number.isFinite)) throw new InvalidArgumentError('means', means, 'finite')
  if (!stds.every((std) => std > 0 && Number.isFinite(std))) throw new InvalidArgumentError('stds', stds, 'positive and finite')
  return toyDistribution({
    name: 'scalar-mixture',
    dimension: 1,
    point(out, uniform) {
      let part = 0
      for (let before = weights[0]; part < weights.length - 1 && uniform >= before; before += weights[part]) part++
      out[0] = means[part] + stds[part] * out[0]
    },
  })
}
