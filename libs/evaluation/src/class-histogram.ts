import { checkClasses, checkCount, checkLabelCount } from './rows'

/**
 * How often each class occurs.
 *
 * @param predictions class indices, such as from {@link predictedClasses}; borrowed.
 * @param classes how many classes there are, so that those without a prediction are counted as 0.
 * @returns a new array (classes,) of counts.
 * @throws {RangeError} for a prediction that is no class.
 */
export function classHistogram(predictions: ArrayLike<number>, classes: number): Float64Array {
  checkCount('classes', classes)
  checkClasses('predictions', predictions, classes)
  const counts = new Float64Array(classes)
  for (let row = 0; row < predictions.length; row++) counts[predictions[row]]++
  return counts
}

/**
 * Entropy −Σ pᵢ ln pᵢ of a histogram, pᵢ being its shares: ln(classes) if all are equally frequent, 0 if there is but one.
 * n draws come out about (classes − 1) / (2n) too low.
 *
 * @param counts numbers ≥ 0, counts or shares; borrowed.
 * @returns a number in [0, ln(counts.length)], in nats.
 * @throws {RangeError} if a count is negative or not finite, or all are 0.
 */
export function entropyNats(counts: ArrayLike<number>): number {
  let total = 0
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i]
    if (!(count >= 0 && Number.isFinite(count))) throw new RangeError(`counts must be numbers ≥ 0; got ${count} at index ${i}. Pass a histogram.`)
    total += count
  }
  if (!(total > 0)) throw new RangeError('counts must not all be 0; got a total of 0. Count at least one prediction.')
  let entropy = 0
  for (let i = 0; i < counts.length; i++) {
    const share = counts[i] / total
    if (share > 0) entropy -= share * Math.log(share)
  }
  return Math.max(0, entropy)
}

/**
 * The same entropy in bits, −Σ pᵢ log₂ pᵢ: log₂ 10 ≈ 3.32 for ten equally frequent classes.
 *
 * @param counts numbers ≥ 0, counts or shares; borrowed.
 * @returns a number in [0, log₂(counts.length)].
 * @throws {RangeError} as {@link entropyNats} does.
 */
export function entropyBits(counts: ArrayLike<number>): number {
  return entropyNats(counts) / Math.LN2
}

/**
 * Share of predictions that equal their label.
 *
 * @param predictions class indices; borrowed.
 * @param labels the true ones, as many; borrowed.
 * @returns a number in [0, 1]; its standard error is √(share (1 − share) / n).
 * @throws {RangeError} if there are none, or the lengths differ.
 */
export function accuracy(predictions: ArrayLike<number>, labels: ArrayLike<number>): number {
  if (predictions.length === 0) throw new RangeError('predictions must hold at least one class; got none. Pass the whole test set.')
  checkLabelCount(labels, predictions.length)
  let right = 0
  for (let row = 0; row < predictions.length; row++) if (predictions[row] === labels[row]) right++
  return right / predictions.length
}
