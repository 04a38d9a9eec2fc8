import { describe, expect, it } from 'vitest'
import { normalSample } from './normal-law.fixture'
import { meanPairwiseDistance } from './pairwise-distance'

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** E‖x − y‖ for x, y ~ N(0, I) in d dimensions: 2 Γ((d + 1)/2) / Γ(d/2). */
const ofNormals: Readonly<Record<number, number>> = { 1: 2 / Math.sqrt(Math.PI), 2: Math.sqrt(Math.PI), 3: 4 / Math.sqrt(Math.PI) }

describe('meanPairwiseDistance', () => {
  it('of points in the plane by hand: sides 3, 4 and 5', () => {
    expect(meanPairwiseDistance([0, 0, 3, 0, 3, 4], 2).mean).toBe(4)
  })

  it('is 0, with error 0, where all rows are the same, and grows with the scale', () => {
    expect(meanPairwiseDistance([1, 2, 1, 2, 1, 2], 2)).toEqual({ mean: 0, meanError: 0 })
    const draws = normalSample(60, 1)
    const [once, thrice] = [meanPairwiseDistance(draws, 3), meanPairwiseDistance(draws.map((value) => 3 * value), 3)]
    expect(thrice.mean).toBeCloseTo(3 * once.mean, 12)
    expect(thrice.meanError).toBeCloseTo(3 * once.meanError, 12)
  })

  it.each([1, 2, 3])('of standard normal rows of %i numbers is 2 Γ((d + 1)/2) / Γ(d/2) within 5 of its own standard errors (n = 800, seed 2)', (d) => {
    const { mean: distance, meanError } = meanPairwiseDistance(normalSample(800 * d, 2), d)
    expect(Math.abs(distance - ofNormals[d])).toBeLessThan(5 * meanError)
    expect(meanError).toBeLessThan(0.05)
  })

  it('has a standard error that is the spread of repeated samples: within 5 standard errors of their std (n = 40, d = 2, 200 samples)', () => {
    const runs = Array.from({ length: 200 }, (_, seed) => meanPairwiseDistance(normalSample(80, seed + 1), 2))
    const middle = mean(runs.map((run) => run.mean))
    const std = Math.sqrt(runs.reduce((sum, run) => sum + (run.mean - middle) ** 2, 0) / (runs.length - 1))
    const stated = Math.sqrt(mean(runs.map(({ meanError }) => meanError ** 2)))
    expect(Math.abs(stated / std - 1)).toBeLessThan(5 / Math.sqrt(2 * runs.length)) // relative error of a std of 200 numbers
  })

  it('reads bytes as images: 0 and 255 are 2 apart', () => {
    expect(meanPairwiseDistance(Uint8Array.of(0, 255), 1).mean).toBe(2)
  })

  it('of two rows has no error to state', () => {
    expect(meanPairwiseDistance([0, 0, 3, 4], 2)).toEqual({ mean: 5, meanError: NaN })
  })

  it('refuses a single row, part of one, and what is not finite, by its row and column', () => {
    expect(() => meanPairwiseDistance([1, 2], 2)).toThrow('rows must hold at least 2 rows; got 1.')
    expect(() => meanPairwiseDistance([1, 2, 3], 2)).toThrow('rows must hold whole rows of size = 2 numbers, at least one; got 3 numbers.')
    expect(() => meanPairwiseDistance([1, 2, 3, NaN], 2)).toThrow('got NaN at row 1, column 1')
    expect(() => meanPairwiseDistance(undefined as unknown as number[], 2)).toThrow(TypeError)
  })
})
