import { encode } from 'fast-png'
import { checkInteger, imageBytes, type ImageBytes, type ImageSet } from './images'

/** A picture of plain pixels. */
export interface Raster {
  /** Pixels in a row. */
  readonly width: number
  /** Rows. */
  readonly height: number
  /** Red, green, blue and opacity, (height × width × 4), row by row from the top; as `ImageData` of a canvas takes it. */
  readonly data: Uint8ClampedArray<ArrayBuffer>
}

/** How images are set side by side. */
export interface ImageGridRasterOptions {
  /** Images in a row; the last row may be shorter. @defaultValue ⌈√count⌉ */
  readonly columns?: number
  /** Pixels of the picture for each pixel of an image, both ways: every pixel becomes a square of one colour. @defaultValue 1 */
  readonly scale?: number
  /** Pixels of an image between two of them, scaled as they are. @defaultValue 1 */
  readonly gap?: number
  /** Grey of gaps and of places left empty, 0 (black) to 255 (white). @defaultValue 255 */
  readonly background?: number
}

/**
 * Images in a grid, exact to the pixel and without anything else: for a canvas, a GIF or another program. The value v of an image
 * shows as round(255 (v − low) / (high − low)), clamped.
 *
 * @returns the picture, columns · width + (columns − 1) · gap pixels wide, times the scale, and its height likewise; new arrays.
 * @throws {RangeError} when the values do not fill the images or are not finite, or an option is out of range.
 * @throws {TypeError} when the images are no array.
 */
export function imageGridRaster(images: ImageSet, options: ImageGridRasterOptions = {}): Raster {
  const bytes = imageBytes('images', images)
  const { columns, scale, gap, background } = gridOptions(bytes.count, options)
  const width = (columns * (bytes.width + gap) - gap) * scale
  const rows = Math.ceil(bytes.count / columns)
  const height = (rows * (bytes.height + gap) - gap) * scale
  const data = new Uint8ClampedArray(4 * width * height).fill(255)
  for (let at = 0; at < data.length; at++) if (at % 4 !== 3) data[at] = background
  for (let image = 0; image < bytes.count; image++) {
    const left = (image % columns) * (bytes.width + gap) * scale
    const top = Math.floor(image / columns) * (bytes.height + gap) * scale
    drawImage(data, width, bytes, image, left, top, scale)
  }
  return { width, height, data }
}

function gridOptions(
  count: number, { columns = Math.ceil(Math.sqrt(count)), scale = 1, gap = 1, background = 255 }: ImageGridRasterOptions,
): Required<ImageGridRasterOptions> {
  checkInteger('columns', columns)
  checkInteger('scale', scale)
  checkInteger('gap', gap, 0)
  if (!(Number.isInteger(background) && background >= 0 && background <= 255)) {
    throw new RangeError(`background must be an integer from 0 (black) to 255 (white); got ${background}. Colours are not supported.`)
  }
  return { columns: Math.min(columns, count), scale, gap, background }
}

function drawImage(
  data: Uint8ClampedArray, stride: number, { bytes, height, width, channels }: ImageBytes, image: number, left: number, top: number, scale: number,
): void {
  const first = image * height * width * channels
  const [green, blue] = channels === 3 ? [1, 2] : [0, 0]
  for (let row = 0; row < height * scale; row++) {
    const source = first + Math.floor(row / scale) * width * channels
    let at = 4 * ((top + row) * stride + left)
    for (let column = 0; column < width * scale; column++, at += 4) {
      const from = source + Math.floor(column / scale) * channels
      data[at] = bytes[from]
      data[at + 1] = bytes[from + green]
      data[at + 2] = bytes[from + blue]
    }
  }
}

/**
 * A raster as a PNG file: one byte a pixel where it holds greys only, three where it is opaque, four otherwise.
 *
 * @returns the bytes of the file; decoded, they are the pixels of the raster.
 */
export function encodePng({ width, height, data }: Raster): Uint8Array {
  const channels = channelsOf(data)
  const packed = new Uint8Array(width * height * channels)
  for (let pixel = 0; pixel < width * height; pixel++) {
    for (let channel = 0; channel < channels; channel++) packed[pixel * channels + channel] = data[4 * pixel + channel]
  }
  return encode({ width, height, data: packed, channels, depth: 8 })
}

function channelsOf(data: Uint8ClampedArray): 1 | 3 | 4 {
  let grey = true
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3] !== 255) return 4
    grey &&= data[at] === data[at + 1] && data[at] === data[at + 2]
  }
  return grey ? 1 : 3
}
