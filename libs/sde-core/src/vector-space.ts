import type { Tensor } from '@tensorflow/tfjs-core'
import type { HostState } from './host-state'
import type { NoiseKey } from './noise/noise-key'
import { areShared, type Times } from './times'

/** A coefficient for the whole batch, or one per sample, shape (batch,). */
export type Coefficient = number | Float64Array

/** What an adaptive method tolerates: absolute + relative · max(|a|, |b|). */
export interface Tolerance {
  /** Error that is always allowed, in units of the state. */
  readonly absolute: number
  /** Error that is allowed for each unit of the state's size. */
  readonly relative: number
}

/** An operation written twice: on tensors, and in host float64. Both borrow their arguments and return a new state. */
export interface TwofoldOperation<A extends readonly unknown[]> {
  /** On tensors. */
  tensor(x: Tensor, ...args: A): Tensor
  /** In float64 on the host. */
  host(x: HostState, ...args: A): HostState
}

/** A {@link TwofoldOperation} of two states with one batch size. */
export interface TwofoldBinaryOperation<A extends readonly unknown[]> {
  /** On tensors. */
  tensor(x: Tensor, y: Tensor, ...args: A): Tensor
  /** In float64 on the host. */
  host(x: HostState, y: HostState, ...args: A): HostState
}

/**
 * All that an update rule may do with a state: so each rule is written once and runs on tensors as in float64.
 *
 * States are borrowed, results belong to the caller. `tidy` cannot span an `await`, so whoever makes a state in
 * asynchronous code releases it.
 */
export interface VectorSpace<X> {
  /** What a state is made of. */
  readonly name: 'tensor' | 'host'
  /** The shape of a state, batch first. */
  shape(x: X): readonly number[]
  /** Σ c_i x_i; all states of one shape, at least one. */
  combine(coefficients: readonly Coefficient[], states: readonly X[]): X
  /** Per sample: from `whereSet` where the mask is 1, from `whereClear` where it is 0. NaN does not leak across. */
  select(mask: Uint8Array, whereSet: X, whereClear: X): X
  /** The samples of several states one after the other, shape (Σ batch, …); all of one shape but for the batch, at least one state. */
  concat(states: readonly X[]): X
  /** `count` samples from the one of index `from` on, shape (count, …); at least one, all of them there. */
  slice(x: X, from: number, count: number): X
  /** Every element limited to [low, high]; NaN stays NaN, on every backend. */
  clip(x: X, low: Coefficient, high: Coefficient): X
  /** The p-quantile of |x| per sample, linearly interpolated; p in [0, 1]. Reads the state back. */
  quantile(x: X, p: number): Promise<Float64Array>
  /** Root mean square of error / (absolute + relative · max(|a|, |b|)) per sample. Reads the result back. */
  errorNorm(error: X, a: X, b: X, tolerance: Tolerance): Promise<Float64Array>
  /** Mean of |x| over all elements: one number that is not finite if any element is not. */
  magnitude(x: X): Promise<number>
  /** Standard normal noise in the shape of `like`: the same numbers for the same key. */
  normal(key: NoiseKey, like: X): X
  /** A state of these numbers. */
  fromHost(state: HostState): X
  /** The numbers of a state, in float64. */
  toHost(x: X): Promise<HostState>
  /** The form of a twofold operation that fits this space. */
  implement<A extends readonly unknown[]>(operation: TwofoldOperation<A>): (x: X, ...args: A) => X
  /** The form of a twofold operation of two states that fits this space. */
  implementBinary<A extends readonly unknown[]>(operation: TwofoldBinaryOperation<A>): (x: X, y: X, ...args: A) => X
  /** Frees states that are no longer needed. */
  release(...states: X[]): void
}

/**
 * Number of samples of a state, the first axis of its shape.
 *
 * @param space - where the state lives
 * @param x - shape (batch, …)
 */
export const batchSize = <X>(space: VectorSpace<X>, x: X): number => space.shape(x)[0]

/**
 * The time t for each sample of a state.
 *
 * @param space - where the state lives
 * @param x - shape (batch, …)
 * @param t - the time that all samples share
 * @returns a new array of shape (batch,)
 */
export const timesOf = <X>(space: VectorSpace<X>, x: X, t: number): Times => new Float64Array(batchSize(space, x)).fill(t)

/**
 * A function of time as a coefficient: one number where all times agree (the usual case; nothing is uploaded), else one
 * per sample.
 *
 * @param times - shape (batch,)
 * @param f - a function of time, such as a schedule's α
 * @returns a number, or a new array of shape (batch,)
 */
export function coefficientAt(times: Times, f: (t: number) => number): Coefficient {
  return areShared(times) ? f(times[0]) : Float64Array.from(times, (t) => f(t))
}
