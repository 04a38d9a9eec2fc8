import type { Tensor } from '@tensorflow/tfjs-core'
import { InvalidArgumentError } from './errors'
import { sizeOf } from './host-state'
import type { Sde } from './sde'
import type { VectorSpace } from './vector-space'
import { fillNormal } from './noise/keyed-noise'

/** Arguments of {@link samplePrior}. */
export interface SamplePriorOptions<X> {
  /** The SDE whose prior is meant. */
  readonly sde: Sde
  /** Where the states are to live. */
  readonly space: VectorSpace<X>
  /** The shape of what is drawn, (batch, …). */
  readonly shape: readonly number[]
  /** Chooses the numbers, together with the sample's index: a safe integer of at least 0. */
  readonly seed: number
  /** Index of the first sample, for batches of a larger whole. @defaultValue 0 */
  readonly firstSample?: number
  /** The time at which the run begins, in (0, tMax]: its grid's first. @defaultValue tMax */
  readonly t?: number
}

/**
 * Draws from the prior N(0, priorStd² I), where reverse runs begin. For one that begins at t before tMax the standard deviation is
 * priorStd σ(t)/σ(tMax): the law there without what α(t) x_0 adds, so that α(t)/σ(t) has to be small, as in grids for networks.
 *
 * @returns a new state, owned by the caller; sample i does not depend on the batch size
 * @throws {@link InvalidArgumentError} for an empty shape or one with axes below 1, for a seed that is no safe integer of at least 0,
 * and unless 0 \< t ≤ tMax.
 * @see Song et al. 2021, arXiv:2011.13456, section 3.1 (the prior p_T).
 */
export function samplePrior<X = Tensor>({ sde, space, shape, seed, firstSample = 0, t = sde.tMax }: SamplePriorOptions<X>): X {
  if (shape.length === 0 || !shape.every((axis) => Number.isInteger(axis) && axis >= 1)) {
    throw new InvalidArgumentError('shape', shape, '(batch, …) with every axis an integer of at least 1')
  }
  if (!(t > 0 && t <= sde.tMax)) throw new InvalidArgumentError('t', t, `above 0 and at most tMax (${sde.tMax})`)
  const std = sde.priorStd * (sde.schedule.sigma(t) / sde.schedule.sigma(sde.tMax))
  const data = new Float64Array(sizeOf(shape))
  fillNormal(data, data.length / shape[0], { seed, stream: 'prior', step: 0, firstSample, draw: 0 })
  for (let i = 0; i < data.length; i++) data[i] *= std
  return space.fromHost({ data, shape })
}
