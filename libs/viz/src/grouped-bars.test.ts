import { describe, expect, it } from 'vitest'
import { figure, type Frame, groupedBars, line, panel } from './index'

const frame: Frame = { width: 300, height: 100, x: (v) => 100 * (v + 0.5), y: (v) => 100 - 10 * v }

describe('groupedBars', () => {
  it('stands the bars of a category side by side about its place, from zero to their values', () => {
    const svg = groupedBars({ series: [{ values: [1, 2, 3] }, { values: [4, 5, 6], errors: [0, 1, 0] }] }).draw(frame)
    // category 1 is at pixel 150, its group 78 wide
    expect(svg).toContain('M111 100V80H149.4V100Z')
    expect(svg).toContain('M150 100V50H189V100Z')
    expect(svg).toContain('d="M169.5 60V40"')
  })

  it('reaches over its values, errors and zero, half a category to either side', () => {
    expect(groupedBars({ series: [{ values: [1, -2] }, { values: [3, 1], errors: [0.5, 0] }] }).extent).toEqual({ x: [-0.5, 1.5], y: [-2, 3.5] })
  })

  it('has an entry in the legend for each series that is named, in its own colour', () => {
    const { keys } = groupedBars({ series: [{ values: [1], label: 'real' }, { values: [2], label: 'generated' }, { values: [1] }] })
    expect(keys.map(({ label }) => label)).toEqual(['real', 'generated'])
    expect(new Set(keys.map(({ color }) => color)).size).toBe(2)
  })

  it('refuses no series, and series and errors of other lengths', () => {
    expect(() => groupedBars({ series: [] })).toThrow('series must hold at least one series; got none.')
    expect(() => groupedBars({ series: [{ values: [1, 2] }, { values: [1] }] })).toThrow('series[1].values must hold one value for each category = 2 values; got 1.')
    expect(() => groupedBars({ series: [{ values: [1], errors: [1, 2] }] })).toThrow('series[0].errors must hold one value for each category = 1 values; got 2.')
  })
})

describe('an axis of categories', () => {
  const draw = (categories: string[], width: number) => figure({
    width, rows: [{ height: 60, cells: [panel({ x: { categories, label: 'class' }, layers: [groupedBars({ series: [{ values: categories.map(() => 1) }] })] })] }],
  })

  it('writes each name whole, wrapped at spaces and set smaller where it has little room', () => {
    const wide = draw(['Trouser', 'Ankle boot'], 800)
    expect(wide).toContain('>Ankle boot<')
    const narrow = draw(['T-shirt/top', 'Long sleeved shirt', 'Bag', 'Coat', 'Dress', 'Shirt'], 400)
    for (const word of ['T-shirt/top', 'Long', 'sleeved', 'shirt']) expect(narrow).toContain(`>${word}<`)
    expect(narrow).toMatch(/font-size="(9|10|11)(\.5)?"/)
  })

  it('draws no grid line through the bars', () => {
    const vertical = (svg: string): number => [...svg.matchAll(/<line x1="([\d.]+)" x2="\1"/g)].length
    expect(vertical(draw(['a', 'b', 'c'], 400))).toBe(0)
  })

  it('is for a linear horizontal axis', () => {
    const layers = [line({ x: [1, 2], y: [1, 2] })]
    expect(() => panel({ y: { categories: ['a'] }, layers })).toThrow('Categories need a linear horizontal axis and at least one name; got 1 on a linear y axis.')
    expect(() => panel({ x: { categories: ['a'], scale: 'log' }, layers })).toThrow('got 1 on a log x axis')
    expect(() => panel({ x: { categories: [] }, layers })).toThrow('got 0 on a linear x axis')
  })
})
