import { describe, expect, it } from 'vitest'
import { type Frame, smoothedLine } from './index'

const frame: Frame = { width: 100, height: 100, x: (v) => v, y: (v) => 100 - v }
const paths = (svg: string): [number, number][][] => [...svg.matchAll(/ d="([^"]+)"/g)].map(([, d]) =>
  d.split(/[ML]/).filter((part) => part !== '').map((part) => part.split(',').map(Number) as [number, number]))

describe('smoothedLine', () => {
  it('draws the values and their centred mean: narrower at the start, cut off at the end', () => {
    const [values, mean] = paths(smoothedLine({ x: [0, 10, 20, 30, 40], y: [9, 0, 3, 6, 12], window: 3 }).draw(frame))
    expect(values).toEqual([[0, 91], [10, 100], [20, 97], [30, 94], [40, 88]])
    expect(mean).toEqual([[0, 91], [10, 96], [20, 97], [30, 93], [40, 91]])
  })

  it('of values much denser than pixels keeps least and largest of each column, in a file that does not grow', () => {
    const draw = (count: number) => smoothedLine({
      x: Float64Array.from({ length: count }, (_, i) => (99.9 * i) / count),
      y: Float64Array.from({ length: count }, (_, i) => (i === 7 ? 90 : i % 2)), window: 2,
    }).draw(frame)
    const [values, mean] = paths(draw(50_000))
    expect([values.length, mean.length]).toEqual([200, 101])
    expect(Math.min(...values.map(([, y]) => y))).toBe(10) // the spike of one value among 500
    expect(draw(50_000).length).toBeLessThan(1.2 * draw(5_000).length)
  })

  it('has entries in the legend for what is named, and the extent of the values', () => {
    const layer = smoothedLine({ x: [1, 2, 3], y: [5, 1, 2], label: 'loss', valuesLabel: 'batch' })
    expect(layer.keys.map(({ label }) => label)).toEqual(['batch', 'loss'])
    expect(layer.extent).toEqual({ x: [1, 3], y: [1, 5] })
    expect(smoothedLine({ x: [1, 2], y: [5, 1] }).keys).toEqual([])
  })

  it('refuses a window of 0 and arrays that do not fit', () => {
    expect(() => smoothedLine({ x: [1, 2], y: [1, 2], window: 0 })).toThrow('window must be a positive integer; got 0.')
    expect(() => smoothedLine({ x: [1, 2], y: [1] })).toThrow('y must hold one value for each x = 2 values; got 1.')
    expect(() => smoothedLine({ x: [1, 2], y: [1, NaN] })).toThrow('y must be finite; got NaN at index 1.')
  })
})
