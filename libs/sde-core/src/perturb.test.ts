import { describe, expect, it } from 'vitest'
import { hostSpace } from './host-space'
import { hostState } from './host-state'
import { conditionalScore, marginal, perturb } from './perturb'
import { subVpSde } from './sub-vp-sde'
import { veSde } from './ve-sde'
import { vpSde } from './vp-sde'

const [x0, noise, t] = [hostState([1, -2, 0.5], [3, 1]), hostState([0.3, -1, 2], [3, 1]), Float64Array.of(0.01, 0.4, 1)]

describe.each([vpSde(), subVpSde(), veSde()])('the kernel of $name', (sde) => {
  const space = hostSpace
  it('is x_t = α x_0 + σ ε, with each sample at its own time', () => {
    const x = perturb({ sde, space, x0, noise, t })
    x.data.forEach((value, i) => {
      const expected = sde.schedule.alpha(t[i]) * x0.data[i] + sde.schedule.sigma(t[i]) * noise.data[i]
      expect(Math.abs(value - expected)).toBeLessThan(1e-15 * (1 + Math.abs(expected)))
    })
  })

  it('has mean α x_0 and standard deviation σ', () => {
    const { mean, std } = marginal({ sde, space, x0, t })
    t.forEach((time, i) => {
      expect(mean.data[i]).toBe(sde.schedule.alpha(time) * x0.data[i])
      expect(std[i]).toBe(sde.schedule.sigma(time))
    })
  })

  it('has the score −ε/σ at x_t = α x_0 + σ ε (relative 1e-11)', () => {
    const score = conditionalScore({ sde, space, x: perturb({ sde, space, x0, noise, t }), x0, t })
    score.data.forEach((value, i) => expect(Math.abs(value * -sde.schedule.sigma(t[i]) / noise.data[i] - 1)).toBeLessThan(1e-11))
  })

  it('has the derivative of ln N(x; α x_0, σ²) as its score (central differences, relative 1e-7)', () => {
    const at = [0.4, 0.9]
    const score = conditionalScore({ sde, space, x: hostState([1.3, 1.3]), x0: hostState([0.5, 0.5]), t: Float64Array.from(at) })
    at.forEach((time, i) => {
      const [alpha, sigma] = [sde.schedule.alpha(time), sde.schedule.sigma(time)]
      const logDensity = (x: number) => -0.5 * ((x - alpha * 0.5) / sigma) ** 2 - Math.log(sigma)
      const h = 1e-4 * sigma
      const slope = (logDensity(1.3 + h) - logDensity(1.3 - h)) / (2 * h)
      expect(Math.abs(score.data[i] / slope - 1)).toBeLessThan(1e-7)
    })
  })
})

describe('times that are not one per sample, or no times', () => {
  const space = hostSpace
  const sde = vpSde()
  it.each([
    ['perturb', (times: Float64Array) => perturb({ sde, space, x0, noise, t: times })],
    ['marginal', (times: Float64Array) => marginal({ sde, space, x0, t: times })],
    ['conditionalScore', (times: Float64Array) => conditionalScore({ sde, space, x: x0, x0, t: times })],
  ])('are refused by %s', (_, run) => {
    expect(() => run(new Float64Array(0))).toThrow('the times t must have shape (3); got (0).')
    expect(() => run(Float64Array.of(0.5))).toThrow('the times t must have shape (3); got (1).')
    expect(() => run(Float64Array.of(0.5, -1, 0.2))).toThrow('t must be a finite time of at least 0; got -1.')
  })
})
