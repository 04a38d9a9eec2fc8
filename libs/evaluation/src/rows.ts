/**
 * Checks a matrix handed over as one array, row after row.
 *
 * @param name how the argument is called, for messages.
 * @returns the number of rows.
 * @throws {TypeError} if it is not array-like.
 * @throws {RangeError} unless columns is a positive integer that divides the length into at least one row.
 */
export function rowsOf(name: string, values: ArrayLike<number>, columnsName: string, columns: number): number {
  if (typeof values !== 'object' || values === null || typeof values.length !== 'number') {
    throw new TypeError(`${name} must be an array of numbers; got ${String(values)}. Pass a Float32Array, row after row.`)
  }
  checkCount(columnsName, columns)
  if (values.length === 0 || values.length % columns !== 0) {
    throw new RangeError(
      `${name} must hold whole rows of ${columnsName} = ${columns} numbers, at least one; got ${values.length} numbers. ` +
        'Pass all rows one after the other, and how long each is.',
    )
  }
  return values.length / columns
}

/** @throws {RangeError} unless the value is a positive integer. */
export function checkCount(name: string, value: number): void {
  if (!(Number.isInteger(value) && value > 0)) {
    throw new RangeError(`${name} must be a positive integer; got ${value}. State the number itself.`)
  }
}

/** @throws {RangeError} naming the row and column of the first entry that is not finite. */
export function checkFiniteRows(name: string, values: ArrayLike<number>, columns: number): void {
  for (let at = 0; at < values.length; at++) {
    if (!Number.isFinite(values[at])) {
      throw new RangeError(
        `${name} must hold finite numbers; got ${String(values[at])} at row ${Math.floor(at / columns)}, column ${at % columns}. ` +
          'Find out where it came from: a diverged state should stop a run, not enter a statistic.',
      )
    }
  }
}

/** Checks class indices: integers in [0, classes). @throws {RangeError} naming the first that is none. */
export function checkClasses(name: string, indices: ArrayLike<number>, classes: number): void {
  for (let row = 0; row < indices.length; row++) {
    const index = indices[row] ?? NaN
    if (!(Number.isInteger(index) && index >= 0 && index < classes)) {
      throw new RangeError(`${name} must hold class indices from 0 to ${classes - 1}; got ${index} at index ${row}. Count classes from 0.`)
    }
  }
}

/** @throws {RangeError} unless there is one label for each row. */
export function checkLabelCount(labels: ArrayLike<number>, rows: number): void {
  if (labels.length !== rows) {
    throw new RangeError(`labels must hold one class for each of the ${rows} rows; got ${labels.length}. Pass those of the same images.`)
  }
}
