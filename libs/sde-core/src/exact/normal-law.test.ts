import { describe, expect, it } from 'vitest'
import { logNormalCdf, normalCdf, normalDensity } from './normal-law'

describe('the normal law', () => {
  it('has the values of erfc(−z/√2)/2, relative 2e-14, far into the lower tail', () => {
    const golden: readonly (readonly [number, number])[] = [
      [-30, 4.906713927148187e-198],
      [-10, 7.61985302416052606597e-24],
      [-5, 2.86651571879193911674e-7],
      [-2.5, 0.00620966532577613296942],
      [-2.4999999, 0.006209667078606404],
      [-1, 0.158655253931457051415],
      [0, 0.5],
      [0.1, 0.539827837277028981416],
      [1, 0.841344746068542948585],
      [2.5, 0.993790334674223867031],
      [6, 0.999999999013412354797],
    ]
    golden.forEach(([z, value]) => expect(Math.abs(normalCdf(z) / value - 1)).toBeLessThan(Math.abs(z) > 20 ? 2e-13 : 2e-14))
  })

  it('is symmetric, Φ(z) + Φ(−z) = 1 (1e-15), with limits 0 and 1', () => {
    for (let z = 0; z < 9; z += 0.37) expect(Math.abs(normalCdf(z) + normalCdf(-z) - 1)).toBeLessThan(1e-15)
    expect([normalCdf(-Infinity), normalCdf(Infinity), normalCdf(NaN)]).toEqual([0, 1, NaN])
  })

  it('has φ as its derivative (central differences, 1e-9)', () => {
    for (const z of [-3, -1, 0, 0.5, 2.6]) expect(Math.abs((normalCdf(z + 1e-5) - normalCdf(z - 1e-5)) / 2e-5 - normalDensity(z))).toBeLessThan(1e-9)
  })

  it('has a logarithm that goes on where Φ underflows: ln Φ where Φ is there (1e-13), −z²/2 − ln(−z √2π) − 1/z² far out (1e-9 at z = −1e3)', () => {
    for (const z of [-30, -10, -2.6, -2.4, 0, 2, 2.6, 8]) {
      expect(Math.abs(logNormalCdf(z) - Math.log(normalCdf(z)))).toBeLessThan(1e-13 * (1 + Math.abs(logNormalCdf(z))))
    }
    const asymptote = -0.5e6 - Math.log(1e3 * Math.sqrt(2 * Math.PI)) - 1e-6
    expect(Math.abs(logNormalCdf(-1e3) - asymptote)).toBeLessThan(1e-9)
  })
})
