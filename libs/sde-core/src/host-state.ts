import { ShapeError } from './errors'

/** The float64 counterpart of a tensor: a host array with a shape, batch first. */
export interface HostState {
  /** The numbers, row by row; of length Π shape. */
  readonly data: Float64Array
  /** The shape, (batch, …). */
  readonly shape: readonly number[]
}

/** Number of elements of a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, axis) => product * axis, 1)

/**
 * A host state from numbers.
 *
 * @param data - the numbers, row by row; copied
 * @param shape - (batch, …); by default a column (length, 1)
 * @returns a state of its own, which shares nothing with the arguments
 * @throws {@link ShapeError} if the length does not fit the shape.
 */
export function hostState(data: ArrayLike<number>, shape: readonly number[] = [data.length, 1]): HostState {
  if (sizeOf(shape) !== data.length) throw new ShapeError(`a state of ${data.length} numbers`, 'whose product is that number', shape)
  return { data: Float64Array.from(data), shape: [...shape] }
}
