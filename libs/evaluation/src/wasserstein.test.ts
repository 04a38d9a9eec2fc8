import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mulberry, normalCdf, normalDensity, normalSample, seeds, uniformCdf } from './normal-law.fixture'
import { wasserstein1 } from './wasserstein'
import { wasserstein1OfCounts } from './wasserstein-of-counts'

const samples = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 1, maxLength: 30 })
const meanOf = (sample: readonly number[]) => sample.reduce((sum, x) => sum + x, 0) / sample.length

describe('wasserstein1 between samples', () => {
  it('is the shift between a sample and its shifted copy', () => {
    expect(wasserstein1([0, 1, 2], [7, 5, 6])).toBe(5)
    const sample = normalSample(500, seeds.sample)
    expect(wasserstein1(sample, sample.map((x) => x - 0.25))).toBeCloseTo(0.25, 12)
  })

  it('is the distance of two point masses, and of a point mass to any sample the mean distance', () => {
    expect(wasserstein1([2], [5])).toBe(3)
    expect(wasserstein1([1], [0, 3, 5])).toBeCloseTo((1 + 2 + 4) / 3, 14)
  })

  it('carries mass the shortest way where sizes differ, worked out by hand', () => {
    // quantiles on sixths: 0 0 0 1 1 1 against 0 0 3 3 6 6 → (0 + 0 + 3 + 2 + 5 + 5)/6
    expect(wasserstein1([0, 1], [0, 3, 6])).toBeCloseTo(15 / 6, 14)
  })

  it('is the same for a sample and for each of its numbers repeated', () => {
    fc.assert(fc.property(samples, samples, fc.integer({ min: 2, max: 5 }), (a, b, times) => {
      const repeated = a.flatMap((x) => Array<number>(times).fill(x))
      expect(wasserstein1(repeated, b)).toBeCloseTo(wasserstein1(a, b), 10)
    }), { seed: 1 })
  })

  it('is a distance: 0 for the same sample, symmetric, within the triangle inequality, at least the difference of means', () => {
    fc.assert(fc.property(samples, samples, samples, (a, b, c) => {
      expect(wasserstein1(a, a.toReversed())).toBe(0)
      expect(wasserstein1(a, b)).toBeCloseTo(wasserstein1(b, a), 12)
      expect(wasserstein1(a, c)).toBeLessThanOrEqual(wasserstein1(a, b) + wasserstein1(b, c) + 1e-10)
      expect(wasserstein1(a, b)).toBeGreaterThanOrEqual(Math.abs(meanOf(a) - meanOf(b)) - 1e-10)
    }), { seed: 1 })
  })

  it('scales with x', () => {
    fc.assert(fc.property(samples, samples, fc.double({ min: -3, max: 3, noNaN: true }), (a, b, scale) => {
      const scaled = wasserstein1(a.map((x) => scale * x), b.map((x) => scale * x))
      expect(scaled).toBeCloseTo(Math.abs(scale) * wasserstein1(a, b), 9)
    }), { seed: 1 })
  })
})

