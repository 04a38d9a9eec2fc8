import { InvalidArgumentError } from '@sbgm/sde-core'
import { describe, expect, it } from 'vitest'
import { constantRate, cosineDecay, inverseSquareRootDecay, linearDecay } from './learning-rate'

describe('the cosine decay', () => {
  const rate = cosineDecay({ peak: 0.02, steps: 110, warmup: 10, floor: 0.1 })

  it('rises linearly to the peak, is half-way down in the middle, and ends at floor · peak (1e-15)', () => {
    const points = [[1, 0.002], [5, 0.01], [10, 0.02], [60, 0.011], [110, 0.002]]
    points.forEach(([step, expected]) => expect(Math.abs(rate(step) - expected)).toBeLessThan(1e-15))
  })

  it('is cos² in between: floor + (1 − floor) cos²(π/2 · progress) of the peak (1e-15)', () => {
    expect(Math.abs(rate(35) - 0.02 * (0.1 + 0.9 * Math.cos(Math.PI / 8) ** 2))).toBeLessThan(1e-15)
    expect(Math.abs(rate(85) - 0.02 * (0.1 + 0.9 * Math.cos((3 * Math.PI) / 8) ** 2))).toBeLessThan(1e-15)
  })

  it('stays at the floor after its last step', () => {
    expect(rate(500)).toBe(rate(110))
  })

  it('without warm-up falls from the first step on, to 0', () => {
    const plain = cosineDecay({ peak: 1, steps: 4 })
    ;[[1, (1 + Math.SQRT1_2) / 2], [2, 0.5], [4, 0]].forEach(([step, expected]) => expect(plain(step)).toBeCloseTo(expected, 14))
  })

  it.each([
    [{ peak: 0, steps: 10 }, 'peak must be a positive number; got 0.'],
    [{ peak: Infinity, steps: 10 }, 'peak'],
    [{ peak: 1, steps: 0 }, 'steps must be an integer of at least 1; got 0.'],
    [{ peak: 1, steps: 2.5 }, 'steps'],
    [{ peak: 1, steps: 10, warmup: 10 }, 'warmup must be at least 0 and below steps (10); got 10.'],
    [{ peak: 1, steps: 10, warmup: -1 }, 'warmup'],
    [{ peak: 1, steps: 10, floor: 1.1 }, 'floor must be between 0 and 1; got 1.1.'],
  ])('refuses %o', (options, message) => {
    expect(() => cosineDecay(options)).toThrow(InvalidArgumentError)
    expect(() => cosineDecay(options)).toThrow(message)
  })
})

describe('the constant rate', () => {
  it('rises linearly to its value and stays there; without warm-up it is there at once (1e-15)', () => {
    const rate = constantRate({ rate: 0.02, warmup: 4 })
    ;[0.005, 0.01, 0.015, 0.02, 0.02].forEach((expected, i) => expect(Math.abs(rate(i + 1) - expected)).toBeLessThan(1e-15))
    expect([1, 1e6].map(constantRate({ rate: 0.02 }))).toEqual([0.02, 0.02])
  })

  it.each([
    [{ rate: 0 }, 'rate must be a positive number; got 0.'],
    [{ rate: 1, warmup: -1 }, 'warmup must be a number of at least 0; got -1.'],
    [{ rate: 1, warmup: Infinity }, 'warmup'],
  ])('refuses %o', (options, message) => {
    expect(() => constantRate(options)).toThrow(InvalidArgumentError)
    expect(() => constantRate(options)).toThrow(message)
  })
})

describe('the linear decay', () => {
  it('rises linearly to the peak, falls linearly to floor · peak, and stays there (1e-15)', () => {
    const rate = linearDecay({ peak: 0.02, steps: 110, warmup: 10, floor: 0.1 })
    const points = [[5, 0.01], [10, 0.02], [35, 0.0155], [60, 0.011], [110, 0.002], [500, 0.002]]
    points.forEach(([step, expected]) => expect(Math.abs(rate(step) - expected)).toBeLessThan(1e-15))
  })

  it('refuses what the cosine refuses', () => {
    expect(() => linearDecay({ peak: 1, steps: 10, warmup: 10 })).toThrow('warmup must be at least 0 and below steps (10); got 10.')
  })
})

describe('the inverse square root', () => {
  it('rises linearly to the peak and then falls by half each time the step is four times as large (1e-15)', () => {
    const rate = inverseSquareRootDecay({ peak: 0.02, warmup: 10 })
    const points = [[1, 0.002], [5, 0.01], [10, 0.02], [40, 0.01], [160, 0.005]]
    points.forEach(([step, expected]) => expect(Math.abs(rate(step) - expected)).toBeLessThan(1e-15))
  })

  it.each([
    [{ peak: NaN, warmup: 10 }, 'peak must be a positive number; got NaN.'],
    [{ peak: 1, warmup: 0 }, 'warmup must be a number of at least 1; got 0.'],
  ])('refuses %o', (options, message) => {
    expect(() => inverseSquareRootDecay(options)).toThrow(InvalidArgumentError)
    expect(() => inverseSquareRootDecay(options)).toThrow(message)
  })
})
