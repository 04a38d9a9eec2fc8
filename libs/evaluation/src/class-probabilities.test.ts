import { describe, expect, it } from 'vitest'
import { confidentlyCorrectShare, confidentShare, predictedClasses, softmax } from './class-probabilities'

describe('softmax', () => {
  it('of logarithms gives their shares, each row for itself', () => {
    const rows = softmax([Math.log(1), Math.log(3), 5, 5], 2)
    const expected = [0.25, 0.75, 0.5, 0.5]
    rows.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 15))
  })

  it('does not change when a row is shifted, and does not overflow', () => {
    const plain = softmax([0, 1, 2], 3)
    softmax([1e4, 1e4 + 1, 1e4 + 2], 3).forEach((value, i) => expect(value).toBeCloseTo(plain[i], 15))
    expect([...softmax([-1e300, 1e300], 2)]).toEqual([0, 1])
  })

  it('refuses part of a row and what is not finite', () => {
    expect(() => softmax([1, 2, 3], 2)).toThrow('logits must hold whole rows of columns = 2 numbers, at least one; got 3 numbers.')
    expect(() => softmax([], 2)).toThrow('got 0 numbers')
    expect(() => softmax([1, NaN], 2)).toThrow('got NaN at row 0, column 1')
  })
})

it('predictedClasses takes the largest of each row, the first of equals', () => {
  expect([...predictedClasses([0, 2, 1, 3, 3, 0, -1, -2, -0.5], 3)]).toEqual([1, 0, 2])
})

describe('confidentShare', () => {
  const rows = [
    0.95, 0.03, 0.02, // confident in 0
    0.02, 0.9, 0.08, // confident in 1: the threshold itself counts
    0.05, 0.05, 0.9, // confident in the third column
    0.5, 0.45, 0.05,
  ]

  it('counts rows whose largest class reaches the threshold', () => {
    expect(confidentShare(rows, { classes: 3 })).toBe(0.75)
    expect(confidentShare(rows, { classes: 3, threshold: 0.91 })).toBe(0.25)
    expect(confidentShare(rows, { classes: 3, threshold: 0.5 })).toBe(1)
  })

  it('does not count columns past the classes, such as "none of them"', () => {
    expect(confidentShare(rows, { columns: 3, classes: 2 })).toBe(0.5)
  })

  it('by own class counts only those that are called by their label', () => {
    expect(confidentlyCorrectShare(rows, [0, 0, 1, 0], { columns: 3, classes: 2 })).toBe(0.25)
    expect(confidentlyCorrectShare(rows, [0, 1, 1, 0], { columns: 3, classes: 2, threshold: 0.5 })).toBe(0.75)
  })

  it('refuses logits, more classes than columns, a threshold of 0, and labels that do not fit', () => {
    expect(() => confidentShare([3, -1], { classes: 2 })).toThrow('probabilities must be in [0, 1]; got 3 at row 0, column 0.')
    expect(() => confidentShare([0.5, NaN], { classes: 2 })).toThrow('got NaN at row 0, column 1')
    expect(() => confidentShare(rows, { columns: 3, classes: 4 })).toThrow('classes must be at most columns (3); got 4.')
    expect(() => confidentShare(rows, { classes: 3, threshold: 0 })).toThrow('threshold must be in (0, 1]; got 0.')
    expect(() => confidentlyCorrectShare(rows, [0, 1], { classes: 3 })).toThrow('labels must hold one class for each of the 4 rows; got 2.')
    expect(() => confidentlyCorrectShare(rows, [0, 1, 2, 3], { classes: 3 })).toThrow('labels must hold class indices from 0 to 2; got 3 at index 3.')
  })
})
