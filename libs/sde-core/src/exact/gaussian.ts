import { InvalidArgumentError } from '../errors'
import type { Sde } from '../sde'
import type { FlowModel, ScalarModel } from './exact-model'
import { mixtureModel } from './mixture'
import { mixtureLaw } from './mixture-law'
import { checkSampleShape } from './mixture-prediction'
import { scalarLaw } from './scalar-law'

/** A Gaussian with independent coordinates, p_0 = N(mean, diag std²). */
export interface GaussianTargetOptions {
  /** The SDE that perturbs it. */
  readonly sde: Sde
  /** One number for a one-dimensional law, or one per coordinate. */
  readonly mean: number | readonly number[]
  /** Standard deviations, as `mean`; positive. */
  readonly std: number | readonly number[]
}

/** A Gaussian on the line. */
export interface ScalarGaussianTargetOptions extends GaussianTargetOptions {
  /** Its mean at t = 0. */
  readonly mean: number
  /** Its standard deviation at t = 0; positive. */
  readonly std: number
}

/** A Gaussian's law at one time. */
export interface GaussianMarginal {
  /** α μ, per coordinate, shape (D,). */
  readonly mean: Float64Array
  /** √(α² s² + σ²), per coordinate, shape (D,). */
  readonly std: Float64Array
}

/** A Gaussian under an SDE. */
export interface GaussianTarget extends FlowModel {
  /** The law of x_t, as new arrays. */
  marginal(t: number): GaussianMarginal
}

/** A Gaussian on the line under an SDE: with density, distribution function and quantiles too. */
export type ScalarGaussianTarget = GaussianTarget & ScalarModel

/**
 * A Gaussian under an SDE: every score is affine, so stochastic samplers can be tested without drawing a number.
 * Probability flow: x_s = α_s μ + √(Σ_s/Σ_t) (x_t − α_t μ), Σ = α² s² + σ². States have shape (batch, D).
 *
 * @returns an exact model that holds no tensors
 * @throws {@link InvalidArgumentError} unless mean and std have one length, mean is finite and std positive.
 * @see Song et al. 2021, arXiv:2011.13456, eq. 29 (kernel) and eq. 13 (probability flow).
 */
export function gaussianTarget(options: ScalarGaussianTargetOptions): ScalarGaussianTarget
export function gaussianTarget(options: GaussianTargetOptions): GaussianTarget
export function gaussianTarget({ sde, mean, std }: GaussianTargetOptions): GaussianTarget {
  const [means, stds] = [[mean].flat() as number[], [std].flat() as number[]]
  if (means.length !== stds.length) throw new InvalidArgumentError('std', stds, `of the length of mean (${means.length})`)
  const law = mixtureLaw([1], [means], [stds])
  const marginal = (t: number): GaussianMarginal => ({
    mean: law.means.map((value) => sde.schedule.alpha(t) * value),
    std: law.stds.map((value) => Math.hypot(sde.schedule.alpha(t) * value, sde.schedule.sigma(t))),
  })
  return Object.freeze<GaussianTarget>({
    ...mixtureModel(sde, law, [law.size]),
    ...(law.size === 1 && scalarLaw(law, sde)),
    marginal,
    flowMap(x, from, to) {
      checkSampleShape(x.shape, [law.size])
      const [before, after] = [marginal(from), marginal(to)]
      return {
        data: x.data.map((value, i) => {
          const d = i % law.size
          return after.mean[d] + (after.std[d] / before.std[d]) * (value - before.mean[d])
        }),
        shape: x.shape,
      }
    },
  })
}
