import { decode } from 'fast-png'
import { describe, expect, it } from 'vitest'
import { colorScale, evenEdges, heatmap, type ColorMapName, type Frame } from './index'

const frame: Frame = { width: 100, height: 100, x: (v) => 100 * v, y: (v) => 100 - 100 * v }
const colors = colorScale({ domain: [0, 1], exponent: 0.5 })
const unit = (count: number): Float64Array => evenEdges({ from: 0, to: 1, count })

function rasterOf(svg: string): { width: number; height: number; at: (column: number, row: number) => number[] } {
  const encoded = /data:image\/png;base64,([^"]+)/.exec(svg)![1]
  const { width, height, data, channels } = decode(Buffer.from(encoded, 'base64'))
  return { width, height, at: (column, row) => [...data.subarray(channels * (row * width + column), channels * (row * width + column) + 3)] }
}

describe('heatmap', () => {
  it('puts the value of column c and row r at pixel (c, rows − 1 − r), one pixel for each cell', () => {
    const values = new Float64Array(5 * 3)
    values[3 * 3 + 0] = 1 // fourth column, lowest row
    values[1 * 3 + 2] = 0.25 // second column, highest row
    const raster = rasterOf(heatmap({ xEdges: unit(5), yEdges: unit(3), values, colors }).draw(frame))
    expect([raster.width, raster.height]).toEqual([5, 3])
    expect(raster.at(3, 2)).toEqual(colors.rgb(1))
    expect(raster.at(1, 0)).toEqual(colors.rgb(0.25))
    expect(raster.at(0, 0)).toEqual(colors.rgb(0))
    expect(colors.rgb(0.25)).not.toEqual(colors.rgb(1))
  })

  it('shows each cell of an uneven grid over its own share of the axis, to one line of the raster', () => {
    const raster = rasterOf(heatmap({ xEdges: [0, 0.1, 1], yEdges: unit(1), values: [0, 1], colors }).draw(frame))
    const bright = Array.from({ length: raster.width }, (_, c) => raster.at(c, 0).join() === colors.rgb(1).join())
    expect(Math.abs(bright.indexOf(true) / raster.width - 0.1)).toBeLessThanOrEqual(1 / raster.width)
    expect(bright.lastIndexOf(false)).toBeLessThan(bright.indexOf(true))
  })

  it('gives equal values equal colours in two maps that share a scale, whatever else they hold', () => {
    const first = rasterOf(heatmap({ xEdges: unit(2), yEdges: unit(1), values: [0.3, 1], colors }).draw(frame))
    const second = rasterOf(heatmap({ xEdges: unit(2), yEdges: unit(1), values: [0.02, 0.3], colors }).draw(frame))
    expect(first.at(0, 0)).toEqual(second.at(1, 0))
    expect(first.at(1, 0)).not.toEqual(second.at(1, 0))
  })

  it('draws its image over exactly the range of its edges', () => {
    const svg = heatmap({ xEdges: [0.2, 0.4, 0.6], yEdges: [0.5, 1], values: [0, 1], colors }).draw(frame)
    expect(svg).toContain('x="20" y="0" width="40" height="50"')
  })

  it('refuses values that do not fill the grid, are not finite, or have edges that do not increase', () => {
    const make = (xEdges: number[], values: number[]) => () => heatmap({ xEdges, yEdges: [0, 1], values, colors })
    expect(make([0, 1, 2], [1])).toThrow(/values must hold columns × rows = 2 × 1 = 2 values; got 1\. Store the cells column after column\./)
    expect(make([0, 1], [NaN])).toThrow(/values must be finite; got NaN at index 0/)
    expect(make([0, 0], [1])).toThrow(/xEdges must increase strictly; got 0 then 0 at index 1/)
    expect(() => heatmap({ xEdges: [0, 1], yEdges: [0, 1], values: undefined as unknown as number[], colors })).toThrow(TypeError)
  })
})

describe('colorScale', () => {
  const luminance = (rgb: readonly number[]): number => {
    const [r, g, b] = rgb.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }

  it.each<ColorMapName>(['viridis', 'magma', 'inferno', 'plasma', 'cividis'])('grows brighter with the value throughout %s (to 0.003 of white, the 8-bit step)', (map) => {
    const scale = colorScale({ map, domain: [0, 2] })
    const lights = Array.from({ length: 256 }, (_, i) => luminance(scale.rgb((2 * i) / 255)))
    expect(Math.min(...lights.slice(1).map((light, i) => light - lights[i]))).toBeGreaterThan(-0.003)
    expect(lights[255] - lights[0]).toBeGreaterThan(0.5)
  })

  it('places values by the power norm and holds those outside its domain at the ends', () => {
    const scale = colorScale({ domain: [1, 5], exponent: 0.5 })
    expect(scale.position(2)).toBe(0.5)
    expect([scale.position(-3), scale.position(9)]).toEqual([0, 1])
    expect(scale.css(0)).toMatch(/^#[0-9a-f]{6}$/)
  })

  it('refuses an empty domain, an exponent of zero and a map it does not know', () => {
    expect(() => colorScale({ domain: [1, 1] })).toThrow(/domain must be \[low, high\].*got \[1, 1\]/)
    expect(() => colorScale({ domain: [0, 1], exponent: 0 })).toThrow(/exponent must be a positive finite number; got 0/)
    expect(() => colorScale({ domain: [0, 1], map: 'jet' as ColorMapName })).toThrow(/map must be one of viridis, magma.*got 'jet'/)
  })
})
