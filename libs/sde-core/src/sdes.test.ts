import { describe, expect, it } from 'vitest'
import { cosineVpSde } from './cosine-vp-sde'
import { discreteDdpm } from './discrete-ddpm'
import { edmSde } from './edm-sde'
import { InvalidArgumentError } from './errors'
import type { Sde } from './sde'
import { subVpSde } from './sub-vp-sde'
import { veSde } from './ve-sde'
import { vpSde } from './vp-sde'

const relative = (actual: number, expected: number) => Math.abs(actual / expected - 1)
const sdes: readonly Sde[] = [vpSde(), cosineVpSde(), subVpSde(), veSde(), edmSde(), discreteDdpm().continuous]

describe.each(sdes.map((sde) => [sde.name, sde] as const))('the %s SDE', (_, sde) => {
  const { alpha, sigma, lambda, timeAtLambda } = sde.schedule
  const inner = [0.003, 0.02, 0.1, 0.37, 0.5, 0.8, 0.97].map((share) => share * sde.tMax)

  it('has λ = ln(α/σ), strictly decreasing (relative 1e-12)', () => {
    const times = [1e-5 * sde.tMax, ...inner, sde.tMax]
    times.forEach((t) => expect(Math.abs(lambda(t) - Math.log(alpha(t) / sigma(t)))).toBeLessThan(1e-12 * Math.abs(lambda(t)) + 1e-12))
    times.slice(1).forEach((t, i) => expect(lambda(t)).toBeLessThan(lambda(times[i])))
  })

  it('inverts λ from t = 1e-6 to tMax (relative 1e-10)', () => {
    for (const t of [1e-6 * sde.tMax, 1e-5 * sde.tMax, 1e-3 * sde.tMax, ...inner, sde.tMax]) {
      expect(relative(timeAtLambda(lambda(t)), t)).toBeLessThan(1e-10)
    }
  })

  it('has the drift f = d ln α/dt and the diffusion g² = dσ²/dt − 2 f σ² (central differences, relative 1e-6)', () => {
    for (const t of inner) {
      const h = 1e-5 * t
      const slope = (f: (time: number) => number) => (f(t + h) - f(t - h)) / (2 * h)
      const drift = slope((time) => Math.log(alpha(time)))
      const squared = slope((time) => sigma(time) ** 2) - 2 * sde.driftScale(t) * sigma(t) ** 2
      expect(Math.abs(sde.driftScale(t) - drift)).toBeLessThan(1e-6 * Math.abs(drift) + 1e-9)
      expect(relative(sde.diffusion(t) ** 2, squared)).toBeLessThan(1e-6)
    }
  })

  it('has g² = −2 σ² dλ/dt (central differences, relative 1e-6)', () => {
    for (const t of inner) {
      const h = 1e-5 * t
      const slope = (lambda(t + h) - lambda(t - h)) / (2 * h)
      expect(relative(sde.diffusion(t) ** 2, -2 * sigma(t) ** 2 * slope)).toBeLessThan(1e-6)
    }
  })

  it('ends near its prior: α(tMax)/priorStd ≤ 0.1 and σ(tMax) within 1 % of priorStd', () => {
    expect(alpha(sde.tMax) / sde.priorStd).toBeLessThanOrEqual(0.1)
    expect(relative(sigma(sde.tMax), sde.priorStd)).toBeLessThan(0.01)
  })
})

