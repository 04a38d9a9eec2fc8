import { describe, expect, it } from 'vitest'
import { edmSde } from './edm-sde'
import { InvalidArgumentError } from './errors'
import { hostSpace } from './host-space'
import { samplePrior } from './prior'
import { vpSde } from './vp-sde'

describe('the prior', () => {
  it('is N(0, priorStd²): mean and variance of 40,000 draws within 5 standard errors (seed 11)', () => {
    for (const sde of [vpSde(), edmSde()]) {
      const { data } = samplePrior({ sde, space: hostSpace, shape: [10_000, 4], seed: 11 })
      const n = data.length
      const mean = data.reduce((sum, value) => sum + value, 0) / n
      const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n
      expect(Math.abs(mean)).toBeLessThan((5 * sde.priorStd) / Math.sqrt(n))
      expect(Math.abs(variance / sde.priorStd ** 2 - 1)).toBeLessThan(5 * Math.sqrt(2 / n))
    }
  })

  it('gives a sample the same numbers in any batch', () => {
    const draw = (count: number, firstSample: number) => samplePrior({ sde: vpSde(), space: hostSpace, shape: [count, 3], seed: 5, firstSample })
    expect(draw(1, 7).data).toEqual(draw(64, 0).data.slice(21, 24))
  })

  it('of a run that begins at t is priorStd σ(t)/σ(tMax) times the same numbers, and that of tMax itself by default', () => {
    for (const sde of [vpSde(), edmSde()]) {
      const at = (t?: number) => samplePrior({ sde, space: hostSpace, shape: [2, 3], seed: 5, ...(t !== undefined && { t }) }).data
      const ratio = sde.schedule.sigma(0.4 * sde.tMax) / sde.schedule.sigma(sde.tMax)
      at().forEach((value, i) => expect(Math.abs(at(0.4 * sde.tMax)[i] / value - ratio)).toBeLessThan(1e-15))
      expect(at(sde.tMax)).toEqual(at())
    }
    expect(() => samplePrior({ sde: vpSde(), space: hostSpace, shape: [2, 3], seed: 5, t: 1.5 })).toThrow('t must be above 0 and at most tMax (1); got 1.5.')
    expect(() => samplePrior({ sde: vpSde(), space: hostSpace, shape: [2, 3], seed: 5, t: 0 })).toThrow(InvalidArgumentError)
  })

  it.each([[[]], [[0, 3]], [[2, 1.5]]])('refuses the shape %j', (shape) => {
    expect(() => samplePrior({ sde: vpSde(), space: hostSpace, shape, seed: 0 })).toThrow(InvalidArgumentError)
  })
})
