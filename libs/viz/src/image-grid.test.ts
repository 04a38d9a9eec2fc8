import { decode } from 'fast-png'
import { describe, expect, it } from 'vitest'
import { encodePng, filmStrip, imageGrid, imageGridRaster, type ImageSet, type Raster } from './index'
import { renderPng } from './png'

const grey = (images: ArrayLike<number>, count: number, height: number, width: number): ImageSet => ({ images, count, height, width })
const rows = ({ width, data }: Raster): number[][] => {
  const reds = [...data].filter((_, at) => at % 4 === 0)
  return Array.from({ length: reds.length / width }, (_, row) => reds.slice(row * width, (row + 1) * width))
}

describe('imageGridRaster', () => {
  it('sets images from left to right and from the top, each row by row, with gaps between and the background where none is left', () => {
    const images = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
    expect(rows(imageGridRaster(grey(images, 3, 2, 2), { columns: 2, gap: 1, background: 99 }))).toEqual([
      [1, 2, 99, 5, 6],
      [3, 4, 99, 7, 8],
      [99, 99, 99, 99, 99],
      [9, 10, 99, 99, 99],
      [11, 12, 99, 99, 99],
    ])
  })

  it('maps [−1, 1] to 0 … 255 with rounding and clamps beyond, undoing v / 127.5 − 1 of every byte', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, value) => value)
    const floats = Float32Array.from(bytes, (value) => value / 127.5 - 1)
    expect(imageGridRaster(grey(floats, 1, 16, 16))).toEqual(imageGridRaster(grey(bytes, 1, 16, 16)))
    expect(rows(imageGridRaster(grey([-3, -1, 0, 1, 7], 1, 1, 5)))).toEqual([[0, 0, 128, 255, 255]])
    expect(rows(imageGridRaster({ ...grey([0, 0.5, 1], 1, 1, 3), range: [0, 1] }))).toEqual([[0, 128, 255]])
  })

  it('scales every pixel and gap to a square of one colour', () => {
    expect(rows(imageGridRaster(grey(Uint8Array.of(1, 2), 2, 1, 1), { scale: 2, gap: 1, background: 0 }))).toEqual([[1, 1, 0, 0, 2, 2], [1, 1, 0, 0, 2, 2]])
  })

  it('keeps the channels of colour images, and PNG gives the same pixels back: grey in one channel, colour in three', () => {
    const color = imageGridRaster({ images: Uint8Array.of(255, 0, 0, 1, 2, 3), count: 1, height: 1, width: 2, channels: 3 })
    expect([...color.data]).toEqual([255, 0, 0, 255, 1, 2, 3, 255])
    expect(decode(encodePng(color))).toMatchObject({ channels: 3, data: Uint8Array.of(255, 0, 0, 1, 2, 3) })
    expect(decode(encodePng(imageGridRaster(grey(Uint8Array.of(7, 9), 1, 1, 2))))).toMatchObject({ channels: 1, data: Uint8Array.of(7, 9) })
    expect(decode(encodePng({ width: 1, height: 1, data: Uint8ClampedArray.of(1, 2, 3, 4) }))).toMatchObject({ channels: 4, data: Uint8Array.of(1, 2, 3, 4) })
  })

  it('refuses values that do not fill the images, are not finite or no array, and options out of range', () => {
    expect(() => imageGridRaster(grey([1, 2, 3], 1, 2, 2))).toThrow('images.images must hold count × height × width × channels = 1 × 2 × 2 × 1 = 4 values; got 3.')
    expect(() => imageGridRaster(grey([0, 0, NaN, 0], 2, 1, 2))).toThrow('images.images must be finite; got NaN in image 1.')
    expect(() => imageGridRaster(grey(undefined as unknown as number[], 1, 1, 1))).toThrow(TypeError)
    expect(() => imageGridRaster({ ...grey([0, 0], 1, 1, 1), channels: 2 })).toThrow('images.channels must be 1 (grey) or 3 (colour); got 2.')
    const make = (options: Parameters<typeof imageGridRaster>[1]) => () => imageGridRaster(grey([0], 1, 1, 1), options)
    expect(make({ columns: 0 })).toThrow('columns must be an integer of at least 1; got 0.')
    expect(make({ scale: 1.5 })).toThrow('scale must be an integer of at least 1; got 1.5.')
    expect(make({ background: 256 })).toThrow('background must be an integer from 0 (black) to 255 (white); got 256.')
  })
})

