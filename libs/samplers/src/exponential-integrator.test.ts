import { vpSde } from '@sbgm/sde-core'
import { describe, expect, it } from 'vitest'
import { exponentialStep, exponentialWeights, phi } from './exponential-integrator'
import { multistepWeights } from './extrapolated-data'

/** ∫₀¹ z e^(z (1 − θ)) f(θ) dθ by Simpson's rule with 2000 intervals: what the weights are to give for f. */
function integral(z: number, f: (theta: number) => number): number {
  const n = 2000
  let sum = 0
  for (let i = 0; i <= n; i++) sum += (i === 0 || i === n ? 1 : i % 2 ? 4 : 2) * z * Math.exp(z * (1 - i / n)) * f(i / n)
  return sum / (3 * n)
}

describe('φ_n', () => {
  it('is 1/n! at 0, and near 0 the series 1/n! + z/(n + 1)! (relative 1e-15)', () => {
    for (const [n, factorial] of [[1, 1], [2, 2], [3, 6], [4, 24]] as const) {
      expect(phi(n, 0)).toBe(1 / factorial)
      for (const z of [1e-9, -1e-9]) expect(Math.abs(phi(n, z) * factorial - (1 + z / (n + 1)))).toBeLessThan(1e-15)
    }
  })

  it('obeys φ_(n+1)(z) z + 1/n! = φ_n(z), with series and closed form alike (relative 1e-14)', () => {
    for (const z of [-20, -3, -1.0001, -0.9999, -0.5, 0.5, 0.9999, 1.0001, 4]) {
      for (const [n, factorial] of [[1, 1], [2, 2], [3, 6]] as const) {
        expect(Math.abs((phi(n + 1, z) * z + 1 / factorial) / phi(n, z) - 1)).toBeLessThan(1e-14 * (1 + 1 / phi(n, z)))
      }
      expect(Math.abs((phi(1, z) * z) / Math.expm1(z) - 1)).toBeLessThan(1e-15)
    }
  })

  it('has its limits at −∞', () => {
    expect([phi(1, -Infinity), phi(2, -Infinity), phi(3, -Infinity)].map((value) => value + 0)).toEqual([0, 0, 0])
  })
})

describe('the weights of an exponential step', () => {
  it.each([[[0]], [[0, -0.7]], [[0, -1, -2.3]], [[1, 0, -0.9, -2.1]]])('integrate polynomials below the number of the nodes %j exactly (1e-11)', (nodes) => {
    for (const z of [-2, -0.3, 0.01, 1.5]) {
      const weights = exponentialWeights(z, nodes)
      for (let degree = 0; degree < nodes.length; degree++) {
        const sum = weights.reduce((total, weight, m) => total + weight * nodes[m] ** degree, 0)
        expect(Math.abs(sum - integral(z, (theta) => theta ** degree))).toBeLessThan(1e-11)
      }
    }
  })

  it('for two nodes are those of the value of their line at ½: of the published method, and of the same sum', () => {
    const [now, before] = multistepWeights(-0.4, [0, -0.8])
    expect(Math.abs(before - Math.expm1(-0.4) / (2 * -0.8))).toBeLessThan(1e-16)
    expect(Math.abs(now + before - Math.expm1(-0.4))).toBeLessThan(1e-16)
    expect(multistepWeights(-0.4, [0, -0.8, -2])).toEqual(exponentialWeights(-0.4, [0, -0.8, -2]))
  })
})

describe('a step of constant prediction', () => {
  it.each([[0.7, 0.2], [0.2, 0.7]])('is the exact one in either form, from t = %f to %f: x = α x_0 + σ ε moves along itself (1e-14)', (t, s) => {
    const { alpha, sigma } = vpSde().schedule
    const [data, noise] = [0.3, -1.2]
    for (const [form, prediction] of [['data', data], ['noise', noise]] as const) {
      const { carry, gain, z } = exponentialStep(vpSde().schedule, form, t, s)
      const x = carry * (alpha(t) * data + sigma(t) * noise) + gain * Math.expm1(z) * prediction
      expect(Math.abs(x - (alpha(s) * data + sigma(s) * noise))).toBeLessThan(1e-14)
    }
  })
})
