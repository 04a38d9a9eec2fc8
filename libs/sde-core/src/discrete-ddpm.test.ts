import { describe, expect, it } from 'vitest'
import { discreteDdpm } from './discrete-ddpm'

const relative = (actual: number, expected: number) => Math.abs(actual / expected - 1)

describe('the discrete DDPM chain', () => {
  const chain = discreteDdpm()

  it('has β from 1e-4 to 0.02 in equal increments over 1000 steps, and ᾱ their product (relative 1e-12)', () => {
    expect(chain.betas.length).toBe(1000)
    expect(chain.betas[0]).toBe(1e-4)
    expect(relative(chain.betas[999], 0.02)).toBeLessThan(1e-14)
    let product = 1
    chain.betas.forEach((beta, i) => {
      product *= 1 - beta
      expect(relative(chain.alphaBars[i], product)).toBeLessThan(1e-12)
      expect(relative(chain.sqrtOneMinusAlphaBars[i] ** 2, 1 - product)).toBeLessThan(1e-11)
    })
  })

  it('is met exactly by its SDE at every t = i/T (relative 1e-12)', () => {
    chain.alphaBars.forEach((alphaBar, i) => expect(relative(chain.sde.schedule.alpha((i + 1) / 1000) ** 2, alphaBar)).toBeLessThan(1e-12))
  })

  it('is met by the VP SDE with β(t) from T β_1 = 0.1 to T β_T = 20 to max_i |√ᾱ_i − α(i/T)| ≤ 1.0e-3', () => {
    const gaps = Array.from(chain.alphaBars, (alphaBar, i) => Math.abs(Math.sqrt(alphaBar) - chain.continuous.schedule.alpha((i + 1) / 1000)))
    expect(Math.max(...gaps)).toBeLessThanOrEqual(1e-3)
    expect(Math.max(...gaps)).toBeGreaterThan(1e-5) // the limit differs from the chain: the test would notice a copy
    expect(chain.continuous.beta(0)).toBeCloseTo(0.1, 12)
    expect(chain.continuous.beta(1)).toBeCloseTo(20, 12)
  })

  it('gives an SDE with β(t) = −T ln(1 − β_i) on each interval and an inverse λ between the steps (relative 1e-10)', () => {
    const { beta, schedule, driftScale, diffusion } = chain.sde
    for (const t of [0.00025, 0.0015, 0.3337, 0.99999]) {
      const i = Math.ceil(t * 1000)
      expect(relative(beta(t), -1000 * Math.log1p(-chain.betas[i - 1]))).toBeLessThan(1e-10)
      expect(driftScale(t)).toBe(-0.5 * beta(t))
      expect(diffusion(t)).toBe(Math.sqrt(beta(t)))
      expect(relative(schedule.timeAtLambda(schedule.lambda(t)), t)).toBeLessThan(1e-10)
    }
  })

  it('starts at α = 1, σ = 0', () => {
    expect(chain.sde.schedule.alpha(0)).toBe(1)
    expect(chain.sde.schedule.sigma(0)).toBe(0)
  })
})
