import { checkClasses, checkCount, checkFiniteRows, checkLabelCount, rowsOf } from './rows'

/** What {@link confidentShare} counts. */
export interface ConfidenceOptions {
  /** Numbers in each row: the outputs of the network. @defaultValue classes */
  readonly columns?: number
  /** How many columns, the first ones, are classes; further ones, such as "none of them", can take confidence away but never earn it. */
  readonly classes: number
  /** Least probability, in (0, 1], that counts as confident. @defaultValue 0.9 */
  readonly threshold?: number
}

/**
 * Probabilities from logits, exp(lᵢ) / Σ exp(lⱼ) in each row, in float64 and without overflow.
 *
 * @param logits (rows × columns), row after row; borrowed.
 * @param columns numbers in each row.
 * @returns a new array (rows × columns); each row sums to 1.
 * @throws {RangeError} for numbers that do not fill whole rows, or one that is not finite.
 * @throws {TypeError} if the logits are not array-like.
 */
export function softmax(logits: ArrayLike<number>, columns: number): Float64Array {
  const rows = rowsOf('logits', logits, 'columns', columns)
  checkFiniteRows('logits', logits, columns)
  const probabilities = new Float64Array(rows * columns)
  for (let start = 0; start < probabilities.length; start += columns) {
    let [largest, sum] = [-Infinity, 0]
    for (let i = start; i < start + columns; i++) largest = Math.max(largest, logits[i])
    for (let i = start; i < start + columns; i++) sum += probabilities[i] = Math.exp(logits[i] - largest)
    for (let i = start; i < start + columns; i++) probabilities[i] /= sum
  }
  return probabilities
}

/**
 * The most probable class of each row; logits do as well as probabilities. The first of equals wins.
 *
 * @param values (rows × columns), row after row; borrowed.
 * @param columns numbers in each row.
 * @returns a new array (rows,) of column indices.
 * @throws {RangeError} for numbers that do not fill whole rows, or one that is not finite.
 * @throws {TypeError} if the values are not array-like.
 */
export function predictedClasses(values: ArrayLike<number>, columns: number): Int32Array {
  const rows = rowsOf('values', values, 'columns', columns)
  checkFiniteRows('values', values, columns)
  return Int32Array.from({ length: rows }, (_, row) => largestOf(values, row * columns, columns))
}

/**
 * Share of rows that are called some class with confidence: max over the first `classes` columns ≥ threshold. High for images that
 * look like the classes; it does not see whether they are varied, which {@link classHistogram} and the Fréchet distance do.
 *
 * @param probabilities (rows × columns), row after row, such as from {@link softmax}; borrowed.
 * @returns a number in [0, 1]; its standard error is √(share (1 − share) / rows).
 * @throws {RangeError} for numbers that do not fill whole rows, are no probabilities, or options out of range.
 * @throws {TypeError} if the probabilities are not array-like.
 */
export function confidentShare(probabilities: ArrayLike<number>, options: ConfidenceOptions): number {
  const { columns, rows } = checkConfidence(probabilities, options)
  return shareOf(probabilities, options, columns, rows, () => true)
}

/**
 * Share of rows that are called their own class with confidence: the label's probability is the largest of the classes and
 * ≥ threshold.
 *
 * @param probabilities (rows × columns), row after row; borrowed.
 * @param labels (rows,), the own class of each row; borrowed.
 * @returns a number in [0, 1], never above {@link confidentShare}; its standard error is √(share (1 − share) / rows).
 * @throws {RangeError} as {@link confidentShare} does, and for labels that are no classes or as many as the rows.
 * @throws {TypeError} if the probabilities are not array-like.
 */
export function confidentlyCorrectShare(probabilities: ArrayLike<number>, labels: ArrayLike<number>, options: ConfidenceOptions): number {
  const { columns, rows } = checkConfidence(probabilities, options)
  checkLabelCount(labels, rows)
  checkClasses('labels', labels, options.classes)
  return shareOf(probabilities, options, columns, rows, (row, called) => called === labels[row])
}

function shareOf(
  probabilities: ArrayLike<number>, { classes, threshold = 0.9 }: ConfidenceOptions, columns: number, rows: number,
  counts: (row: number, called: number) => boolean,
): number {
  let confident = 0
  for (let row = 0; row < rows; row++) {
    const called = largestOf(probabilities, row * columns, classes)
    if (probabilities[row * columns + called] >= threshold && counts(row, called)) confident++
  }
  return confident / rows
}

/** Index of the largest of `count` values from `start`. */
function largestOf(values: ArrayLike<number>, start: number, count: number): number {
  let best = 0
  for (let i = 1; i < count; i++) if (values[start + i] > values[start + best]) best = i
  return best
}

function checkConfidence(probabilities: ArrayLike<number>, options: ConfidenceOptions): { columns: number; rows: number } {
  const { classes, columns = classes, threshold = 0.9 } = options
  checkCount('classes', classes)
  const rows = rowsOf('probabilities', probabilities, 'columns', columns)
  if (classes > columns) throw new RangeError(`classes must be at most columns (${columns}); got ${classes}. State how long a row is.`)
  if (!(threshold > 0 && threshold <= 1)) throw new RangeError(`threshold must be in (0, 1]; got ${threshold}. 0.9 is usual.`)
  for (let at = 0; at < probabilities.length; at++) {
    const value = probabilities[at]
    if (!(value >= 0 && value <= 1 + 1e-5)) { // float32 rows may sum to a little more than 1
      throw new RangeError(
        `probabilities must be in [0, 1]; got ${value} at row ${Math.floor(at / columns)}, column ${at % columns}. Pass logits through softmax first.`,
      )
    }
  }
  return { columns, rows }
}
