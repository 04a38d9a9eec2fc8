import { checkSample, type Sample } from './sample'
import { moments } from './sample-moments'

/** One side of a split sample. */
export interface Mode {
  /** Size of this side. */
  readonly count: number
  /** Share of the whole sample, in [0, 1]. */
  readonly weight: number
  /** Mean of this side; NaN if it is empty. */
  readonly mean: number
  /** Standard deviation of this side, unbiased variance; NaN if it has fewer than 2 numbers. */
  readonly std: number
}

/** A sample split in two. */
export interface SplitModes {
  /** What lies below the threshold. */
  readonly left: Mode
  /** What lies on or above it. */
  readonly right: Mode
}

/**
 * Splits a sample at a threshold and describes each side: how a sample from ½N(−3, 0.5²) + ½N(3, 0.5²) is told from one with
 * wrong weights, places or widths. Meant for modes far apart: nothing is corrected for tails that cross the threshold.
 *
 * @param sample at least 1 finite number; borrowed.
 * @param threshold a finite number.
 * @returns size, share, mean and standard deviation of each side.
 * @throws {RangeError} for an empty sample, a number that is not finite, or a threshold that is not finite.
 * @throws {TypeError} if the sample is not array-like.
 */
export function splitModes(sample: Sample, threshold: number): SplitModes {
  checkSample(sample, 'sample')
  if (!Number.isFinite(threshold)) {
    throw new RangeError(`threshold must be a finite number; got ${threshold}. Pass a value between the modes.`)
  }
  const values = Float64Array.from(sample)
  return {
    left: modeOf(values.filter((x) => x < threshold), values.length),
    right: modeOf(values.filter((x) => x >= threshold), values.length),
  }
}

function modeOf(side: Float64Array, total: number): Mode {
  const { count, mean, std } = moments(side)
  return { count, weight: count / total, mean, std: count > 1 ? std : NaN }
}
