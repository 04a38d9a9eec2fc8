import { describe, expect, it } from 'vitest'
import { dropLabels } from './drop-labels'

const labels = Array.from({ length: 10_000 }, (_, i) => i % 10)
const settings = { classes: 10, seed: 5, step: 3 }

describe('dropping labels', () => {
  it('makes a tenth of them "no label" and leaves the others (n = 10 000, seed 5, five standard errors)', () => {
    const dropped = dropLabels(labels, { ...settings, probability: 0.1 })
    const count = dropped.filter((label) => label === 10).length
    expect(Math.abs(count / labels.length - 0.1)).toBeLessThan(5 * Math.sqrt((0.1 * 0.9) / labels.length))
    expect(labels.every((label, i) => dropped[i] === 10 || dropped[i] === label)).toBe(true)
  })

  it('of probability 0 keeps all, of probability 1 none', () => {
    expect([...dropLabels(labels, { ...settings, probability: 0 })]).toEqual(labels)
    expect(new Set(dropLabels(labels, { ...settings, probability: 1 }))).toEqual(new Set([10]))
  })

  it('is a function of seed, step and sample, not of the batch', () => {
    const whole = dropLabels(labels, { ...settings, probability: 0.5 })
    expect(dropLabels(labels, { ...settings, probability: 0.5 })).toEqual(whole)
    expect(dropLabels(labels.slice(40, 60), { ...settings, probability: 0.5, firstSample: 40 })).toEqual(whole.slice(40, 60))
    expect(dropLabels(labels, { ...settings, probability: 0.5, step: 4 })).not.toEqual(whole)
    expect(dropLabels(labels, { ...settings, probability: 0.5, seed: 6 })).not.toEqual(whole)
  })

  it.each([
    [[0, 11], { probability: 0.1 }, 'labels must be integers from 0 to 10 (10: no label); got 11.'],
    [[0, -1], { probability: 0.1 }, 'labels must be integers from 0 to 10 (10: no label); got -1.'],
    [[0], { probability: 1.1 }, 'probability must be from 0 to 1; got 1.1.'],
    [[0], { probability: NaN }, 'probability must be from 0 to 1; got NaN.'],
    [[0], { probability: 0.1, classes: 0 }, 'classes must be an integer of at least 1; got 0.'],
    [[0], { probability: 0.1, seed: -1 }, 'key.seed must be an integer from 0 to 2^53 - 1; got -1.'],
  ])('refuses %j with %j', (given, options, message) => {
    expect(() => dropLabels(given, { ...settings, ...options })).toThrow(message)
  })
})
