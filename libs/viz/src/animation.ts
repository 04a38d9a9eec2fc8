import { gifEncoder, type PaletteColor } from './gif-encoder'
import { imageGridRaster, type ImageGridRasterOptions, type Raster } from './image-grid-raster'
import { checkInteger, type ImageSet } from './images'

/** Options of {@link animation}. */
export interface AnimationOptions extends ImageGridRasterOptions {
  /** Pixels of the picture for each pixel of an image. @defaultValue 2 */
  readonly scale?: number
  /** Milliseconds that each frame stays, at least 20; a GIF counts in hundredths of a second. @defaultValue 80 */
  readonly delay?: number
  /** Milliseconds that the last frame stays. @defaultValue 2000 */
  readonly lastDelay?: number
  /** Whether it starts again, for ever or a number of times after the first. @defaultValue 'forever' */
  readonly loop?: 'forever' | 'once' | number
  /** A thin bar below the grid that fills from left to right with the frames. @defaultValue 'none' */
  readonly progress?: 'none' | 'bar'
}

const barGap = 2
const barHeight = 3
const filled = 96
const empty = 224

/**
 * States of images as an animated GIF, each frame a grid like {@link imageGridRaster}: how samples come out of noise. Grey images
 * keep every one of their 256 greys; colours are reduced to 256 for each frame.
 *
 * @param frames the same images at one time after the other; all of one count and size.
 * @returns the bytes of the GIF file.
 * @throws {RangeError} when there is no frame, frames differ in size, values are not finite, or an option is out of range.
 * @throws {TypeError} when images are no array.
 */
export function animation(frames: readonly ImageSet[], options: AnimationOptions = {}): Uint8Array {
  const { delay = 80, lastDelay = 2000, loop = 'forever', progress = 'none', scale = 2, ...grid } = options
  if (frames.length === 0) throw new RangeError('frames must hold at least one frame; got none. Keep some states on the way of the sampler.')
  checkDelay('delay', delay)
  checkDelay('lastDelay', lastDelay)
  if (loop !== 'forever' && loop !== 'once') checkInteger('loop', loop)
  const repeat = loop === 'forever' ? 0 : loop === 'once' ? -1 : loop
  const rasters = frames.map((frame, index) => {
    const raster = imageGridRaster(frame, { ...grid, scale })
    return progress === 'bar' ? withProgress(raster, (index + 1) / frames.length) : raster
  })
  const [{ width, height }] = rasters
  const gif = gifEncoder.GIFEncoder()
  rasters.forEach((raster, index) => {
    if (raster.width !== width || raster.height !== height) {
      throw new RangeError(`frames must be of one size, ${width} × ${height} pixels as grids; got ${raster.width} × ${raster.height} at index ${index}. Follow the same images.`)
    }
    const { pixels, palette } = indexed(raster)
    gif.writeFrame(pixels, width, height, { palette, repeat, delay: index === rasters.length - 1 ? lastDelay : delay })
  })
  gif.finish()
  return gif.bytes()
}

function checkDelay(name: string, value: number): void {
  if (!(value >= 20 && value <= 655_350)) {
    throw new RangeError(`${name} must be from 20 to 655,350 milliseconds; got ${value}. Viewers slow shorter ones down.`)
  }
}

const greys: readonly PaletteColor[] = Array.from({ length: 256 }, (_, value) => [value, value, value])

/** Each pixel as a place in a palette: its own grey, or the nearest of 256 colours. */
function indexed({ width, height, data }: Raster): { pixels: Uint8Array; palette: readonly PaletteColor[] } {
  const pixels = new Uint8Array(width * height)
  for (let pixel = 0; pixel < pixels.length; pixel++) {
    const red = data[4 * pixel]
    if (red !== data[4 * pixel + 1] || red !== data[4 * pixel + 2]) {
      const palette = gifEncoder.quantize(data, 256)
      return { pixels: gifEncoder.applyPalette(data, palette), palette }
    }
    pixels[pixel] = red
  }
  return { pixels, palette: greys }
}

function withProgress({ width, height, data }: Raster, share: number): Raster {
  const taller = height + barGap + barHeight
  const extended = new Uint8ClampedArray(4 * width * taller).fill(255)
  extended.set(data)
  for (let row = height + barGap; row < taller; row++) {
    for (let column = 0; column < width; column++) {
      const at = 4 * (row * width + column)
      extended.fill(column < Math.round(share * width) ? filled : empty, at, at + 3)
    }
  }
  return { width, height: taller, data: extended }
}
