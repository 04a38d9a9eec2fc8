import type { Tensor } from '@tensorflow/tfjs-core'
import type { Sde } from './sde'
import { checkTimes, type Times } from './times'
import { batchSize, coefficientAt, type VectorSpace } from './vector-space'

/** Arguments of {@link perturb}; all states of one shape (batch, …). */
export interface PerturbOptions<X> {
  /** The SDE. */
  readonly sde: Sde
  /** The states' space. */
  readonly space: VectorSpace<X>
  /** Clean data, borrowed. */
  readonly x0: X
  /** Standard normal noise ε, of the shape of x0, borrowed. */
  readonly noise: X
  /** One time per sample, shape (batch,). */
  readonly t: Times
}

/**
 * x_t = α(t) x_0 + σ(t) ε, a draw from the kernel p(x_t | x_0) without simulating the SDE.
 *
 * @returns x_t, a new state of the shape of x0, owned by the caller
 * @throws {@link ShapeError} if x0 and noise differ in shape, or there is not one time per sample;
 * {@link InvalidArgumentError} for a time that is no finite number of at least 0.
 * @see Song et al. 2021, arXiv:2011.13456, eq. 29.
 */
export function perturb<X = Tensor>({ sde, space, x0, noise, t }: PerturbOptions<X>): X {
  const { schedule } = sde
  checkTimes(t, batchSize(space, x0))
  return space.combine([coefficientAt(t, (time) => schedule.alpha(time)), coefficientAt(t, (time) => schedule.sigma(time))], [x0, noise])
}

/** The law of x_t given x_0, N(mean, std² I). */
export interface Marginal<X> {
  /** α(t) x_0; owned by the caller. */
  readonly mean: X
  /** σ(t), one per sample, shape (batch,). */
  readonly std: Float64Array
}

/**
 * The law of x_t given x_0: mean α(t) x_0, standard deviation σ(t).
 *
 * @returns the mean as a new state, owned by the caller, and the standard deviations on the host
 * @throws {@link ShapeError} if there is not one time per sample; {@link InvalidArgumentError} for a time that is no finite
 * number of at least 0.
 * @see Song et al. 2021, arXiv:2011.13456, eq. 29.
 */
export function marginal<X = Tensor>({ sde, space, x0, t }: Omit<PerturbOptions<X>, 'noise'>): Marginal<X> {
  checkTimes(t, batchSize(space, x0))
  return {
    mean: space.combine([coefficientAt(t, (time) => sde.schedule.alpha(time))], [x0]),
    std: t.map((time) => sde.schedule.sigma(time)),
  }
}

/** Arguments of {@link conditionalScore}. */
export interface ConditionalScoreOptions<X> extends Omit<PerturbOptions<X>, 'noise'> {
  /** x_t, where the score is wanted, of the shape of x0; borrowed. */
  readonly x: X
}

/**
 * ∇ log p(x_t | x_0) = −(x_t − α(t) x_0) / σ(t)², the target of denoising score matching.
 *
 * @returns a new state of the shape of x, owned by the caller; not finite where σ(t) = 0
 * @throws {@link ShapeError} if x and x0 differ in shape, or there is not one time per sample;
 * {@link InvalidArgumentError} for a time that is no finite number of at least 0.
 * @see Vincent 2011, doi:10.1162/NECO_a_00142, section 4.3; Song et al. 2021, arXiv:2011.13456, eq. 7.
 */
export function conditionalScore<X = Tensor>({ sde, space, x, x0, t }: ConditionalScoreOptions<X>): X {
  const { schedule } = sde
  checkTimes(t, batchSize(space, x0))
  const onState = coefficientAt(t, (time) => -1 / schedule.sigma(time) ** 2)
  const onData = coefficientAt(t, (time) => schedule.alpha(time) / schedule.sigma(time) ** 2)
  return space.combine([onState, onData], [x, x0])
}
