import { describe, expect, it } from 'vitest'
import { mulberry, normalSample, seeds } from './normal-law.fixture'
import { sampleMoments } from './sample-moments'
import { splitModes } from './split-modes'

describe('sampleMoments', () => {
  it('of 1, 2, 3, 4 are 2.5, 5/3 and their standard errors, by hand', () => {
    const { count, mean, variance, std, meanError, varianceError, stdError } = sampleMoments([1, 2, 3, 4])
    expect([count, mean]).toEqual([4, 2.5])
    expect(variance).toBeCloseTo(5 / 3, 14)
    expect(std).toBeCloseTo(Math.sqrt(5 / 3), 14)
    expect(meanError).toBeCloseTo(Math.sqrt(5 / 12), 14)
    // m₄ = (2·1.5⁴ + 2·0.5⁴)/4 = 2.5625; (2.5625 − (25/9)/3)/4
    expect(varianceError).toBeCloseTo(Math.sqrt((2.5625 - 25 / 27) / 4), 14)
    expect(stdError).toBeCloseTo(varianceError / (2 * std), 14)
  })

  it('keep the digits of the variance beside a mean of 1e8', () => {
    expect(sampleMoments([1, 2, 3, 4].map((x) => x + 1e8)).variance).toBeCloseTo(5 / 3, 12)
  })

  it('of a constant sample are without spread and without error', () => {
    expect(sampleMoments([7, 7, 7])).toEqual({ count: 3, mean: 7, variance: 0, std: 0, meanError: 0, varianceError: 0, stdError: 0 })
  })

  it('state errors of the size that repeated samples show, for normal and uniform laws (seed 2, 2000 samples of 200)', () => {
    const uniform = mulberry(seeds.sample)
    const laws = [
      (repeat: number) => normalSample(200, 1000 + repeat),
      () => Float64Array.from({ length: 200 }, uniform),
    ]
    for (const draw of laws) {
      const all = Array.from({ length: 2000 }, (_, repeat) => sampleMoments(draw(repeat)))
      const spread = (values: number[]) => sampleMoments(values).std
      const mean = (values: number[]) => sampleMoments(values).mean
      // a std from 2000 repeats has a relative standard error of 1/√4000 = 1.6 %: 5 of them, and 1 % for the bias at n = 200
      for (const [value, error] of [['mean', 'meanError'], ['variance', 'varianceError'], ['std', 'stdError']] as const) {
        const ratio = mean(all.map((one) => one[error])) / spread(all.map((one) => one[value]))
        expect(Math.abs(ratio - 1)).toBeLessThan(0.09)
      }
    }
  })

  it('need 2 finite numbers', () => {
    expect(() => sampleMoments([1])).toThrow('sample must hold at least 2 numbers; got 1.')
    expect(() => sampleMoments([1, 2, -Infinity])).toThrow('got -Infinity at index 2')
  })
})

describe('splitModes', () => {
  it('puts a number on the threshold to the right, and describes both sides', () => {
    const { left, right } = splitModes([-3, -1, 0, 2, 4], 0)
    expect(left).toEqual({ count: 2, weight: 0.4, mean: -2, std: Math.SQRT2 })
    expect(right).toEqual({ count: 3, weight: 0.6, mean: 2, std: 2 })
  })

  it('finds weights, means and stds of ½N(−3, 0.5²) + ½N(3, 0.5²) (seed 1, n = 10,000, 5 standard errors)', () => {
    const [side, sample] = [mulberry(seeds.other), normalSample(10_000, seeds.law)]
    const { left, right } = splitModes(sample.map((z) => (side() < 0.5 ? -3 : 3) + 0.5 * z), 0)
    for (const [mode, mean] of [[left, -3], [right, 3]] as const) {
      expect(Math.abs(mode.weight - 0.5)).toBeLessThan((5 * 0.5) / Math.sqrt(10_000))
      expect(Math.abs(mode.mean - mean)).toBeLessThan((5 * 0.5) / Math.sqrt(mode.count))
      expect(Math.abs(mode.std - 0.5)).toBeLessThan((5 * 0.5) / Math.sqrt(2 * mode.count))
    }
  })

  it('gives NaN for what a side has not got, so that no bar on it passes', () => {
    expect(splitModes([1, 2], 0).left).toEqual({ count: 0, weight: 0, mean: NaN, std: NaN })
    expect(splitModes([-1, 2], 0).left).toEqual({ count: 1, weight: 0.5, mean: -1, std: NaN })
  })

  it('refuses an empty sample and a threshold that is not finite', () => {
    expect(() => splitModes([], 0)).toThrow('sample must hold at least 1 numbers; got 0.')
    expect(() => splitModes([1], NaN)).toThrow('threshold must be a finite number; got NaN.')
  })

  it('leaves the sample as it is', () => {
    const sample = [2, -1, 1]
    splitModes(sample, 0)
    sampleMoments(sample)
    expect(sample).toEqual([2, -1, 1])
  })
})
