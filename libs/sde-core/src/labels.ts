import { InvalidArgumentError, ShapeError } from './errors'

/** A class for each sample, shape (batch,), on the host; the number of classes itself means "no label". */
export type Labels = Int32Array

/**
 * Checks the labels of a batch at a public door.
 *
 * @param labels - what was given
 * @param expected - how many there must be, and the number of classes, which itself means "no label"
 * @throws {@link ShapeError} unless there is one per sample; {@link InvalidArgumentError} unless each is an integer from 0 to
 * `classes`.
 */
export function checkLabels(labels: ArrayLike<number>, { classes, batch }: { readonly classes: number; readonly batch: number }): void {
  if (labels.length !== batch) throw new ShapeError('labels', [batch], [labels.length])
  checkClasses('labels', labels, classes)
}

/** Throws {@link InvalidArgumentError}, naming the argument and the first that is none, unless each label is an integer from 0 to `classes`. */
export function checkClasses(name: string, labels: ArrayLike<number>, classes: number): void {
  for (let i = 0; i < labels.length; i++) {
    if (!(Number.isInteger(labels[i]) && labels[i] >= 0 && labels[i] <= classes)) {
      throw new InvalidArgumentError(name, labels[i], `integers from 0 to ${classes} (${classes}: no label)`)
    }
  }
}
