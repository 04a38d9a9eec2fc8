import { describe, expect, it } from 'vitest'
import {
  bars, band, colorBar, colorScale, densityColumns, densityHeatmap, edgesAround, evenEdges, figure, heatmap, limit, line, notes, panel,
} from './index'
import { textWidth, wrapText } from './text'

const ramp = (): ReturnType<typeof line> => line({ x: [0, 1, 2], y: [1, 2, 4], label: 'ramp' })
const one = (layers = [ramp()]): string => figure({ rows: [{ height: 120, cells: [panel({ layers })] }] })

/** Left and right ends of every unrotated line of text, subscripts and all, by the packaged font's widths. */
function textEnds(svg: string): { text: string; left: number; right: number }[] {
  return [...svg.matchAll(/<text ([^>]*)>(.*?)<\/text>/g)].filter(([, attributes]) => !attributes.includes('rotate')).map(([, attributes, content]) => {
    const number = (name: string): number => Number(new RegExp(`(?:^| )${name}="([^"]+)"`).exec(attributes)?.[1])
    const text = content.replace(/<[^>]+>/g, '').replaceAll('&lt;', '<').replaceAll('&amp;', '&')
    const width = textWidth(text, { size: number('font-size'), weight: attributes.includes('font-weight') ? 600 : 400 })
    const left = number('x') - (attributes.includes('"end"') ? width : attributes.includes('"middle"') ? width / 2 : 0)
    return { text, left, right: left + width }
  })
}

describe('figure', () => {
  it('gives the same bytes for the same input', () => {
    expect(one()).toBe(one())
  })

  it('escapes text, so that no label can open an element', () => {
    const svg = figure({ title: '<script>&"\'\u0000', rows: [{ height: 100, cells: [panel({ title: 'a < b', layers: [ramp()] })] }] })
    expect(svg).toContain('&lt;script&gt;&amp;&quot;&#39;\ufffd')
    expect(svg).toContain('a &lt; b')
    expect(svg).not.toContain('<script>')
  })

  it('lets no text run past its edges, however long titles, legends and labels are', () => {
    const long = 'a rather long piece of text that would never fit on a single line of a narrow figure '.repeat(3)
    const svg = figure({
      width: 480, title: long, subtitle: 'x'.repeat(300), note: long,
      rows: [{ height: 120, cells: [panel({
        title: long, x: { label: long, domain: [0, 123_456_789] }, arrow: { towards: 'left', label: long },
        layers: [line({ x: [0, 1], y: [-12_345_678, 1], label: long }), limit({ at: 3, label: 'a limit' })],
      })] }],
    })
    const ends = textEnds(svg)
    expect(ends.length).toBeGreaterThan(30)
    expect(ends.filter(({ left, right }) => left < 0 || right > 480)).toEqual([])
  })

  it('aligns the plot areas of a column and of a row', () => {
    const cell = (high: number) => panel({ y: { label: 'y', domain: [0, high] }, layers: [ramp()] })
    const svg = figure({ rows: [{ height: 100, cells: [cell(1), cell(1000)] }, { height: 80, cells: [cell(1e5), cell(5)] }] })
    const areas = [...svg.matchAll(/<svg x="([^"]+)" y="([^"]+)" width="([^"]+)"/g)].map(([, x, y, width]) => [x, y, width])
    expect(areas).toHaveLength(4)
    expect([areas[0][0], areas[0][2]]).toEqual([areas[2][0], areas[2][2]])
    expect([areas[1][0], areas[1][2]]).toEqual([areas[3][0], areas[3][2]])
    expect(areas[0][1]).toBe(areas[1][1])
  })

  it('gives panels that share an axis one range, and labels it once', () => {
    const low = panel({ x: { label: 'x' }, layers: [line({ x: [0, 1], y: [0, 0.02] })] })
    const high = panel({ x: { label: 'x' }, layers: [line({ x: [0, 1], y: [0, 100] })] })
    const labels = (shareY: 'row' | 'none'): string[] => textEnds(figure({ shareY, rows: [{ height: 100, cells: [low, high] }] })).map(({ text }) => text)
    expect(labels('row')).not.toContain('0.02')
    expect(labels('none')).toContain('0.02')
    expect(labels('row').filter((text) => text === '100')).toHaveLength(1)
  })

  it('keeps margin labels of near limits apart by a line', () => {
    const svg = one([ramp(), limit({ at: 2, label: 'first' }), limit({ at: 2.01, label: 'second' })])
    const baseline = (text: string): number => Number(new RegExp(`y="([^"]+)"[^>]*>${text}<`).exec(svg)![1])
    expect(Math.abs(baseline('first') - baseline('second'))).toBeGreaterThan(12)
  })

  it('draws a shared legend once and without repeats', () => {
    const svg = figure({ legend: 'shared', rows: [{ height: 100, cells: [panel({ layers: [ramp()] }), panel({ layers: [ramp()] })] }] })
    expect(svg.match(/>ramp</g)).toHaveLength(1)
  })

  it('refuses what cannot be drawn, with the rule, the value and the remedy', () => {
    expect(() => figure({ rows: [] })).toThrow(/at least one row with a cell; got none/)
    expect(() => figure({ width: 90, rows: [{ height: 100, cells: [panel({ layers: [ramp()] })] }] })).toThrow(/width must leave each panel at least 60 pixels; got 90/)
    expect(() => figure({ columns: [1], rows: [{ height: 100, cells: [null, panel({ layers: [ramp()] })] }] })).toThrow(/each of the 2 columns; got 1/)
    expect(() => figure({ rows: [{ height: -1, cells: [panel({ layers: [ramp()] })] }] })).toThrow(/rows\[0\]\.height must be a positive finite number; got -1/)
    expect(() => panel({ layers: [] })).toThrow(/at least one layer; got none/)
    expect(() => panel({ y: { scale: 'log' }, layers: [line({ x: [1, 2], y: [0, 1] })] })).toThrow(/log y axis needs positive values; got 0/)
    expect(() => panel({ layers: [limit({ at: 1, label: 'l' })] })).toThrow(/x\.domain must be given when no layer has data along x/)
    expect(() => panel({ x: { domain: [2, 1] }, layers: [ramp()] })).toThrow(/x\.domain must be \[low, high\].*got \[2, 1\]/)
    expect(() => figure({ shareY: 'row', rows: [{ height: 100, cells: [panel({ layers: [ramp()] }), panel({ y: { scale: 'log' }, layers: [ramp()] })] }] }))
      .toThrow(/y axes that are shared must have one scale; got linear and log/)
  })
})

