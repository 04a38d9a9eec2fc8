import { InvalidArgumentError, ShapeError } from '@sbgm/sde-core'

/** Which numbers of a sample are known: 1 where they are, 0 where they are free; on the host. */
export interface KnownMask {
  /** Zeros and ones, row by row, of length Π shape; copied. */
  readonly data: ArrayLike<number>
  /** The shape of one sample, for all of them; where a whole state is meant, (batch, …). */
  readonly shape: readonly number[]
}

/**
 * A mask's numbers, checked.
 *
 * @throws ShapeError for numbers that do not fill the shape; InvalidArgumentError for others than 0 and 1.
 */
export function maskBits({ data, shape }: KnownMask): Uint8Array {
  const size = shape.reduce((product, axis) => product * axis, 1)
  if (data.length !== size) throw new ShapeError('the data of the mask', [size], [data.length])
  for (let i = 0; i < size; i++) if (data[i] !== 0 && data[i] !== 1) throw new InvalidArgumentError('mask', data[i], '0 (free) or 1 (known) everywhere')
  return Uint8Array.from(data)
}