describe('imageGrid', () => {
  const images = grey(Uint8Array.from({ length: 6 * 64 }, (_, at) => (at * 37) % 256), 6, 8, 8)
  const place = (svg: string): number[] => [...svg.matchAll(/<image x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g)].flatMap((match) => match.slice(1).map(Number))

  it('rendered as PNG holds each pixel of each image as a square of exactly its grey', async () => {
    const svg = imageGrid(images, { columns: 3, scale: 3, columnLabels: ['a', 'b', 'c'], rowLabels: ['first', 'second'] })
    const [left, top, width, height] = place(svg)
    const { data, width: stride, channels } = decode(await renderPng(svg, { scale: 2 }))
    const raster = rows(imageGridRaster(images, { columns: 3, scale: 6 }))
    expect([raster[0].length, raster.length]).toEqual([2 * width, 2 * height])
    raster.forEach((row, y) => row.forEach((value, x) => {
      if (data[channels * ((2 * top + y) * stride + 2 * left + x)] !== value) throw new Error(`pixel ${x}, ${y}`)
    }))
  })

  it('holds titles, labels and note as text, escaped', () => {
    const svg = imageGrid(images, { columns: 6, title: 'a < b', subtitle: 'sub', note: 'small', columnLabels: [...'uvwxyz'], rowLabels: ['r & s'], rowTitle: 'γ', columnTitle: 'class' })
    for (const text of ['a &lt; b', 'sub', 'small', 'u', 'z', 'r &amp; s', 'γ', 'class']) expect(svg).toContain(`>${text}<`)
  })

  it('takes as many columns as there are labels, or the square root', () => {
    expect(place(imageGrid(images, { columnLabels: ['a', 'b'] }))[2]).toBe(7 * (2 * 9 - 1))
    expect(place(imageGrid(images))[2]).toBe(7 * (3 * 9 - 1))
  })

  it('sets long column labels smaller rather than over each other', () => {
    const svg = imageGrid(grey(new Uint8Array(2 * 784), 2, 28, 28), { columnLabels: ['T-shirt/top', 'Trouser'] })
    const sizes = [...svg.matchAll(/font-size="([\d.]+)"/g)].map(([, size]) => Number(size))
    expect(Math.max(...sizes)).toBeLessThan(12)
    expect(svg).toContain('>T-shirt/top<')
  })

  it('refuses a size that is none by its name', () => {
    expect(() => imageGrid(grey([1], 1, 1, NaN))).toThrow('images.width must be an integer of at least 1; got NaN.')
    expect(() => imageGrid(images, { scale: 0 })).toThrow('scale must be an integer of at least 1; got 0.')
  })

  it('refuses labels that do not match the grid', () => {
    expect(() => imageGrid(images, { columns: 3, columnLabels: ['a', 'b'] })).toThrow('columnLabels must hold one text for each of the 3 columns; got 2.')
    expect(() => imageGrid(images, { columns: 3, rowLabels: ['a'] })).toThrow('rowLabels must hold one text for each of the 2 rows; got 1.')
  })
})

describe('filmStrip', () => {
  const state = (value: number): ImageSet => grey(Uint8Array.of(value, value + 1), 2, 1, 1)

  it('has a row for each image and a column for each time, which stands above it', () => {
    const svg = filmStrip({ states: [state(10), state(20), state(30)], times: [1, 0.5, 0], gap: 0, scale: 40 })
    const { data, width } = decode(Buffer.from(/base64,([^"]+)/.exec(svg)![1], 'base64'))
    expect([width, ...data]).toEqual([3, 10, 20, 30, 11, 21, 31])
    expect([...svg.matchAll(/>(\d\.\d)</g)].map(([, time]) => time)).toEqual(['1.0', '0.5', '0.0'])
  })

  it('says that time falls only where it does', () => {
    expect(filmStrip({ states: [state(1), state(2)], times: [1, 0] })).toContain('backward in time')
    expect(filmStrip({ states: [state(1), state(2)], times: [0, 1] })).not.toContain('backward in time')
  })

  it('refuses no states, other times than states, and states of other images', () => {
    expect(() => filmStrip({ states: [], times: [] })).toThrow('states must hold at least one state; got none.')
    expect(() => filmStrip({ states: [state(1)], times: [1, 2] })).toThrow('times must hold one number for each of the 1 states; got 2.')
    expect(() => filmStrip({ states: [state(1), grey([1], 1, 1, 1)], times: [1, 2] })).toThrow('got 1 × 1 × 1 × 1 at index 1.')
  })
})
