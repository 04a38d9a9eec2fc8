import { InvalidArgumentError, ShapeError } from './errors'

/**
 * The batch of states one after the other.
 *
 * @throws {@link InvalidArgumentError} without states; {@link ShapeError} if they differ in more than the batch.
 */
export function concatenatedBatch(shapes: readonly (readonly number[])[]): number {
  if (shapes.length === 0) throw new InvalidArgumentError('states', shapes, 'at least one')
  const [, ...sample] = shapes[0]
  for (const shape of shapes) {
    if (shape.slice(1).join() !== sample.join()) throw new ShapeError('states that are concatenated', `(batch, ${sample.join(', ')})`, shape)
  }
  return shapes.reduce((sum, [batch]) => sum + batch, 0)
}

/**
 * Checks which samples of a batch are wanted.
 *
 * @throws {@link InvalidArgumentError} unless there is at least one and all are there.
 */
export function checkRows(batch: number, from: number, count: number): void {
  if (!(Number.isInteger(from) && from >= 0 && from < batch)) throw new InvalidArgumentError('from', from, `an integer from 0 to ${batch - 1}`)
  if (!(Number.isInteger(count) && count >= 1 && from + count <= batch)) {
    throw new InvalidArgumentError('count', count, `an integer from 1 to ${batch - from}`)
  }
}
