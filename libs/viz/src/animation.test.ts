import { describe, expect, it } from 'vitest'
import { drawnDigits, noisyImages } from './gallery-images'
import { decodeGif } from './gif-decoder.fixture'
import { animation, imageGridRaster, type ImageSet, type Raster } from './index'

const rgbOf = ({ data }: Raster): Uint8Array => Uint8Array.from(data.filter((_, at) => at % 4 !== 3))
const frames = (count: number): ImageSet[] => Array.from({ length: count }, (_, i) => noisyImages(drawnDigits([0, 1, 2, 3, 4, 5], 3, 16), i / count, 4))

describe('animation', () => {
  it('holds every frame, pixel for pixel for grey images, at twice the size (noise: all 256 greys, and a full LZW table)', () => {
    const states = frames(5)
    const { width, height, frames: decoded } = decodeGif(animation(states, { columns: 3 }))
    expect([width, height, decoded.length]).toEqual([2 * (3 * 17 - 1), 2 * (2 * 17 - 1), 5])
    decoded.forEach((frame, i) => expect(frame.rgb).toEqual(rgbOf(imageGridRaster(states[i], { columns: 3, scale: 2 }))))
    const large = noisyImages(drawnDigits(Array<number>(16).fill(8), 3), 0.1, 5) // 12,000 pixels: codes of 12 bits, table cleared
    expect(decodeGif(animation([large], { scale: 1 })).frames[0].rgb).toEqual(rgbOf(imageGridRaster(large)))
  })

  it('shows each frame for its delay and the last one longer, in hundredths of a second', () => {
    const delays = (options: Parameters<typeof animation>[1]) => decodeGif(animation(frames(3), options)).frames.map(({ delay }) => delay)
    expect(delays({})).toEqual([8, 8, 200])
    expect(delays({ delay: 50, lastDelay: 1000 })).toEqual([5, 5, 100])
  })

  it('plays for ever, once or a number of times again', () => {
    const repeat = (loop: 'forever' | 'once' | number) => decodeGif(animation(frames(2), { loop })).repeat
    expect([repeat('forever'), repeat('once'), repeat(3)]).toEqual([0, undefined, 3])
  })

  it('draws a bar that fills with the frames, below the grid', () => {
    const decoded = decodeGif(animation(frames(4), { columns: 6, scale: 1, progress: 'bar' }))
    expect(decoded.height).toBe(16 + 5)
    const filled = decoded.frames.map(({ rgb, width, height }) => rgb.subarray(3 * width * (height - 1)).filter((value, at) => at % 3 === 0 && value < 128).length)
    expect(filled).toEqual([1, 2, 3, 4].map((part) => Math.round((part / 4) * decoded.width)))
  })

  it('keeps colours where there are few of them, to the 5 bits in which they are told apart', () => {
    const images = Uint8Array.from([255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 0])
    const { frames: [{ rgb }] } = decodeGif(animation([{ images, count: 1, height: 2, width: 2, channels: 3 }], { scale: 1 }))
    rgb.forEach((value, at) => expect(Math.abs(value - images[at])).toBeLessThan(8))
  })

  it('refuses no frames, frames of two sizes, and delays that no viewer keeps', () => {
    const one: ImageSet = { images: new Float32Array(4), count: 1, height: 2, width: 2 }
    expect(() => animation([])).toThrow('frames must hold at least one frame; got none.')
    expect(() => animation([one, { images: new Float32Array(6), count: 1, height: 2, width: 3 }])).toThrow('frames must be of one size, 4 × 4 pixels as grids; got 6 × 4 at index 1.')
    expect(() => animation([one], { delay: 10 })).toThrow('delay must be from 20 to 655,350 milliseconds; got 10.')
    expect(() => animation([one], { loop: 1.5 })).toThrow('loop must be an integer of at least 1; got 1.5.')
  })
})
