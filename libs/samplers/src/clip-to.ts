import { InvalidArgumentError } from '@sbgm/sde-core'
import type { DataCorrection } from './correct-data'

/** Bounds of the data, in their units. */
export interface ClipRange {
  /** The smallest value. @defaultValue -1 */
  readonly low?: number
  /** The largest value. @defaultValue 1 */
  readonly high?: number
}

/**
 * Clipping: every element of x̂_0 limited to [low, high], for {@link correctData}. The choice for images, whose pixels lie in [−1, 1].
 *
 * @param range - the bounds of the data
 * @throws InvalidArgumentError unless low and high are finite and low \< high.
 * @see Ho et al. 2020, arXiv:2006.11239, whose implementation clips x̂_0 so.
 */
export function clipTo({ low = -1, high = 1 }: ClipRange = {}): DataCorrection {
  if (!Number.isFinite(low)) throw new InvalidArgumentError('low', low, 'a finite number')
  if (!(high > low && Number.isFinite(high))) throw new InvalidArgumentError('high', high, `a finite number greater than low (${low})`)
  return (data, space) => space.clip(data, low, high)
}