describe('layers', () => {
  it('refuse arrays that differ in length, are not finite, or hold no numbers', () => {
    expect(() => line({ x: [0, 1], y: [0] })).toThrow(/y must hold one value for each x = 2 values; got 1/)
    expect(() => line({ x: [0], y: [0] })).toThrow(/at least 2 points; got 1/)
    expect(() => line({ x: [0, Infinity], y: [0, 1] })).toThrow(RangeError)
    expect(() => line({ x: [0, 1], y: ['a', 'b'] as unknown as number[] })).toThrow(/y must hold numbers; got 'a' at index 0/)
    expect(() => band({ x: [0, 1], low: [0, 2], high: [1, 1] })).toThrow(/low must not exceed high; got 2 and 1 at index 1/)
    expect(() => bars({ edges: [0, 1], heights: [1, 2] })).toThrow(/heights must hold one value for each bar = 1 values; got 2/)
    expect(() => limit({ at: NaN, label: '' })).toThrow(/at must be a finite number; got NaN/)
  })

  it('mark the first point of a line with a circle and the last with a diamond, at their places', () => {
    const frame = { width: 10, height: 10, x: (v: number) => 10 * v, y: (v: number) => 10 - 10 * v }
    const marks = line({ x: [1, 0], y: [0.5, 0.25], ends: 'marked' }).drawAbove!(frame)
    expect(marks).toContain('<circle cx="10" cy="5"')
    expect(marks).toContain('<path d="M-5.8 7.5l5.8 -5.8')
  })
})

describe('densityColumns', () => {
  it('makes every column integrate to the share of points inside the edges', () => {
    const density = densityColumns({ counts: [3, 1, 2, 1], edges: [0, 1, 3], total: 4 })
    expect([...density]).toEqual([0.75, 0.125, 0.5, 0.125])
    expect(density[0] * 1 + density[1] * 2).toBe(1)
    expect(() => densityColumns({ counts: [1, 2, 3], edges: [0, 1, 3], total: 4 })).toThrow(/counts must hold whole columns of 2 bins/)
  })

  it('finds borders half way between centres, which evenEdges gives back', () => {
    expect([...edgesAround([0, 1, 3])]).toEqual([-0.5, 0.5, 2, 4])
    expect([...evenEdges({ from: 0, to: 1, count: 4 })]).toEqual([0, 0.25, 0.5, 0.75, 1])
    expect(() => evenEdges({ from: 0, to: 1, count: 1.5 })).toThrow(/count must be a positive integer; got 1.5/)
  })
})

describe('densityHeatmap', () => {
  const colors = colorScale({ domain: [0, 1] })
  const options = { title: 't', times: [0, 0.5, 1], edges: [0, 1, 2], density: [1, 0, 0.5, 0.5, 0, 1], colors, direction: 'reverse' as const }

  it('points its arrow the way the equation was integrated', () => {
    expect(densityHeatmap(options)).toContain('backward in time')
    expect(densityHeatmap({ ...options, direction: 'forward' })).toContain('forward in time')
  })

  it('shows the exact marginal, facts and distances only where they are given', () => {
    const distances = [{ label: 'network', values: [0.1, 0.2, 0.1] }]
    const full = densityHeatmap({ ...options, exact: options.density, distances, facts: [{ name: 'seed', value: '1' }] })
    expect(full).toContain('exact marginal')
    expect(full).toContain('Wasserstein-1')
    expect(full).toContain('>seed<')
    expect(densityHeatmap(options)).not.toContain('exact marginal')
    expect(() => densityHeatmap({ ...options, distances: [{ label: 'd', values: [1] }] })).toThrow(/one value for each x = 3 values; got 1/)
    expect(() => densityHeatmap({ ...options, times: [0, 1, 0.5] })).toThrow(/times must increase strictly/)
  })

  it('is the composition of the public parts', () => {
    const xEdges = edgesAround(options.times)
    const map = panel({ layers: [heatmap({ xEdges, yEdges: options.edges, values: options.density, colors })] })
    const svg = figure({ rows: [{ height: 100, cells: [map, colorBar({ colors, label: 'density' }), notes([{ name: 'a', value: 'b' }])] }] })
    const png = /base64,([^"]+)/.exec(svg)![1]
    expect(densityHeatmap(options)).toContain(png)
  })
})

describe('wrapText', () => {
  it('keeps every line within the width and loses no word', () => {
    const style = { size: 13 }
    const lines = wrapText('one two three four fivesixseveneightnineten', style, 60)
    expect(Math.max(...lines.map((text) => textWidth(text, style)))).toBeLessThanOrEqual(60)
    expect(lines.join('').replaceAll(' ', '')).toBe('onetwothreefourfivesixseveneightnineten')
  })
})
