import { describe, expect, it } from 'vitest'
import { mulberry, normalCdf, normalDensity, normalSample, seeds } from './normal-law.fixture'

describe('what the tests stand on', () => {
  it('normalCdf has its known values to 1e-15 and mirrors at 0', () => {
    expect(normalCdf(0)).toBe(0.5)
    expect(Math.abs(normalCdf(1) - 0.8413447460685429)).toBeLessThan(1e-15)
    expect(Math.abs(normalCdf(1.959963984540054) - 0.975)).toBeLessThan(1e-15)
    expect(Math.abs(normalCdf(-3) / 0.0013498980316300933 - 1)).toBeLessThan(1e-12)
    for (const x of [0.1, 1.7, 4.2]) expect(Math.abs(normalCdf(-x) + normalCdf(x) - 1)).toBeLessThan(1e-15)
  })

  it('normalDensity is its derivative (central difference, step 1e-4, to 1e-8)', () => {
    for (const x of [-2, 0.3, 1.5]) {
      expect(Math.abs((normalCdf(x + 1e-4) - normalCdf(x - 1e-4)) / 2e-4 - normalDensity(x))).toBeLessThan(1e-8)
    }
  })

  it('mulberry is uniform and normalSample standard normal in mean and variance (seed 1, n = 100,000, 5 standard errors)', () => {
    const [n, next] = [100_000, mulberry(seeds.law)]
    const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, x) => sum + x, 0) / n
    expect(Math.abs(mean(Array.from({ length: n }, next)) - 0.5)).toBeLessThan(5 / Math.sqrt(12 * n))
    const normal = normalSample(n, seeds.law)
    expect(Math.abs(mean(normal))).toBeLessThan(5 / Math.sqrt(n))
    expect(Math.abs(mean(normal.map((x) => x ** 2)) - 1)).toBeLessThan(5 * Math.sqrt(2 / n))
  })
})
