import { describe, expect, it } from 'vitest'
import { normalSample, seeds } from './normal-law.fixture'
import { addGaussianNoise, clampImages } from './image-values'
import { sampleMoments } from './sample-moments'

describe('clampImages', () => {
  it('moves only what lies outside, to the nearer end, in a copy', () => {
    const images = Float32Array.of(-3, -1, -0.25, 0.5, 1.5)
    expect([...clampImages(images)]).toEqual([-1, -1, -0.25, 0.5, 1])
    expect([...clampImages(images, 0, 2)]).toEqual([0, 0, 0, 0.5, 1.5])
    expect(images[0]).toBe(-3)
  })

  it('does not hide what is not finite, and needs its ends in order', () => {
    expect(() => clampImages([0, Infinity])).toThrow('images must hold finite numbers; got Infinity at index 1.')
    expect(() => clampImages([0], 1, -1)).toThrow('low must be less than high (-1); got 1.')
  })
})

describe('addGaussianNoise', () => {
  it('adds std times the noise handed in (seed 1, n = 10,000, 5 standard errors)', () => {
    const noise = normalSample(10_000, seeds.law)
    const { mean, std, meanError, stdError } = sampleMoments(addGaussianNoise(new Float32Array(10_000).fill(0.5), noise, 0.2))
    expect(Math.abs(mean - 0.5)).toBeLessThan(5 * meanError)
    expect(Math.abs(std - 0.2)).toBeLessThan(5 * stdError)
    expect([...addGaussianNoise([1, 2], [1, -1], 0.5)]).toEqual([1.5, 1.5])
  })

  it('refuses noise of another length and a negative std', () => {
    expect(() => addGaussianNoise([1, 2], [1], 0.5)).toThrow('noise must hold one number for each of the 2 values; got 1.')
    expect(() => addGaussianNoise([1], [1], -1)).toThrow('std must be a number ≥ 0; got -1.')
  })
})
