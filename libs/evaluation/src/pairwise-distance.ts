import { copyRow, squaredDistance } from './row-distance'
import { checkFiniteRows, rowsOf } from './rows'

/** How far the rows of a set are from one another, with the error that comes from their number being finite. */
export interface PairwiseDistance {
  /** Mean over all pairs of two different rows of their Euclidean distance: an unbiased estimate of E‖x − y‖. */
  readonly mean: number
  /**
   * Its standard error, by the jackknife over rows, √(4 (n − 1) / (n (n − 2)²) Σᵢ (qᵢ − mean)²), with qᵢ the mean distance of row i
   * to the others; NaN for two rows, which say nothing of it.
   */
  readonly meanError: number
}

/**
 * Mean distance of two rows of a set: how varied generated images are, from features of a network. 0 where all are the same; far below that
 * of real images where they are alike. It does not see whether they look like anything, which a classifier or the Fréchet distance does.
 *
 * Bytes (`Uint8Array`) are read as images, v / 127.5 − 1, other arrays as they are. All n (n − 1) / 2 pairs are taken, in float64.
 *
 * @param rows (n × size), row after row, n ≥ 2; borrowed.
 * @param size numbers in each row, such as the length of a feature vector.
 * @returns plain numbers, in units of the values.
 * @throws {RangeError} for fewer than 2 rows, numbers that do not fill whole rows, or one that is not finite.
 * @throws {TypeError} if the rows are not array-like.
 * @see Sen 1960, "On some convergence properties of U-statistics", Calcutta Statistical Association Bulletin 10 (standard error).
 * @example
 * meanPairwiseDistance([0, 0, 3, 4], 2).mean // 5
 */
export function meanPairwiseDistance(rows: ArrayLike<number>, size: number): PairwiseDistance {
  const count = rowsOf('rows', rows, 'size', size)
  if (count < 2) throw new RangeError(`rows must hold at least 2 rows; got ${count}. A distance needs two of them.`)
  checkFiniteRows('rows', rows, size)
  const sums = new Float64Array(count)
  const row = new Float64Array(size)
  for (let i = 1; i < count; i++) {
    copyRow(row, rows, i)
    for (let j = 0; j < i; j++) {
      const distance = Math.sqrt(squaredDistance(row, rows, j * size, Infinity))
      sums[i] += distance
      sums[j] += distance
    }
  }
  const mean = sums.reduce((total, sum) => total + sum, 0) / (count * (count - 1))
  const spread = sums.reduce((total, sum) => total + (sum / (count - 1) - mean) ** 2, 0)
  const meanError = count === 2 ? NaN : Math.sqrt((4 * (count - 1) * spread) / count) / (count - 2)
  return { mean, meanError }
}
