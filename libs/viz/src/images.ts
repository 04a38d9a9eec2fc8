import { checkInterval } from './input-checks'

/** Images of one size on the host, as the pictures of this library take them; a data set's images fit as they are. */
export interface ImageSet {
  /** Values, (count × height × width × channels), image after image, each row by row from its top, channels innermost. */
  readonly images: ArrayLike<number>
  /** Number of images. */
  readonly count: number
  /** Rows of pixels in each. */
  readonly height: number
  /** Pixels in each row. */
  readonly width: number
  /** 1 for grey, 3 for red, green and blue. @defaultValue 1 */
  readonly channels?: number
  /** Values shown as black and as full light; what lies beyond is clamped. @defaultValue [0, 255] for bytes, [−1, 1] otherwise */
  readonly range?: readonly [number, number]
}

/** An image set as bytes, clamped and rounded. */
export interface ImageBytes {
  readonly bytes: Uint8Array
  readonly count: number
  readonly height: number
  readonly width: number
  readonly channels: 1 | 3
}

/** @throws {RangeError} unless the value is an integer of at least `least`. */
export function checkInteger(name: string, value: number, least = 1): void {
  if (!(Number.isInteger(value) && value >= least)) {
    throw new RangeError(`${name} must be an integer of at least ${least}; got ${value}. Round it.`)
  }
}

/** Checks images and turns their values into bytes, 0 for the low end of the range and 255 for the high one. */
export function imageBytes(name: string, set: ImageSet): ImageBytes {
  const { images, count, height, width, channels = 1 } = set
  if (images === null || typeof images !== 'object' || typeof images.length !== 'number') {
    throw new TypeError(`${name}.images must be an array of numbers; got ${String(images)}. Await the tensor's data() and pass that.`)
  }
  checkInteger(`${name}.count`, count)
  checkInteger(`${name}.height`, height)
  checkInteger(`${name}.width`, width)
  if (channels !== 1 && channels !== 3) {
    throw new RangeError(`${name}.channels must be 1 (grey) or 3 (colour); got ${channels}. Drop other channels first.`)
  }
  const size = count * height * width * channels
  if (images.length !== size) {
    throw new RangeError(
      `${name}.images must hold count × height × width × channels = ${count} × ${height} × ${width} × ${channels} = ${size} values; ` +
        `got ${images.length}. Check the shape they came in.`,
    )
  }
  const inBytes = images instanceof Uint8Array || images instanceof Uint8ClampedArray
  const range = set.range ?? (inBytes ? [0, 255] as const : [-1, 1] as const)
  checkInterval(`${name}.range`, range)
  const [low, step] = [range[0], 255 / (range[1] - range[0])]
  const bytes = new Uint8Array(size)
  for (let at = 0; at < size; at++) {
    const value = images[at]
    if (!Number.isFinite(value)) {
      throw new RangeError(`${name}.images must be finite; got ${value} in image ${Math.floor((at * count) / size)}. A diverged state is no picture.`)
    }
    bytes[at] = Math.min(255, Math.max(0, Math.round((value - low) * step)))
  }
  return { bytes, count, height, width, channels }
}
