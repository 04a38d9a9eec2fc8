import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { kolmogorovCriticalValue, kolmogorovPValue } from './kolmogorov-law'
import { kolmogorovSmirnov } from './kolmogorov-smirnov'
import { mulberry, normalCdf, normalSample, seeds, uniformCdf } from './normal-law.fixture'

const samples = fc.array(fc.double({ min: -50, max: 50, noNaN: true }), { minLength: 1, maxLength: 30 })

describe('kolmogorovSmirnov against a law', () => {
  it('is the largest one-sided gap of a small sample, worked out by hand', () => {
    // F₃ steps to 1/3, 2/3, 1 at 0.1, 0.4, 0.7: gaps above 0.2333, 0.2667, 0.3; below 0.1, 0.0667, 0.0333
    expect(kolmogorovSmirnov([0.7, 0.1, 0.4], uniformCdf)).toBeCloseTo(0.3, 15)
    // here the largest one lies below the step: F(0.9) − F₂(0.9−) = 0.9 − 0.5
    expect(kolmogorovSmirnov([0.45, 0.9], uniformCdf)).toBeCloseTo(0.45, 15)
    expect(kolmogorovSmirnov([0.2, 0.9], uniformCdf)).toBeCloseTo(0.4, 15)
  })

  it('is max(F(x), 1 − F(x)) for a single number', () => {
    for (const x of [0, 0.2, 0.5, 0.9]) expect(kolmogorovSmirnov([x], uniformCdf)).toBe(Math.max(x, 1 - x))
  })

  it('is 1/(2n) for the midpoints of n equal parts, the least that n points can have', () => {
    const midpoints = Array.from({ length: 20 }, (_, index) => (index + 0.5) / 20)
    expect(kolmogorovSmirnov(midpoints, uniformCdf)).toBeCloseTo(1 / 40, 14)
  })

  it('is 1 where sample and law do not overlap, and counts tied numbers together', () => {
    expect(kolmogorovSmirnov([5, 6], uniformCdf)).toBe(1)
    expect(kolmogorovSmirnov([0.5, 0.5, 0.5], uniformCdf)).toBe(0.5)
  })

  it('does not change when law and sample go through the same increasing map', () => {
    fc.assert(fc.property(samples, (sample) => {
      const straight = kolmogorovSmirnov(sample.map((x) => x / 10), normalCdf)
      const mapped = kolmogorovSmirnov(sample.map((x) => Math.exp(x / 10)), (y) => (y > 0 ? normalCdf(Math.log(y)) : 0))
      expect(mapped).toBeCloseTo(straight, 12)
    }), { seed: 1 })
  })

  it('exceeds its 5 % and 1 % critical values that often (seed 2, 2000 samples of 1000, 5 standard errors + 0.003 for finite n)', () => {
    const [next, repeats, n] = [mulberry(seeds.sample), 2000, 1000]
    const distances = Array.from({ length: repeats }, () => kolmogorovSmirnov(Array.from({ length: n }, next), uniformCdf))
    for (const level of [0.5, 0.05, 0.01]) {
      const share = distances.filter((distance) => distance > kolmogorovCriticalValue(n, level)).length / repeats
      // √n D + 0.12 follows the limit law more closely (Stephens 1970): at n = 1000 that moves the median's share by 0.003·√… < 0.012
      const finiteSize = level === 0.5 ? 0.012 : 0.003
      expect(Math.abs(share - level)).toBeLessThan(5 * Math.sqrt((level * (1 - level)) / repeats) + finiteSize)
    }
  })

  it('sees a normal sample as normal and a shift of 0.05 as none (seed 1, n = 20,000, 0.1 % level)', () => {
    const sample = normalSample(20_000, seeds.law)
    const limit = kolmogorovCriticalValue(sample.length, 0.001)
    expect(kolmogorovSmirnov(sample, normalCdf)).toBeLessThan(limit)
    expect(kolmogorovSmirnov(sample, (x) => normalCdf(x - 0.05))).toBeGreaterThan(limit)
  })
})