describe('wasserstein1 against a law', () => {
  it('is E|X − c| for a point mass at c: ½ and 1/8 + 1/8 for the uniform law, 2φ(c) + c(2Φ(c) − 1) for the normal one', () => {
    expect(wasserstein1([0], uniformCdf)).toBeCloseTo(0.5, 9)
    expect(wasserstein1([0.5], uniformCdf)).toBeCloseTo(0.25, 9)
    for (const c of [0, 0.7, -2, 30]) {
      expect(Math.abs(wasserstein1([c], normalCdf) - (2 * normalDensity(c) + c * (2 * normalCdf(c) - 1)))).toBeLessThan(1e-8)
    }
  })

  it('is 1/(4n) for the midpoints of n equal parts of the uniform law', () => {
    const midpoints = Array.from({ length: 10 }, (_, index) => (index + 0.5) / 10)
    expect(wasserstein1(midpoints, uniformCdf)).toBeCloseTo(1 / 40, 10)
  })

  it('finds the bulk of a law far outside of the sample, on either side, wide or narrow', () => {
    for (const [mean, std] of [[1e4, 1], [-1e4, 1], [5, 1e-4], [0, 300]] as const) {
      const expected = wasserstein1([0], (z) => normalCdf(z - mean / std)) * std // E|X| by scaling
      const measured = wasserstein1([0, 1e-9], (x) => normalCdf((x - mean) / std))
      expect(Math.abs(measured / expected - 1)).toBeLessThan(1e-6)
    }
  })

  it('integrates tails outside of the sample: exponential and Pareto laws seen from 0 have their means, 1 and ½', () => {
    expect(wasserstein1([0], (x) => (x > 0 ? -Math.expm1(-x) : 0))).toBeCloseTo(1, 8)
    expect(wasserstein1([0], (x) => (x > 0 ? 1 - (1 + x) ** -3 : 0))).toBeCloseTo(0.5, 7)
  })

  it('is the shift between normal laws of one width (seed 1, n = 100,000, 5 standard errors of the mean)', () => {
    const sample = normalSample(100_000, seeds.law)
    expect(Math.abs(wasserstein1(sample, (x) => normalCdf(x - 3)) - 3)).toBeLessThan(5 / Math.sqrt(1e5))
  })

  it('agrees with the distance to a fine grid of quantiles (uniform law, 1000 random points, to the 5e-6 of 100,000 quantiles)', () => {
    const sample = Array.from({ length: 1000 }, mulberry(seeds.other))
    const quantiles = Array.from({ length: 100_000 }, (_, index) => (index + 0.5) / 1e5)
    expect(Math.abs(wasserstein1(sample, uniformCdf) - wasserstein1(sample, quantiles))).toBeLessThan(2.5e-6)
  })

  it('takes laws with jumps: a fair coin against its own sample and against a point', () => {
    const coin = (x: number) => (x < 0 ? 0 : x < 1 ? 0.5 : 1)
    expect(wasserstein1([0, 1], coin)).toBeLessThan(1e-9)
    expect(wasserstein1([0.5], coin)).toBeCloseTo(0.5, 8)
  })

  it('ends for points next to each other in floating point, for repeated points and for denormal gaps', () => {
    for (const sample of [[0, 5e-324], [1, 1 + 2 ** -52], [0, 0, 0], [-1e-310, 0, 1e-310]]) {
      expect(Math.abs(wasserstein1(sample, normalCdf) - wasserstein1([sample[0] ?? 0], normalCdf))).toBeLessThan(1e-8)
    }
  })

  it('refuses a law without a mean, a CDF that falls or leaves [0, 1], and bad samples', () => {
    const cauchy = (x: number) => Math.atan2(1, -x) / Math.PI // precise in its left tail
    expect(() => wasserstein1([0, 1], cauchy)).toThrow(/must belong to a law with a mean.*does not converge/)
    expect(() => wasserstein1([0, 1], () => 0.5)).toThrow(/must belong to a law with a mean/)
    expect(() => wasserstein1([0, 1], normalDensity)).toThrow(/must not decrease.*not a density|law with a mean/)
    expect(() => wasserstein1([3], (x) => x)).toThrow(/probability in \[0, 1\]/)
    expect(() => wasserstein1([0, NaN], normalCdf)).toThrow('sample must hold finite numbers; got NaN at index 1.')
    expect(() => wasserstein1([0], [])).toThrow('reference must hold at least 1 numbers; got 0.')
    expect(() => wasserstein1('12' as never, normalCdf)).toThrow(TypeError)
  })

  it('leaves the sample as it is', () => {
    const sample = Float32Array.of(3, -1, 2)
    wasserstein1(sample, normalCdf)
    wasserstein1(sample, sample)
    expect([...sample]).toEqual([3, -1, 2])
  })
})

/** Counts a sample into bins, as a recorder of a simulation would. */
function histogram(sample: ArrayLike<number>, edges: readonly number[]) {
  const counts = new Uint32Array(edges.length - 1)
  let [below, above] = [0, 0]
  for (const x of Array.from(sample)) {
    const bin = edges.findLastIndex((edge) => edge <= x)
    if (bin < 0) below++
    else if (bin >= counts.length) above++
    else counts[bin] = (counts[bin] ?? 0) + 1
  }
  return { counts, edges, below, above }
}

const evenEdges = (from: number, to: number, bins: number) =>
  Array.from({ length: bins + 1 }, (_, index) => from + ((to - from) * index) / bins)

