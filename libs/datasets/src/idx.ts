import { InvalidArgumentError, ShapeError } from '@sbgm/sde-core'
import { DamagedFileError } from './damaged-file-error'

/** What an IDX file of images holds. */
export interface IdxImages {
  /** Number of images. */
  readonly count: number
  /** Rows of an image. */
  readonly height: number
  /** Columns of an image. */
  readonly width: number
  /** The pixels, 0 … 255, shape (count, height, width); a view into the file's bytes. */
  readonly data: Uint8Array
}

/** The first four bytes of each kind of file: two zeros, 8 for unsigned bytes, and the number of axes. */
const MAGIC = { images: 2051, labels: 2049 } as const
type IdxKind = keyof typeof MAGIC

/**
 * Reads an IDX file of images: magic 2051, count, rows, columns (big-endian, 32 bits each), then the pixels.
 *
 * @param bytes - the whole file, unpacked
 * @param file - its name, for errors
 * @returns a view into `bytes`
 * @throws {@link DamagedFileError} unless magic and length are exactly those of such a file; says what was found instead.
 * @see http://yann.lecun.com/exdb/mnist/, "File formats for the MNIST database".
 */
export function readIdxImages(bytes: Uint8Array, file = 'The IDX file of images'): IdxImages {
  const [count, height, width] = readHeader(bytes, 'images', file)
  if (height === 0 || width === 0) throw new DamagedFileError(file, `says that its images have ${height} × ${width} pixels`)
  const data = readBody(bytes, [count, height, width], file)
  return { count, height, width, data }
}

/**
 * Reads an IDX file of labels: magic 2049, count, then a byte per label.
 *
 * @param bytes - the whole file, unpacked
 * @param file - its name, for errors
 * @returns the labels, shape (count,), a view into `bytes`
 * @throws {@link DamagedFileError} unless magic and length are exactly those of such a file; says what was found instead.
 */
export function readIdxLabels(bytes: Uint8Array, file = 'The IDX file of labels'): Uint8Array {
  return readBody(bytes, readHeader(bytes, 'labels', file), file)
}

/**
 * The IDX file of an array of bytes: what {@link readIdxImages} and {@link readIdxLabels} read, and for more axes the same with
 * their number in the magic.
 *
 * @param data - the bytes, row by row; copied
 * @param shape - their shape, 1 to 255 axes
 * @throws InvalidArgumentError for a number of axes, or an axis, that the format cannot hold; ShapeError if the shape is that of more or
 * fewer bytes.
 */
export function writeIdx(data: Uint8Array, shape: readonly number[]): Uint8Array {
  if (!(shape.length >= 1 && shape.length <= 255 && shape.every((axis) => Number.isInteger(axis) && axis >= 0 && axis < 2 ** 32))) {
    throw new InvalidArgumentError('shape', shape, '1 to 255 integers from 0 to 2³² − 1')
  }
  const size = sizeOf(shape)
  if (data.length !== size) throw new ShapeError('data', [size], [data.length])
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, 2048 + shape.length)
  shape.forEach((axis, index) => view.setUint32(4 + 4 * index, axis))
  bytes.set(data, 4 + 4 * shape.length)
  return bytes
}

/** The axes that the header tells. */
function readHeader(bytes: Uint8Array, kind: IdxKind, file: string): readonly number[] {
  const wanted = MAGIC[kind]
  const axes = wanted - 2048
  if (bytes.length < 4) throw new DamagedFileError(file, `is cut short: ${bytes.length} bytes cannot hold the header of an IDX file`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const magic = view.getUint32(0)
  if (magic !== wanted) throw foreign(magic, kind, file)
  if (bytes.length < 4 + 4 * axes) {
    throw new DamagedFileError(file, `is cut short: ${bytes.length} bytes cannot hold the header of ${4 + 4 * axes} bytes`)
  }
  return Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis))
}

function foreign(magic: number, kind: IdxKind, file: string): DamagedFileError {
  const other = kind === 'images' ? 'labels' : 'images'
  if (magic === MAGIC[other]) {
    const remedy = 'The two files seem to be swapped: give each under its own name.'
    return new DamagedFileError(file, `holds ${other} where ${kind} are expected (magic ${magic}, not ${MAGIC[kind]})`, remedy)
  }
  if (magic >>> 16 === 0x1f8b) return new DamagedFileError(file, 'is packed by gzip, and an unpacked IDX file is expected', 'Unpack it first.')
  return new DamagedFileError(file, `is no IDX file of ${kind}: it begins with ${magic}, not with the magic number ${MAGIC[kind]}`)
}

/** What follows the header: exactly as many bytes as the axes tell. */
function readBody(bytes: Uint8Array, shape: readonly number[], file: string): Uint8Array {
  const start = 4 + 4 * shape.length
  const needed = sizeOf(shape)
  const found = bytes.length - start
  const counted = `${shape.join(' × ')} = ${needed} bytes after its header, and ${found} are there`
  if (found < needed) throw new DamagedFileError(file, `is cut short: it announces ${counted}`)
  if (found > needed) throw new DamagedFileError(file, `has trailing bytes: it announces ${counted}`)
  return bytes.subarray(start)
}

/** How many bytes a shape holds. */
const sizeOf = (shape: readonly number[]): number => shape.reduce((product, axis) => product * axis, 1)
