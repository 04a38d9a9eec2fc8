import { checkSample, type Sample, sorted } from './sample'

/**
 * The middle of a sample in order; the mean of the two middle ones where their number is even. Its standard error is about
 * 1.25 std / √n for a normal law.
 *
 * @param sample at least 1 finite number; borrowed.
 * @returns a number in units of the sample.
 * @throws {RangeError} for an empty sample or a number that is not finite.
 * @throws {TypeError} if the sample is not array-like.
 */
export function median(sample: Sample): number {
  checkSample(sample, 'sample')
  const values = sorted(sample)
  const half = values.length >> 1
  return values.length % 2 === 1 ? values[half] : values[half - 1] + (values[half] - values[half - 1]) / 2
}
