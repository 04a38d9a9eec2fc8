import {
  edmSde,
  gaussianTarget,
  hostSpace,
  hostState,
  InvalidArgumentError,
  karrasGrid,
  probabilityFlow,
  scalarMixtureTarget,
  timeGrid,
  vpSde,
  type HostState,
  type Sampler,
  type StepInput,
} from '@sbgm/sde-core'
import { convergenceOrder, gaussianW2, momentPropagation } from '@sbgm/sde-core/testing'
import { describe, expect, it } from 'vitest'
import { edmHeun, type EdmHeunOptions } from './edm-heun'
import { lastState, sample } from './sample'

const edm = edmSde()
const G = gaussianTarget({ sde: edm, mean: 0.5, std: 0.5 })
const M3 = scalarMixtureTarget({ sde: edm, weights: [0.3, 0.5, 0.2], means: [-1.2, 0.4, 1.8], stds: [0.25, 0.35, 0.2] })
const flow = probabilityFlow(edm, G.predictor('data', hostSpace), hostSpace)

/** D(x; σ) of G under EDM. */
const denoised = (x: number, sigma: number) => 0.5 + (0.25 / (0.25 + sigma ** 2)) * (x - 0.5)

/** A sampler's step as the first of N. */
const asStepOf = (steps: number, sampler: Sampler<HostState>): Sampler<HostState> => ({
  ...sampler,
  step: (input: StepInput<HostState>) => sampler.step({ ...input, position: { index: 1, steps } }),
})

describe('EDM Heun without churn', () => {
  it.each([
    { law: 'G', target: G, golden: 0.7968715768, errors: '1.2e-2 2.8e-3 6.7e-4 1.7e-4' },
    { law: 'M3', target: M3, golden: 0.7624405894, errors: '1.4e-2 3.4e-3 8.3e-4 2.1e-4' },
  ])('has order 2 on its own grid, σ = 80 to 0.002, ρ = 7, on $law from 48 (±0.15 at the finest pair), and the known errors $errors', async ({ target, golden, errors }) => {
    const dynamics = probabilityFlow(edm, target.predictor('score', hostSpace), hostSpace)
    expect(Math.abs(target.flowMap(hostState([48]), 80, 0.002).data[0] - golden)).toBeLessThan(1e-9)
    const errorOf = async (steps: number) => {
      const grid = karrasGrid(edm.schedule, { from: 80, to: 0.002, steps })
      const end = await lastState({ dynamics, sampler: edmHeun<HostState>(), grid, space: hostSpace, x: hostState([48]), seed: 0 })
      return Math.abs(end.data[0] - target.flowMap(hostState([48]), 80, 0.002).data[0])
    }
    const measured = await Promise.all([20, 40, 80, 160, 320].map(errorOf))
    expect(Math.abs(convergenceOrder(measured).finest - 2)).toBeLessThan(0.15)
    errors.split(' ').forEach((known, i) => expect(Math.abs(measured[i] / Number(known) - 1)).toBeLessThan(0.05)) // two digits
  })

  it('is algorithm 2 as it is written, on the published 18 levels with a 0 after them: 35 evaluations (1e-13)', async () => {
    const grid = timeGrid([...karrasGrid(edm.schedule, { from: 80, to: 0.002, steps: 17 }), 0])
    let [x, end, evaluations] = [48, hostState([48]), 0]
    for (let i = 0; i < 18; i++) {
      const [sigma, next] = [grid[i], grid[i + 1]]
      const slope = (x - denoised(x, sigma)) / sigma
      const guess = x + (next - sigma) * slope
      x = next === 0 ? guess : x + (next - sigma) * (0.5 * slope + (0.5 * (guess - denoised(guess, next))) / next)
    }
    for await (const event of sample({ dynamics: flow, sampler: edmHeun<HostState>(), grid, space: hostSpace, x: hostState([48]), seed: 0 })) {
      ;[end, evaluations] = [event.x, event.evaluations]
    }
    expect(Math.abs(end.data[0] - x)).toBeLessThan(1e-13)
    expect(evaluations).toBe(35)
  })

  it('takes VP paths as it takes those of EDM, at the times of the same σ/α (1e-12)', async () => {
    const vp = vpSde()
    const target = gaussianTarget({ sde: vp, mean: 0.5, std: 0.5 })
    const grid = karrasGrid(vp.schedule, { from: 1, to: 0.01, steps: 9 })
    const { alpha, sigma } = vp.schedule
    const run = { sampler: edmHeun<HostState>(), space: hostSpace, seed: 0 }
    const x = hostState([-1, 0.2, 1.5])
    const end = await lastState({ ...run, dynamics: probabilityFlow(vp, target.predictor('v', hostSpace), hostSpace), grid, x })
    const wide = edmSde({ sigmaMax: 200 })
    const scaled = await lastState({
      ...run,
      dynamics: probabilityFlow(wide, gaussianTarget({ sde: wide, mean: 0.5, std: 0.5 }).predictor('noise', hostSpace), hostSpace),
      grid: timeGrid(grid.map((t) => sigma(t) / alpha(t))),
      x: hostState(x.data.map((value) => value / alpha(1))),
    })
    end.data.forEach((value, i) => expect(Math.abs(value - alpha(0.01) * scaled.data[i])).toBeLessThan(1e-12))
  })

  it('goes upwards too', async () => {
    const grid = karrasGrid(edm.schedule, { from: 0.002, to: 80, steps: 200 })
    const end = await lastState({ dynamics: flow, sampler: edmHeun<HostState>(), grid, space: hostSpace, x: hostState([0.8]), seed: 0 })
    const exact = G.flowMap(hostState([0.8]), 0.002, 80).data[0]
    expect(Math.abs(end.data[0] / exact - 1)).toBeLessThan(1e-3)
  })
})

