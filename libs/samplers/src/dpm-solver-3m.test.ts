import { hostSpace, hostState, lambdaGrid, probabilityFlow, scalarMixtureTarget, timesOf, vpSde, type HostState } from '@sbgm/sde-core'
import { convergenceOrder } from '@sbgm/sde-core/testing'
import { describe, expect, it } from 'vitest'
import { dpmSolverPlusPlus3M } from './dpm-solver-plus-plus'
import { lastState } from './sample'

const sde = vpSde()
const { alpha, sigma, lambda } = sde.schedule
const target = scalarMixtureTarget({ sde, weights: [0.3, 0.5, 0.2], means: [-1.2, 0.4, 1.8], stds: [0.25, 0.35, 0.2] })
const exactAt = (t: number) => target.flowMap(hostState([2]), 1, t).data[0]
const gridOf = (steps: number) => lambdaGrid(sde.schedule, { from: 1, to: 0.01, steps })

/**
 * DPM-Solver++(3M) as its paper's implementation writes it, with a factor for the term of the second derivative, from exact values at
 * the first three points: its start costs nothing.
 */
async function published(steps: number, factor: number): Promise<number> {
  const grid = gridOf(steps)
  const model = target.predictor('data', hostSpace)
  const dataAt = async (x: number, t: number) => (await model.evaluate(hostState([x]), timesOf(hostSpace, hostState([x]), t))).data[0]
  const data = [await dataAt(exactAt(grid[0]), grid[0]), await dataAt(exactAt(grid[1]), grid[1])]
  let x = exactAt(grid[2])
  for (let i = 2; i < steps; i++) {
    const [t, s] = [grid[i], grid[i + 1]]
    data.push(await dataAt(x, t))
    const h = lambda(s) - lambda(t)
    const [r0, r1] = [(lambda(t) - lambda(grid[i - 1])) / h, (lambda(grid[i - 1]) - lambda(grid[i - 2])) / h]
    const [d10, d11] = [(data[i] - data[i - 1]) / r0, (data[i - 1] - data[i - 2]) / r1]
    const [d1, d2] = [d10 + (r0 / (r0 + r1)) * (d10 - d11), (d10 - d11) / (r0 + r1)]
    const phi1 = Math.expm1(-h)
    const phi2 = phi1 / h + 1
    const phi3 = phi2 / h - 0.5
    x = (sigma(s) / sigma(t)) * x - alpha(s) * phi1 * data[i] + alpha(s) * phi2 * d1 - factor * alpha(s) * phi3 * d2
  }
  return x
}

const orderOf = async (endOf: (steps: number) => Promise<number>) =>
  convergenceOrder(await Promise.all([40, 80, 160, 320].map(async (steps) => Math.abs((await endOf(steps)) - exactAt(0.01))))).finest

describe('DPM-Solver++(3M) on three Gaussians, VP, t = 1 to 0.01 in equal steps of λ', () => {
  it('has order 2 as published, even from exact first values (±0.15 at the finest pair)', async () => {
    expect(Math.abs((await orderOf((steps) => published(steps, 1))) - 2)).toBeLessThan(0.15)
  })

  it('has order 3 with twice the term of the second derivative (±0.15)', async () => {
    expect(Math.abs((await orderOf((steps) => published(steps, 2))) - 3)).toBeLessThan(0.15)
  })

  it('is here that with the factor 2: the same end, but for the start (1e-8 at 320 steps)', async () => {
    const dynamics = probabilityFlow(sde, target.predictor('data', hostSpace), hostSpace)
    const end = await lastState({ dynamics, sampler: dpmSolverPlusPlus3M<HostState>(), grid: gridOf(320), space: hostSpace, x: hostState([2]), seed: 0 })
    expect(Math.abs(end.data[0] - (await published(320, 2)))).toBeLessThan(1e-8)
    expect(Math.abs(end.data[0] - (await published(320, 1)))).toBeGreaterThan(1e-7)
  })
})
