import type { DifferentiablePredictor } from '../differentiable-predictor'
import type { HostState } from '../host-state'
import type { Prediction } from '../prediction'
import type { Sde } from '../sde'
import type { VectorSpace } from '../vector-space'

/** Which draws are wanted of an exact law. */
export interface DrawOptions {
  /** How many, at least 1. */
  readonly count: number
  /** Chooses the numbers, together with the sample's index: a safe integer of at least 0. */
  readonly seed: number
  /** The time whose law is meant. @defaultValue 0, the data */
  readonly t?: number
  /** Index of the first sample, for batches of a larger whole. @defaultValue 0 */
  readonly firstSample?: number
}

/**
 * A law p_0 whose marginals p_t under an SDE are known in closed form: it stands where a trained network would, and shows
 * what a sampler costs when the model costs nothing.
 */
export interface ExactModel {
  /** The SDE that perturbs p_0. */
  readonly sde: Sde
  /** The shape of one sample, without the batch axis. */
  readonly sampleShape: readonly number[]
  /**
   * The exact prediction and its Jacobian, with the interface of a network: valid at every t ≥ 0, so its tMin is 0.
   *
   * @param predicts - which of the four
   * @param space - where the states live
   * @returns a predictor whose results belong to the caller; it throws {@link ShapeError} for a state of another shape than
   * (batch, …sampleShape)
   */
  predictor<P extends Prediction, X>(predicts: P, space: VectorSpace<X>): DifferentiablePredictor<P, X>
  /**
   * ln p_t of each sample, in nats, in float64.
   *
   * @param x - shape (batch, …sampleShape), borrowed
   * @param t - the time, the same for all samples
   * @returns a new array of shape (batch,)
   * @throws {@link ShapeError} for another shape.
   */
  logDensity(x: HostState, t: number): Float64Array
}

/** An exact model one can draw from. */
export interface DrawableModel extends ExactModel {
  /**
   * Draws from p_t; sample i does not depend on count.
   *
   * @param space - where the draws are to live
   * @param options - how many, which, and of which time
   * @returns a new state of shape (count, …sampleShape), owned by the caller
   * @throws {@link InvalidArgumentError} unless count is an integer of at least 1 and seed a safe integer of at least 0.
   */
  draw<X>(space: VectorSpace<X>, options: DrawOptions): X
}

/** An exact model whose probability flow is known in closed form. */
export interface FlowModel extends DrawableModel {
  /**
   * Where the probability flow takes x from time `from` to time `to`, either way, in float64: the exact answer that an ODE
   * solver is compared with.
   *
   * @param x - the state at time `from`, shape (batch, …sampleShape), borrowed
   * @returns a new state of the same shape
   * @throws {@link ShapeError} for another shape.
   */
  flowMap(x: HostState, from: number, to: number): HostState
}

/** An exact model on the line. */
export interface ScalarModel extends FlowModel {
  /** p_t(x), per unit of the data. */
  density(x: number, t: number): number
  /** F_t(x) = ∫_(−∞)^x p_t. */
  cdf(x: number, t: number): number
  /**
   * The p-quantile of p_t, to neighbouring float64s.
   *
   * @throws {@link InvalidArgumentError} unless 0 \< p \< 1.
   */
  quantile(p: number, t: number): number
}