describe('kolmogorovSmirnov against another sample', () => {
  it('is the largest difference of the two step functions, worked out by hand', () => {
    // after 1: 1/3 against 0; after 2: 2/3 against 1/2; after 3: 1 against 1/2
    expect(kolmogorovSmirnov([1, 2, 3], [2, 4])).toBe(0.5)
    expect(kolmogorovSmirnov([1, 1, 2], [1, 2, 2])).toBeCloseTo(1 / 3, 15)
    expect(kolmogorovSmirnov([0], [1, 2, 3])).toBe(1)
  })

  it('is 0 for a sample and itself in another order, symmetric, and obeys the triangle inequality', () => {
    fc.assert(fc.property(samples, samples, samples, (a, b, c) => {
      expect(kolmogorovSmirnov(a, a.toReversed())).toBe(0)
      expect(kolmogorovSmirnov(a, b)).toBe(kolmogorovSmirnov(b, a))
      expect(kolmogorovSmirnov(a, c)).toBeLessThanOrEqual(kolmogorovSmirnov(a, b) + kolmogorovSmirnov(b, c) + 1e-12)
    }), { seed: 1 })
  })
})

describe('kolmogorovCriticalValue and kolmogorovPValue', () => {
  it.each([[0.2, 1.0727], [0.1, 1.2238], [0.05, 1.3581], [0.01, 1.6276], [0.001, 1.9495]])(
    'at level %d is Smirnov’s %d/√n', (level, constant) => {
      expect(kolmogorovCriticalValue(1, level)).toBeCloseTo(constant, 4)
      expect(kolmogorovCriticalValue(400, level)).toBeCloseTo(constant / 20, 5)
    },
  )

  it('undo each other to 1e-12, on both sides of where the series change over', () => {
    for (const level of [0.9999, 0.9, 0.3, 0.27, 0.26, 0.05, 1e-6, 1e-12]) {
      const distance = kolmogorovCriticalValue(900, level)
      expect(Math.abs(kolmogorovPValue(distance, 900) / level - 1)).toBeLessThan(1e-10)
    }
  })

  it('the two series agree where they meet (λ = 1) to 1e-12', () => {
    expect(Math.abs(kolmogorovPValue(1 - 1e-15, 1) - kolmogorovPValue(1, 1))).toBeLessThan(1e-12)
  })

  it('the p-value of no distance is 1 and of a distance far out 0', () => {
    expect(kolmogorovPValue(0, 100)).toBe(1)
    expect(kolmogorovPValue(1, 1e4)).toBe(0)
  })

  it('refuse sizes, levels and distances out of range, with the value', () => {
    expect(() => kolmogorovCriticalValue(0, 0.05)).toThrow('n must be a positive number; got 0.')
    expect(() => kolmogorovCriticalValue(10, 1)).toThrow('level must be between 0 and 1; got 1.')
    expect(() => kolmogorovPValue(1.2, 10)).toThrow('distance must be in [0, 1]; got 1.2.')
  })
})

describe('what is refused', () => {
  it.each([[[], 'at least 1 numbers; got 0'], [[1, NaN], 'got NaN at index 1'], [[Infinity], 'got Infinity at index 0']])(
    'a sample %j: %s', (sample, message) => {
      expect(() => kolmogorovSmirnov(sample, uniformCdf)).toThrow(RangeError)
      expect(() => kolmogorovSmirnov(sample, uniformCdf)).toThrow(`sample must hold`)
      expect(() => kolmogorovSmirnov(sample, uniformCdf)).toThrow(message)
      expect(() => kolmogorovSmirnov([1], sample)).toThrow('reference must hold')
    },
  )

  it('what is no array', () => {
    expect(() => kolmogorovSmirnov(3 as never, uniformCdf)).toThrow(new TypeError(
      'sample must be an array of numbers; got 3. Pass a Float64Array or number[].',
    ))
  })

  it('a function that is no CDF', () => {
    expect(() => kolmogorovSmirnov([0.5], () => 1.5)).toThrow('cdf must return a probability in [0, 1]; got 1.5 at x = 0.5.')
    expect(() => kolmogorovSmirnov([0.5], () => NaN)).toThrow('got NaN at x = 0.5')
  })
})

it('samples of every array type are accepted and left as they are', () => {
  for (const sample of [[3, 1, 2], Float32Array.of(3, 1, 2), Float64Array.of(3, 1, 2)]) {
    kolmogorovSmirnov(sample, normalCdf)
    kolmogorovSmirnov(sample, sample)
    expect(Array.from(sample)).toEqual([3, 1, 2])
  }
})
