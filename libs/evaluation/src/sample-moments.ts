import { checkSample, type Sample } from './sample'

/** Moments of a sample with their standard errors. */
export interface SampleMoments {
  /** Size of the sample. */
  readonly count: number
  /** Mean. */
  readonly mean: number
  /** Unbiased variance, Σ (x − mean)² / (n − 1). */
  readonly variance: number
  /** Square root of the variance. */
  readonly std: number
  /** Standard error of the mean, std / √n. */
  readonly meanError: number
  /** Standard error of the variance, √((m₄ − s⁴ (n − 3)/(n − 1)) / n), with m₄ the fourth central moment of the sample. */
  readonly varianceError: number
  /** Standard error of the std, varianceError / (2 std); 0 where std is 0. */
  readonly stdError: number
}

/**
 * Mean, variance and standard deviation with the error that each has from n being finite, for any law with a fourth moment.
 * Two passes in float64, so a large mean costs no digits of the variance.
 *
 * @param sample at least 2 finite numbers; borrowed.
 * @returns plain numbers, in units of the sample (variances: squared).
 * @throws {RangeError} for fewer than 2 numbers or one that is not finite.
 * @throws {TypeError} if the sample is not array-like.
 * @example
 * sampleMoments([1, 2, 3, 4]).variance // 5/3
 */
export function sampleMoments(sample: Sample): SampleMoments {
  checkSample(sample, 'sample', 2)
  return moments(sample)
}

/** The same without the check. */
export function moments(sample: Sample): SampleMoments {
  const count = sample.length
  let sum = 0
  for (let index = 0; index < count; index++) sum += sample[index] ?? 0
  const mean = sum / count
  let [rest, squares, fourths] = [0, 0, 0]
  for (let index = 0; index < count; index++) {
    const deviation = (sample[index] ?? 0) - mean
    rest += deviation
    squares += deviation ** 2
    fourths += deviation ** 4
  }
  const variance = Math.max(0, squares - rest ** 2 / count) / (count - 1) // rest: what rounding left of Σ (x − mean) = 0
  const std = Math.sqrt(variance)
  const spread = fourths / count - (variance ** 2 * (count - 3)) / (count - 1)
  const varianceError = Math.sqrt(Math.max(0, spread) / count)
  return {
    count,
    mean,
    variance,
    std,
    meanError: std / Math.sqrt(count),
    varianceError,
    stdError: std > 0 ? varianceError / (2 * std) : 0,
  }
}
