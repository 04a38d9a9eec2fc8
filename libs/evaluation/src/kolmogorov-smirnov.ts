import { cdfAt, checkSample, sorted, type Cdf, type Sample } from './sample'

/**
 * Kolmogorov–Smirnov distance D = sup |F_n − F| between the empirical distribution of a sample and a law or another sample.
 * It is blind to scale and weak in the tails: use {@link wasserstein1} for how far the mass lies, this for whether it fits.
 *
 * Against a CDF both one-sided gaps are taken at every sorted point, which is exact for a continuous law.
 *
 * @param sample any size from 1; finite numbers; borrowed.
 * @param reference a continuous CDF, or another sample of any size.
 * @returns D in [0, 1]. Compare with {@link kolmogorovCriticalValue}.
 * @throws {RangeError} for an empty sample, a number that is not finite, or a CDF value outside [0, 1].
 * @throws {TypeError} if the sample is not array-like.
 * @see Kolmogorov 1933, "Sulla determinazione empirica di una legge di distribuzione".
 * @example
 * kolmogorovSmirnov([0.1, 0.4, 0.7], (x) => Math.min(Math.max(x, 0), 1)) // 0.3: F₃(0.7) = 1 against 0.7
 */
export function kolmogorovSmirnov(sample: Sample, reference: Cdf | Sample): number {
  checkSample(sample, 'sample')
  if (typeof reference === 'function') return distanceToLaw(sorted(sample), reference)
  checkSample(reference, 'reference')
  return distanceToSample(sorted(sample), sorted(reference))
}

function distanceToLaw(points: Float64Array, cdf: Cdf): number {
  const n = points.length
  let distance = 0
  points.forEach((x, index) => {
    const probability = cdfAt(cdf, x)
    distance = Math.max(distance, (index + 1) / n - probability, probability - index / n)
  })
  return distance
}

function distanceToSample(x: Float64Array, y: Float64Array): number {
  let [i, j, distance] = [0, 0, 0]
  while (i < x.length && j < y.length) {
    const next = Math.min(x[i] ?? Infinity, y[j] ?? Infinity)
    while (i < x.length && x[i] === next) i++
    while (j < y.length && y[j] === next) j++
    distance = Math.max(distance, Math.abs(i / x.length - j / y.length))
  }
  return distance
}
