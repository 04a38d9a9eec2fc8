import { describe, expect, it } from 'vitest'
import { niceDomain, resolveAxis, tickLabels } from './axis'

describe('axis', () => {
  it('places each tick where its value stands on the scale, a vertical axis from its foot', () => {
    const x = resolveAxis({ kind: 'linear', domain: [0, 1], length: 500, direction: 'horizontal' })
    expect(x.ticks.length).toBeGreaterThan(3)
    for (const { value, position, label } of x.ticks) {
      expect(position).toBeCloseTo(500 * value, 9)
      expect(Number(label)).toBeCloseTo(value, 9)
    }
    const y = resolveAxis({ kind: 'log', domain: [0.01, 100], length: 400, direction: 'vertical' })
    for (const { value, position } of y.ticks) expect(position).toBeCloseTo(400 - 100 * (Math.log10(value) + 2), 9)
    expect(y.ticks.filter(({ label }) => label !== '').map(({ label }) => label)).toEqual(['0.01', '0.1', '1', '10', '100'])
  })

  it('takes fewer ticks on a short axis, and never fewer than its labels leave room for', () => {
    const counts = [80, 200, 700].map((length) => resolveAxis({ kind: 'linear', domain: [0, 50_000], length, direction: 'horizontal' }).ticks.length)
    expect(counts[0]).toBeLessThan(counts[1])
    expect(counts[1]).toBeLessThan(counts[2])
  })

  it('writes real minus signs, the same decimals throughout, grouped thousands and powers of ten', () => {
    expect(tickLabels([-1, -0.5, 0])).toEqual(['−1.0', '−0.5', '0.0'])
    expect(tickLabels([0, 50_000])).toEqual(['0', '50,000'])
    expect(tickLabels([0, 2e-5])).toEqual(['0', '2·10^{−5}'])
  })

  it('keeps given ticks that lie inside the domain, where they are', () => {
    const { ticks } = resolveAxis({ kind: 'linear', domain: [0, 1], length: 100, direction: 'horizontal', ticks: [0, 0.3, 2] })
    expect(ticks.map(({ value, position }) => [value, position])).toEqual([[0, 0], [0.3, 30]])
  })

  it('rounds a domain outwards so that data keep off the frame, but not past zero', () => {
    const [low, high] = niceDomain('linear', [0, 0.12])
    expect(low).toBe(0)
    expect(high).toBeGreaterThan(0.12)
    expect(niceDomain('log', [0.03, 0.17])).toEqual([0.02, 0.2])
  })
})
