import { describe, expect, it } from 'vitest'
import { accuracy, classHistogram, entropyBits, entropyNats } from './class-histogram'

describe('classHistogram', () => {
  it('counts every class, those without a prediction as 0', () => {
    expect([...classHistogram([0, 2, 2, 2], 4)]).toEqual([1, 0, 3, 0])
    expect([...classHistogram([], 2)]).toEqual([0, 0])
  })

  it('refuses what is no class', () => {
    expect(() => classHistogram([0, 4], 4)).toThrow('predictions must hold class indices from 0 to 3; got 4 at index 1.')
    expect(() => classHistogram([0.5], 4)).toThrow('got 0.5 at index 0')
    expect(() => classHistogram([0], 0)).toThrow('classes must be a positive integer; got 0.')
  })
})

describe('entropy', () => {
  it('of equal frequencies is the logarithm of their number, of a single class 0', () => {
    expect(entropyNats([7, 7, 7])).toBeCloseTo(Math.log(3), 15)
    expect(entropyBits(Array<number>(8).fill(5))).toBeCloseTo(3, 14)
    expect(entropyNats([0, 9, 0])).toBe(0)
  })

  it('of ½, ¼, ¼ is 1.5 bits, of counts and of shares alike', () => {
    expect(entropyBits([2, 1, 1])).toBeCloseTo(1.5, 15)
    expect(entropyBits([0.5, 0.25, 0.25])).toBeCloseTo(1.5, 15)
  })

  it('refuses an empty histogram and negative counts', () => {
    expect(() => entropyNats([0, 0])).toThrow('counts must not all be 0')
    expect(() => entropyNats([1, -1])).toThrow('counts must be numbers ≥ 0; got -1 at index 1.')
  })
})

it('accuracy is the share of equal entries, and needs one label for each', () => {
  expect(accuracy([1, 2, 3, 4], [1, 2, 0, 4])).toBe(0.75)
  expect(() => accuracy([1], [1, 2])).toThrow('labels must hold one class for each of the 1 rows; got 2.')
  expect(() => accuracy([], [])).toThrow('predictions must hold at least one class; got none.')
})
