import { gaussianTarget, hostSpace, hostState, lambdaGrid, probabilityFlow, reverseSde, scalarMixtureTarget, timeGrid, vpSde, type HostState, type TimeGrid } from '@sbgm/sde-core'
import { convergenceOrder } from '@sbgm/sde-core/testing'
import { describe, expect, it } from 'vitest'
import { heun } from './heun'
import { lastState } from './sample'
import { stochasticImprovedEuler } from './stochastic-improved-euler'

const sde = vpSde()
const gaussian = gaussianTarget({ sde, mean: 0.5, std: 0.5 })
const mixture = scalarMixtureTarget({ sde, weights: [0.3, 0.5, 0.2], means: [-1.2, 0.4, 1.8], stds: [0.25, 0.35, 0.2] })
const reverse = reverseSde(sde, mixture.predictor('score', hostSpace), hostSpace)
const x = hostState([-2, -0.3, 0.7, 1.9])

/** One step with noise of one's choice. */
const stepOf = (dynamics: typeof reverse, from: HostState, t: number, s: number, z: number) => {
  const sampler = stochasticImprovedEuler<HostState>()
  const noise = () => hostState(from.data.map(() => z), from.shape)
  return sampler.step({ x: from, t, s, dynamics, space: hostSpace, state: sampler.init(from), noise, constrain: (y) => y })
}

/** u(x) = ∫ φ(z) f(x'(x, z)) dz at the points: one step of the sampler's transition operator, f interpolated between the points by cubics. */
const points = Float64Array.from({ length: 801 }, (_, i) => (i - 400) / 50)
const draws = Array.from({ length: 49 }, (_, i) => (i - 24) / 4) // the trapezoid rule is exact to round-off for φ times what is smooth
const weights = draws.map((z) => Math.exp(-0.5 * z * z) / (4 * Math.sqrt(2 * Math.PI)))
const interpolated = (values: Float64Array) => (at: number) => {
  const place = Math.min(Math.max((at + 8) * 50, 1), 798)
  const i = Math.min(Math.floor(place), 797)
  const p = place - i
  const [a, b, c, d] = [values[i - 1], values[i], values[i + 1], values[i + 2]]
  return b + 0.5 * p * (c - a + p * (2 * a - 5 * b + 4 * c - d + p * (3 * (b - c) + d - a)))
}

/** E cos(x_N + ½) of the sampler's chain from p_t, by the backward equation: no number drawn. */
async function expectation(grid: TimeGrid): Promise<number> {
  let values: Float64Array = points.map((at) => Math.cos(at + 0.5))
  for (let step = grid.length - 2; step >= 0; step--) {
    const after = interpolated(values)
    const ends = await Promise.all(draws.map((z) => stepOf(reverse, hostState(points), grid[step], grid[step + 1], z)))
    values = points.map((_, i) => ends.reduce((sum, { x: end }, k) => sum + weights[k] * after(end.data[i]), 0))
  }
  return values.reduce((sum, value, i) => sum + (value * mixture.density(points[i], grid[0])) / 50, 0)
}

describe('stochastic improved Euler', () => {
  it('is x + ½ (K_1 + K_2) with one and the same z (1e-15)', async () => {
    const [t, s, z] = [0.6, 0.45, -1.3]
    const drift = async (state: HostState, time: number) => (await reverse.drift(state, new Float64Array(4).fill(time))).data
    const root = Math.sqrt(t - s)
    const before = await drift(x, t)
    const first = x.data.map((_, i) => (s - t) * before[i] + reverse.diffusion(t) * root * z)
    const after = await drift(hostState(x.data.map((value, i) => value + first[i])), s)
    const second = x.data.map((_, i) => (s - t) * after[i] + reverse.diffusion(s) * root * z)
    const { x: end, mean } = await stepOf(reverse, x, t, s, z)
    end.data.forEach((value, i) => expect(Math.abs(value - (x.data[i] + 0.5 * (first[i] + second[i])))).toBeLessThan(4e-15))
    mean!.data.forEach((value, i) => expect(Math.abs(value - (x.data[i] + 0.5 * (s - t) * (before[i] + after[i])))).toBeLessThan(4e-15))
  })

  it('has weak order 2 on a mixture of three Gaussians too: E cos(x + ½), VP, t = 1 to 0.1 in 10, 20 and 40 equal steps of λ (±0.15 at the finest pair)', async () => {
    const exact = points.reduce((sum, at) => sum + (Math.cos(at + 0.5) * mixture.density(at, 0.1)) / 50, 0)
    const errors: number[] = []
    for (const steps of [10, 20, 40]) errors.push(Math.abs((await expectation(lambdaGrid(sde.schedule, { from: 1, to: 0.1, steps }))) - exact))
    expect(Math.abs(convergenceOrder(errors).finest - 2)).toBeLessThan(0.15)
  })

  it('is Heun\'s method where there is no noise, to the bit', async () => {
    const run = { dynamics: probabilityFlow(sde, gaussian.predictor('noise', hostSpace), hostSpace), grid: timeGrid([1, 0.6, 0.2, 0]), space: hostSpace, x, seed: 0 }
    const [improved, plain] = [await lastState({ ...run, sampler: stochasticImprovedEuler<HostState>() }), await lastState({ ...run, sampler: heun<HostState>() })]
    expect(improved.data).toEqual(plain.data)
  })

  it('takes a step to σ = 0 as Euler–Maruyama, whose drift is at t only', async () => {
    const dynamics = reverseSde(sde, gaussian.predictor('noise', hostSpace), hostSpace)
    const drift = await dynamics.drift(x, new Float64Array(4).fill(0.01))
    const { x: end, mean } = await stepOf(dynamics, x, 0.01, 0, 2)
    mean!.data.forEach((value, i) => expect(value).toBe(x.data[i] - 0.01 * drift.data[i]))
    end.data.forEach((value, i) => expect(Math.abs(value - (mean!.data[i] + 2 * sde.diffusion(0.01) * 0.1))).toBeLessThan(1e-15))
  })
})
