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

  it('take every i equally often: mean 0.5005 to 5 standard errors of stratified draws (64 × 200, seed 1)', () => {
    const times = chainTimes(64, 1)
    const all = Array.from({ length: 200 }, (_, i) => [...times(i + 1)]).flat()
    const mean = all.reduce((sum, t) => sum + t, 0) / all.length
    expect(Math.abs(mean - 0.5005)).toBeLessThan((5 * (1 / 64 / Math.sqrt(12))) / Math.sqrt(all.length) + 1e-9)
  })
})

it('two samplers are compared on clamped images, and unrelated images are those of another noise', () => {
  const a = Float32Array.of(-1, -1, 1, 1) // two images of two pixels
  const b = Float32Array.of(-3, -1, 1, 0)
  expect(compareSamplers(a, b)).toEqual({ values: 4, rootMeanSquare: 0.5, unrelated: Math.sqrt((4 + 1 + 4 + 4) / 4) })
})
