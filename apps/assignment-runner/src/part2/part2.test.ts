import { describe, expect, it } from 'vitest'
import { chain, chainTimes } from './chain'
import { compareSamplers } from './compare-samplers'

describe('the training times of the chain', () => {
  it('are i/1000 with i from 1 to 1000, one in each 64th of them, the same for the same seed and step', () => {
    const times = chainTimes(64, 3)
    for (const step of [1, 2, 77]) {
      const drawn = times(step)
      drawn.forEach((t, k) => {
        const i = t * chain.steps
        expect(Math.abs(i - Math.round(i))).toBeLessThan(1e-9)
        expect(i).toBeGreaterThanOrEqual((k * 1000) / 64)
        expect(i).toBeLessThanOrEqual(((k + 1) * 1000) / 64 + 1)
      })
      expect(chainTimes(64, 3)(step)).toEqual(drawn)
    }
    expect(times(1)).not.toEqual(times(2))
  })

  it('take every i equally often: each of 1000 within 5 standard errors of its share (64 × 2000, seed 1)', () => {
    const [count, steps] = [64, 2000]
    const times = chainTimes(count, 1)
    const seen = new Array<number>(chain.steps).fill(0)
    for (let step = 1; step <= steps; step++) for (const t of times(step)) seen[Math.round(t * chain.steps) - 1]++
    const expected = (count * steps) / chain.steps // of independent draws; stratified ones scatter less
    for (const n of seen) expect(Math.abs(n - expected)).toBeLessThan(5 * Math.sqrt(expected))
    expect(seen.reduce((sum, n) => sum + n, 0)).toBe(count * steps)
  })
})

it('two samplers are compared on clamped images, and unrelated images are those of another noise', () => {
  const a = Float32Array.of(-1, -1, 1, 1) // two images of two pixels
  const b = Float32Array.of(-3, -1, 1, 0)
  expect(compareSamplers(a, b)).toEqual({ values: 4, rootMeanSquare: 0.5, unrelated: Math.sqrt((4 + 1 + 4 + 4) / 4) })
})
