import { InvalidArgumentError, type HostState, type TwofoldOperation } from '@sbgm/sde-core'
import { div, equal, onesLike, reshape, sqrt, square, sum, tidy, where, type Tensor } from '@tensorflow/tfjs-core'
import type { Guidance } from './guidance'
import { measurementGuidance, type MeasurementOptions } from './measurement-guidance'

/** Settings of {@link dps}. */
export interface DpsOptions<X = Tensor> extends Omit<MeasurementOptions<X>, 'noiseStd'> {
  /** Standard deviation of the noise in y, in units of y: positive; of no account where `divideBy` is 'residual'. @defaultValue none */
  readonly noiseStd?: number
  /**
   * What the pull is divided by: `variance`, noiseStd², which makes it the gradient of ln N(y; H x̂_0, noiseStd² I); `residual`, ‖y − H x̂_0‖
   * of each sample, which makes it −γ ∇_x ‖y − H x̂_0‖, of a size that does not depend on how far off y is.
   *
   * @defaultValue 'variance'
   */
  readonly divideBy?: 'variance' | 'residual'
}

/**
 * Diffusion posterior sampling for y = H x_0 + noise: the score plus γ ∇_x ln N(y; H x̂_0(x), noiseStd² I), that is
 * (γ/noiseStd²) (∂x̂_0/∂x)ᵀ Hᵀ (y − H x̂_0), with x̂_0 = E[x_0 | x].
 *
 * It treats x_0 as if x determined it, so the pull is too strong by the factor (H Cov[x_0 | x] Hᵀ + noiseStd²)/noiseStd² where the prior is
 * Gaussian: its samples overshoot and lie too close to each other, and for small noise the equations become stiff. {@link pseudoInverseGuidance}
 * counts the covariance in.
 *
 * With `divideBy: 'residual'` the step sizes are those of the paper's algorithm: never too long where y is far off, but they know nothing of the
 * noise, and bring H x_0 to y as near as their length allows. The paper follows each step by x ← x − ζ ∇_x ‖y − H x̂_0‖, whatever the
 * step's length, with ζ from 0.1 to 1 (its text has ∇_x ‖y − H x̂_0‖² divided by the norm, which is twice this). Here the pull goes through the
 * sampler, which multiplies a score by about g(t)² times its step: so ζ in N equal steps from tMax to 0 is γ(t) = ζ N/(tMax g(t)²).
 *
 * @returns a guidance of a differentiable score model; its models throw ShapeError, before any work, for states that the operator does not
 * measure and for another batch than the measurement's, and InvalidArgumentError for a γ(t) that is negative or not finite
 * @throws ShapeError for a measurement of another shape than the operator's; InvalidArgumentError for a `divideBy` of another name, unless
 * noiseStd is positive, or not wanted, and for a number γ that is negative or not finite. The guidance itself throws InvalidArgumentError for a
 * model that is not differentiable.
 * @see Chung et al. 2022, arXiv:2209.14687, theorem 1 (the approximation) and algorithm 1 (the steps divided by the residual).
 */
export function dps<X = Tensor>({ noiseStd = 0, divideBy = 'variance', ...problem }: DpsOptions<X>): Guidance<X> {
  const { space, operator } = problem
  if (divideBy !== 'variance' && divideBy !== 'residual') throw new InvalidArgumentError('divideBy', divideBy, "'variance' or 'residual'")
  if (divideBy === 'residual') {
    const direction = space.implement(unitLength)
    return measurementGuidance({
      ...problem,
      noiseStd,
      weigh(residual) {
        const measured = operator.solve(residual, 0, 1) // without what no x can explain, such as pixels that are not measured
        try {
          return direction(measured)
        } finally {
          space.release(measured)
        }
      },
    })
  }
  if (!(noiseStd > 0)) {
    throw new InvalidArgumentError('noiseStd', noiseStd, "positive for dps() (pseudoInverseGuidance() takes measurements without noise, as does divideBy: 'residual')")
  }
  return measurementGuidance({ ...problem, noiseStd, weigh: (residual) => space.combine([1 / noiseStd ** 2], [residual]) })
}

/** Each sample divided by its Euclidean norm; 0 stays 0. */
const unitLength: TwofoldOperation<[]> = {
  tensor: (x) =>
    tidy(() => {
      const norms = sqrt(sum(square(reshape(x, [x.shape[0], -1])), 1))
      return div(x, reshape(where(equal(norms, 0), onesLike(norms), norms), [x.shape[0], ...x.shape.slice(1).map(() => 1)]))
    }),
  host({ data, shape }: HostState) {
    const size = data.length / shape[0]
    const norms = Float64Array.from({ length: shape[0] }, (_, sample) => Math.sqrt(data.subarray(sample * size, (sample + 1) * size).reduce((total, value) => total + value ** 2, 0)))
    return { data: data.map((value, i) => value / (norms[Math.floor(i / size)] || 1)), shape }
  },
}