describe('EDM Heun with churn', () => {
  it('is algorithm 2 as it is written, noise included (1e-13)', async () => {
    const [sigma, next, z] = [2, 1.5, 0.7]
    const gamma = Math.min(4 / 20, Math.SQRT2 - 1)
    const raised = sigma * (1 + gamma)
    const start = 3 + Math.sqrt(raised ** 2 - sigma ** 2) * 1.003 * z
    const slope = (start - denoised(start, raised)) / raised
    const guess = start + (next - raised) * slope
    const expected = start + (next - raised) * (0.5 * slope + (0.5 * (guess - denoised(guess, next))) / next)
    const sampler = asStepOf(20, edmHeun({ churn: 4, churnMin: 0.05, churnMax: 50, churnNoise: 1.003 }))
    const x = hostState([3])
    const end = await sampler.step({ x, t: sigma, s: next, dynamics: flow, space: hostSpace, state: sampler.init(x), noise: () => hostState([z]), constrain: (y) => y })
    expect(Math.abs(end.x.data[0] - expected)).toBeLessThan(1e-13)
  })

  it.each([
    { what: 'below churnMin', t: 0.04, drawn: 0 },
    { what: 'above churnMax', t: 60, drawn: 0 },
    { what: 'at tMax, above which it does not go', t: 80, options: { churnMax: 100 }, drawn: 0 },
    { what: 'in between', t: 1, drawn: 1 },
  ])('draws $drawn times noise $what', async ({ t, options, drawn }) => {
    let draws = 0
    const sampler = asStepOf(1, edmHeun({ churn: 40, churnMin: 0.05, churnMax: 50, ...options }))
    const noise = (like: HostState) => (draws++, like)
    const x = hostState([3])
    await sampler.step({ x, t, s: t / 2, dynamics: flow, space: hostSpace, state: sampler.init(x), noise, constrain: (y) => y })
    expect(draws).toBe(drawn)
  })

  it('has a law that comes to the exact one on finer grids, whatever the churn: W2 by moments, S_churn = 1 and 40, 20 to 320 steps', async () => {
    for (const churn of [1, 40]) {
      const errors = await Promise.all([20, 80, 320].map(async (steps) => {
        const grid = karrasGrid(edm.schedule, { from: 80, to: 0.002, steps })
        const law = await momentPropagation({ sampler: asStepOf(steps, edmHeun({ churn })), dynamics: flow, grid, initial: { mean: 0.5, variance: 0.25 + 80 ** 2 } })
        return gaussianW2(law, { mean: 0.5, variance: 0.25 + 0.002 ** 2 })
      }))
      expect(errors[1]).toBeLessThan(errors[0] / 3)
      expect(errors[2]).toBeLessThan(errors[1] / 3)
    }
  })

  it('gives back another variance for another churnNoise: more noise, a wider law', async () => {
    const varianceOf = async (churnNoise: number) => {
      const grid = karrasGrid(edm.schedule, { from: 80, to: 0.002, steps: 80 })
      return (await momentPropagation({ sampler: asStepOf(80, edmHeun({ churn: 40, churnNoise })), dynamics: flow, grid, initial: { mean: 0.5, variance: 6400.25 } })).variance
    }
    expect(await varianceOf(1.01)).toBeGreaterThan(await varianceOf(1))
    expect(await varianceOf(1)).toBeGreaterThan(await varianceOf(0.99))
  })

  it.each([
    [{ churn: -1 }, 'churn must be a finite number of at least 0; got -1.'],
    [{ churnNoise: NaN }, 'churnNoise must be a finite number of at least 0; got NaN.'],
    [{ churnMin: 2, churnMax: 1 }, 'churnMax must be at least churnMin (2); got 1.'],
  ] satisfies readonly [EdmHeunOptions, string][])('refuses %j', (options, message) => {
    expect(() => edmHeun(options)).toThrow(InvalidArgumentError)
    expect(() => edmHeun(options)).toThrow(message)
  })

  it('refuses to go upwards, and a step by hand that does not say of how many', async () => {
    const run = { dynamics: flow, sampler: edmHeun<HostState>({ churn: 1 }), space: hostSpace, x: hostState([1]), seed: 0 }
    await expect(lastState({ ...run, grid: timeGrid([1, 2]) })).rejects.toThrow('grid must be decreasing in t for edmHeun() with churn')
    const input = { x: run.x, t: 2, s: 1, dynamics: flow, space: hostSpace, state: run.sampler.init(run.x), noise: () => run.x, constrain: (y: HostState) => y }
    await expect(run.sampler.step(input)).rejects.toThrow('position must be given')
  })
})
