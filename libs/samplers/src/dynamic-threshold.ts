import { InvalidArgumentError } from '@sbgm/sde-core'
import type { DataCorrection } from './correct-data'

/** Settings of {@link dynamicThreshold}. */
export interface DynamicThresholdOptions {
  /** p: which quantile of a sample's |x̂_0| becomes its bound, above 0 and at most 1. @defaultValue 0.995 */
  readonly percentile?: number
  /** The bound of the data, in their units: samples whose quantile is below it are clipped to it and not scaled. @defaultValue 1 */
  readonly limit?: number
}

/**
 * Dynamic thresholding, for {@link correctData}: with q the p-quantile of |x̂_0| of each sample and b = max(q, limit), x̂_0 is clipped to
 * [−b, b] and scaled by limit/b. For strong guidance, which pushes many pixels out of bounds and which {@link clipTo} would saturate.
 *
 * A sample is treated by itself, whatever batch it is in. Reads the state back from the device at each evaluation.
 *
 * @param options - p and the bound
 * @throws InvalidArgumentError unless 0 \< percentile ≤ 1 and limit is a positive number.
 * @see Saharia et al. 2022, arXiv:2205.11487, section 2.3.
 */
export function dynamicThreshold({ percentile = 0.995, limit = 1 }: DynamicThresholdOptions = {}): DataCorrection {
  if (!(percentile > 0 && percentile <= 1)) throw new InvalidArgumentError('percentile', percentile, 'above 0 and at most 1')
  if (!(limit > 0 && Number.isFinite(limit))) throw new InvalidArgumentError('limit', limit, 'a positive number')
  return async (data, space) => {
    const bounds = (await space.quantile(data, percentile)).map((quantile) => Math.max(quantile, limit))
    const clipped = space.clip(data, bounds.map((bound) => -bound), bounds)
    try {
      return space.combine([bounds.map((bound) => limit / bound)], [clipped])
    } finally {
      space.release(clipped)
    }
  }
}
