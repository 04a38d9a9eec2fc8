import {
  forwardSde,
  hostSpace,
  hostState,
  normalCdf,
  normalDensity,
  reverseSde,
  scalarMixtureTarget,
  uniformGrid,
  vpSde,
  type Dynamics,
  type HostState,
  type Sampler,
  type TimeGrid,
} from '@sbgm/sde-core'
import { convergenceOrder } from '@sbgm/sde-core/testing'
import { describe, expect, it } from 'vitest'
import { ancestral } from './ancestral'
import { eulerMaruyama } from './euler-maruyama'
import { reverseDiffusion } from './reverse-diffusion'
import { lastState } from './sample'

const sde = vpSde()
const target = scalarMixtureTarget({ sde, weights: [0.3, 0.5, 0.2], means: [-1.2, 0.4, 1.8], stds: [0.25, 0.35, 0.2] })

/** Quadrature points: the trapezoid rule is exact to round-off for smooth densities that vanish at both ends. */
const [points, h] = [Float64Array.from({ length: 321 }, (_, i) => (i - 160) / 20), 1 / 20]

type Cdf = (x: number) => number

/** One step as x' = mean(x) + spread z, read off at the quadrature points. */
async function stepOn(sampler: Sampler<HostState>, dynamics: Dynamics<HostState>, t: number, s: number) {
  const x = hostState(points)
  const withNoise = async (value: number) => {
    const noise = () => hostState(points.map(() => value))
    const input = { x, t, s, dynamics, space: hostSpace, state: sampler.init(x), noise, constrain: (y: HostState) => y }
    return (await sampler.step(input)).x.data
  }
  const [mean, noisy] = [await withNoise(0), await withNoise(1)]
  return { mean, spread: noisy[0] - mean[0] }
}

/** The exact law at the end of a sampler that starts from p_t: its Markov chain by Chapman–Kolmogorov, no number drawn. */
async function lawAtEnd(sampler: Sampler<HostState>, dynamics: Dynamics<HostState>, grid: TimeGrid): Promise<Cdf> {
  let density = points.map((x) => target.density(x, grid[0]))
  for (let index = 1; ; index++) {
    const { mean, spread } = await stepOn(sampler, dynamics, grid[index - 1], grid[index])
    const before = density
    const push = (term: (standardised: number) => number) => (x: number) =>
      before.reduce((sum, p, i) => sum + h * p * term((x - mean[i]) / spread), 0)
    if (index === grid.length - 1) return push(normalCdf)
    density = points.map(push((z) => normalDensity(z) / spread))
  }
}

/** sup |F_n − F| of a sample against a continuous law. */
function kolmogorovSmirnov(sample: Float64Array, cdf: Cdf): number {
  const n = sample.length
  return sample.toSorted().reduce((largest, value, i) => {
    const probability = cdf(value)
    return Math.max(largest, (i + 1) / n - probability, probability - i / n)
  }, 0)
}

const reverse = reverseSde(sde, target.predictor('score', hostSpace), hostSpace)
const forward = forwardSde(sde, hostSpace)

describe.each([
  { sampler: eulerMaruyama<HostState>(), dynamics: reverse, from: 1, to: 0.05 },
  { sampler: reverseDiffusion<HostState>(), dynamics: reverse, from: 1, to: 0.05 },
  { sampler: ancestral<HostState>(), dynamics: reverse, from: 1, to: 0.05 },
  { sampler: ancestral<HostState>({ variance: 'posterior' }), dynamics: reverse, from: 1, to: 0.05 },
  { sampler: eulerMaruyama<HostState>(), dynamics: forward, from: 0.05, to: 0.6 },
])('$sampler.name on the $dynamics.kind SDE (VP, three Gaussians, t = $from to $to)', ({ sampler, dynamics, from, to }) => {
  it('has a law at distance O(h) of the exact one: sup |F − F_exact| has order 1 (±0.15, 50 and 100 steps)', async () => {
    const errors = await Promise.all(
      [50, 100].map(async (steps) => {
        const cdf = await lawAtEnd(sampler, dynamics, uniformGrid({ from, to, steps }))
        expect(Math.abs(cdf(20) - 1)).toBeLessThan(1e-9) // the quadrature lost nothing
        return points.reduce((largest, x) => Math.max(largest, Math.abs(cdf(x) - target.cdf(x, to))), 0)
      }),
    )
    expect(Math.abs(convergenceOrder(errors).finest - 1)).toBeLessThan(0.15)
  })

  it('draws from that law: KS below 2.75/√n, the level of five standard errors (n = 20,000, 40 steps, seed 1)', async () => {
    const [n, grid] = [20_000, uniformGrid({ from, to, steps: 40 })]
    const x = target.draw<HostState>(hostSpace, { count: n, seed: 1, t: from })
    const end = await lastState({ dynamics, sampler, grid, space: hostSpace, x, seed: 1, lastStep: 'sample' })
    const distance = kolmogorovSmirnov(end.data, await lawAtEnd(sampler, dynamics, grid))
    expect(distance).toBeLessThan(2.75 / Math.sqrt(n)) // P(√n D > c) ≤ 2 exp(−2c²) = 5.4e-7
    expect(distance).toBeGreaterThan(0.2 / Math.sqrt(n)) // and it is a sample: P(√n D < 0.2) is below 1e-12
  })
})
