import { checkFiniteRows, rowsOf } from './rows'

/** First and second moments of feature vectors: all that the Fréchet distance sees of them. */
export interface FeatureStatistics {
  /** Number n of vectors. */
  readonly count: number
  /** Length d of each. */
  readonly dimension: number
  /** Mean, (d,). */
  readonly mean: Float64Array
  /** Unbiased covariance Σ (x − mean)(x − mean)ᵀ / (n − 1), (d × d), row after row; of rank n − 1 at most. */
  readonly covariance: Float64Array
}

/**
 * Mean and unbiased covariance of feature vectors, in two passes in float64. Compute those of a training set once and keep them.
 *
 * @param features (n × d), vector after vector; borrowed.
 * @param dimension d, the length of each vector.
 * @returns moments in new arrays.
 * @throws {RangeError} for fewer than 2 vectors, numbers that do not fill whole vectors, or one that is not finite.
 * @throws {TypeError} if the features are not array-like.
 * @example
 * featureStatistics([0, 0, 2, 4], 2).covariance // [2, 4, 4, 8]
 */
export function featureStatistics(features: ArrayLike<number>, dimension: number): FeatureStatistics {
  const count = rowsOf('features', features, 'dimension', dimension)
  if (count < 2) throw new RangeError(`features must hold at least 2 vectors; got ${count}. A covariance needs more of them.`)
  checkFiniteRows('features', features, dimension)
  const mean = new Float64Array(dimension)
  for (let at = 0; at < features.length; at++) mean[at % dimension] += features[at]
  for (let i = 0; i < dimension; i++) mean[i] /= count
  const covariance = new Float64Array(dimension * dimension)
  const deviation = new Float64Array(dimension)
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < dimension; i++) deviation[i] = features[row * dimension + i] - mean[i]
    for (let i = 0; i < dimension; i++) {
      const di = deviation[i]
      for (let j = 0; j <= i; j++) covariance[i * dimension + j] += di * deviation[j]
    }
  }
  for (let i = 0; i < dimension; i++) {
    for (let j = 0; j <= i; j++) {
      const value = covariance[i * dimension + j] / (count - 1)
      covariance[i * dimension + j] = value
      covariance[j * dimension + i] = value
    }
  }
  return { count, dimension, mean, covariance }
}
