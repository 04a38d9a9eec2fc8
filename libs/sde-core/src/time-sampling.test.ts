import { describe, expect, it } from 'vitest'
import { InvalidArgumentError } from './errors'
import { timeSampler } from './time-sampling'
import { veSde } from './ve-sde'
import { vpSde } from './vp-sde'

const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length
const deviation = (values: Float64Array) => Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)))

describe('training times', () => {
  it('stay in [tMin, tMax], and in stratum i of n when stratified', () => {
    for (const density of ['uniform', 'likelihood'] as const) {
      const sde = vpSde()
      const { times } = timeSampler({ sde, density, tMin: 1e-4 })({ count: 200, seed: 1, step: 3 })
      const level = density === 'uniform' ? (t: number) => (t - 1e-4) / (1 - 1e-4) : (t: number) => (sde.schedule.lambda(1e-4) - sde.schedule.lambda(t)) / (sde.schedule.lambda(1e-4) - sde.schedule.lambda(1))
      times.forEach((t, i) => expect(Math.floor(level(t) * 200 + (level(t) * 200 - i > 0.5 ? -1e-9 : 1e-9))).toBe(i))
    }
  })

  it('are other numbers in every step and the same for the same step', () => {
    const draw = timeSampler({ sde: vpSde() })
    expect(draw({ count: 5, seed: 1, step: 2 })).toEqual(draw({ count: 5, seed: 1, step: 2 }))
    expect(draw({ count: 5, seed: 1, step: 2 }).times).not.toEqual(draw({ count: 5, seed: 1, step: 3 }).times)
    expect(draw({ count: 5, seed: 1, step: 2 }).times).not.toEqual(draw({ count: 5, seed: 2, step: 2 }).times)
  })

  it('drawn uniformly have mean ½ (tMin + tMax): independent ones within 5 standard errors (n = 20,000, seed 2)', () => {
    const { times, importance } = timeSampler({ sde: vpSde(), draws: 'independent', tMin: 0.2 })({ count: 20_000, seed: 2, step: 0 })
    expect(Math.abs(mean(times) - 0.6)).toBeLessThan((5 * 0.8) / Math.sqrt(12 * 20_000))
    expect(importance.every((weight) => weight === 1)).toBe(true)
  })

  it.each([vpSde(), veSde()])('drawn for the likelihood integrate like uniform ones when weighted, under $name (5 standard errors, n = 20,000, seed 3)', (sde) => {
    const { times, importance } = timeSampler({ sde, density: 'likelihood', draws: 'independent', tMin: 0.01 })({ count: 20_000, seed: 3, step: 0 })
    const terms = times.map((t, i) => importance[i] * Math.cos(3 * t))
    const exact = (Math.sin(3) - Math.sin(0.03)) / 3 / 0.99
    expect(Math.abs(mean(terms) - exact)).toBeLessThan((5 * deviation(terms)) / Math.sqrt(20_000))
    expect(Math.abs(mean(importance) - 1)).toBeLessThan((5 * deviation(importance)) / Math.sqrt(20_000) + 1e-12)
  })

  it('drawn for the likelihood make the likelihood weight constant: g²/σ² · importance does not depend on t (1e-9)', () => {
    const sde = vpSde()
    const { times, importance } = timeSampler({ sde, density: 'likelihood' })({ count: 50, seed: 4, step: 0 })
    const weights = times.map((t, i) => (sde.diffusion(t) / sde.schedule.sigma(t)) ** 2 * importance[i])
    weights.forEach((weight) => expect(Math.abs(weight / weights[0] - 1)).toBeLessThan(1e-9))
  })

  it('stratified have a far smaller error of the mean than independent ones: at most a tenth at n = 1000 (seeds 0 to 19)', () => {
    const error = (draws: 'independent' | 'stratified') => {
      const draw = timeSampler({ sde: vpSde(), draws, tMin: 0 })
      return Math.sqrt(mean(Float64Array.from({ length: 20 }, (_, seed) => (mean(draw({ count: 1000, seed, step: 0 }).times) - 0.5) ** 2)))
    }
    expect(error('stratified')).toBeLessThan(0.1 * error('independent'))
  })

  it.each([
    ['tMin', () => timeSampler({ sde: vpSde(), tMin: 1 })],
    ['tMin', () => timeSampler({ sde: vpSde(), density: 'likelihood', tMin: 0 })],
    ['count', () => timeSampler({ sde: vpSde() })({ count: 0, seed: 0, step: 0 })],
  ])('name the setting that does not fit: %s', (argument, run) => {
    expect(run).toThrow(InvalidArgumentError)
    expect(run).toThrow(new RegExp(`^${argument} must be`))
  })
})
