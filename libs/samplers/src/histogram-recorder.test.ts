import { forwardSde, hostSpace, hostState, samplePrior, uniformGrid, vpSde, type HostState } from '@sbgm/sde-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eulerMaruyama } from './euler-maruyama'
import { recordHistogram } from './histogram-recorder'
import { record } from './record'

/** The histogram of some numbers. */
const histogramOf = (options: Parameters<typeof recordHistogram>[0], values: readonly number[]) => {
  const recorder = recordHistogram(options)
  recorder.add(0, hostState(values), 0)
  return recorder.histograms[0]
}

const ranges = fc
  .record({ low: fc.double({ min: -100, max: 100, noNaN: true }), width: fc.double({ min: 1e-3, max: 100, noNaN: true }), bins: fc.integer({ min: 1, max: 300 }) })
  .map(({ low, width, bins }) => ({ low, high: low + width, bins }))

describe('a histogram recorder', () => {
  it('puts a value into the bin whose edges hold it, lower edge included, upper excluded', () => {
    const { t, counts, below, above } = histogramOf({ low: -1, high: 1, bins: 4 }, [-1, -0.51, -0.5, -1e-17, 0, 0.49, 0.5, 0.999, 1, 1.5, -1.0001, Infinity, -Infinity])
    expect({ t, counts: [...counts], below, above }).toEqual({ t: 0, counts: [2, 2, 2, 2], below: 2, above: 3 })
  })

  it('puts each of its own edges into the bin that begins there, for any range and number of bins (500 of them)', () => {
    fc.assert(
      fc.property(ranges, (range) => {
        const { edges } = recordHistogram(range)
        expect(edges[0]).toBe(range.low)
        expect(edges[range.bins]).toBe(range.high)
        const { counts, below, above } = histogramOf(range, Array.from(edges))
        expect({ counts: counts.every((count) => count === 1), below, above }).toEqual({ counts: true, below: 0, above: 1 })
      }),
      { numRuns: 500, seed: 1 },
    )
  })

  it('counts every value once, where its edges say, for any values (200 sets of 200)', () => {
    fc.assert(
      fc.property(ranges, fc.array(fc.double({ min: -250, max: 250, noNaN: true }), { minLength: 200, maxLength: 200 }), (range, values) => {
        const { edges } = recordHistogram(range)
        const { counts, below, above } = histogramOf(range, values)
        const within = (from: number, to: number) => values.filter((value) => value >= from && value < to).length
        expect(Array.from(counts)).toEqual(Array.from(counts, (_, bin) => within(edges[bin], edges[bin + 1])))
        expect([below, above]).toEqual([within(-Infinity, range.low), within(range.high, Infinity)])
      }),
      { numRuns: 200, seed: 2 },
    )
  })

  it('sees the initial state and every step of a run, and its counts sum to the batch at each time', async () => {
    const sde = vpSde()
    const histogram = recordHistogram({ low: -2, high: 2, bins: 40 })
    const grid = uniformGrid({ from: 0, to: 1, steps: 5 })
    const x = samplePrior<HostState>({ sde, space: hostSpace, shape: [500, 1], seed: 0 })
    await record({ dynamics: forwardSde(sde, hostSpace), sampler: eulerMaruyama<HostState>(), grid, space: hostSpace, x, seed: 0, recorders: [histogram] })
    expect(histogram.histograms.map(({ t }) => t)).toEqual([...grid])
    histogram.histograms.forEach(({ counts, below, above }) => {
      expect(below + above + counts.reduce((sum, count) => sum + count, 0)).toBe(500)
      expect(below).toBeGreaterThan(0)
    })
  })

  it.each([
    { options: { low: 0, high: 1, bins: 0 }, message: 'bins must be an integer of at least 1; got 0.' },
    { options: { low: 0, high: 1, bins: 2.5 }, message: 'bins must be an integer of at least 1; got 2.5.' },
    { options: { low: 1, high: 1, bins: 2 }, message: 'high must be a finite number greater than low (1); got 1.' },
    { options: { low: 0, high: Infinity, bins: 2 }, message: 'high must be a finite number greater than low (0); got Infinity.' },
    { options: { low: NaN, high: 1, bins: 2 }, message: 'low must be a finite number; got NaN.' },
  ])('refuses $options: $message', ({ options, message }) => {
    expect(() => recordHistogram(options)).toThrow(message)
  })
})