/** A law's CDF after clipping to [low, high]. */
const clipped = (cdf: (x: number) => number, low: number, high: number) => (x: number) => (x < low ? 0 : x >= high ? 1 : cdf(x))

describe('wasserstein1OfCounts', () => {
  it('is 0 for counts in the proportions of the law, and worked out by hand for others', () => {
    expect(wasserstein1OfCounts({ counts: [2, 2], edges: [0, 0.5, 1], cdf: uniformCdf })).toBe(0)
    // gaps at the edges 0, 1 − 0.5, 0: trapezoids 0.125 + 0.125
    expect(wasserstein1OfCounts({ counts: [4, 0], edges: [0, 0.5, 1], cdf: uniformCdf })).toBe(0.25)
  })

  it('is within the widest bin of the distance of sample and law clipped to the range (random samples, uneven edges)', () => {
    const edgeSets = fc.uniqueArray(fc.integer({ min: -400, max: 400 }), { minLength: 2, maxLength: 12 })
    const data = fc.array(fc.double({ min: -6, max: 6, noNaN: true }), { minLength: 1, maxLength: 40 })
    fc.assert(fc.property(data, edgeSets, (sample, unordered) => {
      const edges = unordered.map((edge) => edge / 100).toSorted((a, b) => a - b)
      const [low, high] = [edges[0] ?? 0, edges.at(-1) ?? 0]
      const exact = wasserstein1(sample.map((x) => Math.min(Math.max(x, low), high)), clipped(normalCdf, low, high))
      const widest = Math.max(...edges.slice(1).map((edge, index) => edge - (edges[index] ?? 0)))
      const error = Math.abs(wasserstein1OfCounts({ ...histogram(sample, edges), cdf: normalCdf }) - exact)
      expect(error).toBeLessThanOrEqual(widest + 1e-7)
    }), { seed: 1, numRuns: 200 })
  })

  it('comes as near as its bins are narrow (seed 2, n = 2000, shift 0.3, bins of 0.5, 0.1, 0.02)', () => {
    const sample = normalSample(2000, seeds.sample)
    const law = (x: number) => normalCdf(x - 0.3)
    const exact = wasserstein1(sample, law)
    for (const width of [0.5, 0.1, 0.02]) {
      const counted = wasserstein1OfCounts({ ...histogram(sample, evenEdges(-6, 6, Math.round(12 / width))), cdf: law })
      expect(Math.abs(counted - exact)).toBeLessThanOrEqual(width)
      expect(Math.abs(counted - exact)).toBeLessThan(0.05 * width) // for a smooth law far better than the bound
    }
  })

  it('counts mass outside of the edges at the border, of the sample and of the law', () => {
    const atBorder = { counts: [0, 0], edges: [0, 1, 2], below: 1, cdf: (x: number) => uniformCdf(x / 2) }
    expect(wasserstein1OfCounts(atBorder)).toBe(1) // all mass at 0 against uniform on [0, 2]
    expect(wasserstein1OfCounts({ counts: [0], edges: [0, 1], above: 5, cdf: (x) => uniformCdf(x - 10) })).toBe(0)
  })

  it.each([
    [{ counts: [1], edges: [0, 1, 2] }, 'one longer than counts, and counts not empty; got 3 edges and 1 counts'],
    [{ counts: [], edges: [0] }, 'got 1 edges and 0 counts'],
    [{ counts: [1, 1], edges: [0, 2, 1] }, 'increase strictly; got 2, 1 at index 1'],
    [{ counts: [1, 1], edges: [0, 1, Infinity] }, 'must be finite'],
    [{ counts: [1, -1], edges: [0, 1, 2] }, 'not negative; got -1'],
    [{ counts: [1, 1], edges: [0, 1, 2], below: NaN }, 'got NaN'],
    [{ counts: [0, 0], edges: [0, 1, 2] }, 'must not all be 0'],
  ])('refuses %j: %s', (input, message) => {
    expect(() => wasserstein1OfCounts({ ...input, cdf: uniformCdf })).toThrow(RangeError)
    expect(() => wasserstein1OfCounts({ ...input, cdf: uniformCdf })).toThrow(message)
  })
})