describe('the VP SDE', () => {
  it('has the constants that 40-digit arithmetic gives for β from 0.1 to 20 (relative 1e-14)', () => {
    const { alpha, sigma, lambda } = vpSde().schedule
    const constants: readonly (readonly [number, number])[] = [
      [alpha(1), 0.006571586494929615],
      [sigma(1e-3), 0.010485416335094896],
      [sigma(1e-5), 0.0010004971259352383],
      [lambda(1), -5.024978406659204],
      [lambda(1e-3), 4.557714932729898],
      [lambda(1e-5), 6.907257776075559],
    ]
    constants.forEach(([actual, expected]) => expect(relative(actual, expected)).toBeLessThan(1e-14))
  })

  it('keeps the digits of σ down to t = 1e-12, where σ² = B to relative 1e-12', () => {
    const t = 1e-12
    expect(relative(vpSde().schedule.sigma(t) ** 2, 0.1 * t)).toBeLessThan(1e-10)
  })

  it('has α² + σ² = 1 and drift −½ β x (1e-15)', () => {
    const sde = vpSde({ betaMin: 0.2, betaMax: 7 })
    for (const t of [0, 1e-4, 0.3, 1]) {
      expect(Math.abs(sde.schedule.alpha(t) ** 2 + sde.schedule.sigma(t) ** 2 - 1)).toBeLessThan(1e-15)
      expect(sde.driftScale(t)).toBe(-0.5 * (0.2 + 6.8 * t))
      expect(sde.beta(t)).toBe(0.2 + 6.8 * t)
    }
  })

  it.each([
    [{ betaMin: 20, betaMax: 0.1 }, 'betaMax must be a finite number greater than betaMin (20); got 0.1.'],
    [{ betaMin: 1, betaMax: 1 }, 'betaMax must be a finite number greater than betaMin (1); got 1.'],
    [{ betaMin: 0 }, 'betaMin must be a positive number; got 0.'],
    [{ betaMin: NaN }, 'betaMin must be a positive number; got NaN.'],
    [{ betaMax: Infinity }, 'betaMax must be a finite number greater than betaMin (0.1); got Infinity.'],
  ])('refuses %o', (options, message) => {
    expect(() => vpSde(options)).toThrow(message)
    expect(() => subVpSde(options)).toThrow(InvalidArgumentError)
  })
})

describe('a long VP chain', () => {
  it('has a finite λ where e^B overflows: −B/2 for B = 1500 (relative 1e-12), with its inverse', () => {
    const { schedule } = vpSde({ betaMax: 3000 })
    const integral = 0.1 + 0.5 * 2999.9
    expect(relative(schedule.lambda(1), -0.5 * integral)).toBeLessThan(1e-12)
    expect(relative(schedule.timeAtLambda(schedule.lambda(1)), 1)).toBeLessThan(1e-12)
  })
})

describe('the sub-VP SDE', () => {
  it('has the variance of the VP SDE, squared: σ_sub = σ_vp² (relative 1e-14)', () => {
    for (const t of [1e-6, 1e-3, 0.2, 1]) expect(relative(subVpSde().schedule.sigma(t), vpSde().schedule.sigma(t) ** 2)).toBeLessThan(1e-14)
  })
})

describe('the cosine VP SDE', () => {
  it('has α² + σ² = 1 (1e-15) and keeps the digits of σ near 0: σ² = B = t · β(0) there (relative 1e-5 at t = 1e-8)', () => {
    const { schedule, beta } = cosineVpSde()
    for (const t of [0, 0.1, 0.7, 0.99]) expect(Math.abs(schedule.alpha(t) ** 2 + schedule.sigma(t) ** 2 - 1)).toBeLessThan(1e-15)
    expect(relative(schedule.sigma(1e-8) ** 2, 1e-8 * beta(0))).toBeLessThan(1e-5)
  })
})

describe('settings that do not fit', () => {
  it.each([
    ['sigmaMin', () => veSde({ sigmaMin: 0 })],
    ['sigmaMax', () => veSde({ sigmaMin: 2, sigmaMax: 1 })],
    ['sigmaMax', () => edmSde({ sigmaMax: -1 })],
    ['tMax', () => cosineVpSde({ tMax: 1 })],
    ['offset', () => cosineVpSde({ offset: 0 })],
    ['betaEnd', () => discreteDdpm({ betaStart: 0.5, betaEnd: 0.1 })],
    ['betaStart', () => discreteDdpm({ betaStart: 0 })],
    ['steps', () => discreteDdpm({ steps: 1.5 })],
  ])('are named: %s', (argument, make) => {
    expect(make).toThrow(InvalidArgumentError)
    expect(make).toThrow(new RegExp(`^${argument} must be`))
  })
})
