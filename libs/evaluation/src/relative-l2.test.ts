import { describe, expect, it } from 'vitest'
import { normalDensity } from './normal-law.fixture'
import { relativeL2 } from './relative-l2'

const grid = (from: number, to: number, points: number) =>
  Array.from({ length: points }, (_, index) => from + ((to - from) * index) / (points - 1))

describe('relativeL2', () => {
  it('is 5 % for an estimate that is 5 % off everywhere, by either rule', () => {
    const x = grid(-8, 8, 161)
    for (const rule of ['trapezoid', 'simpson'] as const) {
      const error = relativeL2({ weight: x.map(normalDensity), reference: x.map((v) => -v), estimate: x.map((v) => -1.05 * v), rule })
      expect(error).toBeCloseTo(0.05, 14)
    }
  })

  it('of −x + c against −x, the score of N(0, 1), is |c|, to 1e-13 with 161 points on [−8, 8] by the trapezoid rule', () => {
    const x = grid(-8, 8, 161)
    const error = relativeL2({ weight: x.map(normalDensity), reference: x.map((v) => -v), estimate: x.map((v) => 0.3 - v) })
    expect(Math.abs(error - 0.3)).toBeLessThan(1e-13)
  })

  it('is exact for squares up to cubics by Simpson’s rule and has order 2 by the trapezoid rule on a cut-off interval', () => {
    // r = 1, e = 1 + x on [0, 1]: √(1/3)
    const error = (points: number, rule: 'trapezoid' | 'simpson') => {
      const x = grid(0, 1, points)
      const ones = x.map(() => 1)
      return relativeL2({ weight: ones, reference: ones, estimate: x.map((v) => 1 + v), rule }) - Math.sqrt(1 / 3)
    }
    expect(Math.abs(error(5, 'simpson'))).toBeLessThan(1e-15)
    expect(Math.abs(Math.log2(error(51, 'trapezoid') / error(101, 'trapezoid')) - 2)).toBeLessThan(0.01)
  })

  it('has order 4 by Simpson’s rule for smooth functions', () => {
    // r = 1, e = 1 + exp(x) on [0, 1]: √((e² − 1)/2)
    const error = (points: number) => {
      const x = grid(0, 1, points)
      const ones = x.map(() => 1)
      return relativeL2({ weight: ones, reference: ones, estimate: x.map((v) => 1 + Math.exp(v)), rule: 'simpson' }) - Math.sqrt((Math.E ** 2 - 1) / 2)
    }
    expect(Math.abs(Math.log2(error(9) / error(17)) - 4)).toBeLessThan(0.05)
  })

  it('ignores what happens where the weight is 0', () => {
    expect(relativeL2({ weight: [0, 1, 0], estimate: [99, 2, -99], reference: [1, 2, 3] })).toBe(0)
  })

  it.each([
    [{ weight: [1, 1], estimate: [1], reference: [1, 1] }, 'must have one length; got 2, 1 and 2'],
    [{ weight: [1], estimate: [1], reference: [1] }, "rule 'trapezoid' needs 2 points or more; got 1"],
    [{ weight: [1, 1], estimate: [1, 1], reference: [1, 1], rule: 'simpson' as const }, "rule 'simpson' needs an odd number of points, 3 or more; got 2"],
    [{ weight: [1, -1], estimate: [1, 1], reference: [1, 1] }, 'weight -1'],
    [{ weight: [1, 1], estimate: [1, NaN], reference: [1, 1] }, 'estimate NaN, reference 1 at index 1'],
    [{ weight: [1, 0], estimate: [1, 1], reference: [0, 1] }, 'must not vanish'],
  ])('refuses %j: %s', (input, message) => {
    expect(() => relativeL2(input)).toThrow(RangeError)
    expect(() => relativeL2(input)).toThrow(message)
  })
})
