import {
  cosineVpSde,
  edmSde,
  forwardSde,
  gaussianTarget,
  hostSpace,
  hostState,
  lambdaGrid,
  probabilityFlow,
  reverseSde,
  scalarMixtureTarget,
  subVpSde,
  uniformGrid,
  veSde,
  vpSde,
  type FlowModel,
  type HostState,
  type Sampler,
  type Sde,
  type TimeGrid,
} from '@sbgm/sde-core'
import { convergenceOrder, gaussianW2, momentPropagation, type ScalarMoments } from '@sbgm/sde-core/testing'
import { describe, expect, it } from 'vitest'
import { ancestral } from './ancestral'
import { euler } from './euler'
import { eulerMaruyama } from './euler-maruyama'
import { heun } from './heun'
import { reverseDiffusion } from './reverse-diffusion'
import { lastState } from './sample'

const gaussian = (sde: Sde) => gaussianTarget({ sde, mean: 0.5, std: 0.5 })
const threeModes = (sde: Sde) => scalarMixtureTarget({ sde, weights: [0.3, 0.5, 0.2], means: [-1.2, 0.4, 1.8], stds: [0.25, 0.35, 0.2] })

const deterministic: readonly Sampler<HostState>[] = [euler(), heun()]
const stochastic: readonly Sampler<HostState>[] = [eulerMaruyama(), reverseDiffusion(), ancestral(), ancestral({ variance: 'posterior' })]

/** |error| at the end of the flow of one point, against the exact flow map. */
async function endpointError(sampler: Sampler<HostState>, target: FlowModel, grid: TimeGrid, start: number): Promise<number> {
  const [x, first, last] = [hostState([start]), grid[0], grid[grid.length - 1]]
  const dynamics = probabilityFlow(target.sde, target.predictor('score', hostSpace), hostSpace)
  const end = await lastState({ dynamics, sampler, grid, space: hostSpace, x, seed: 0 })
  return Math.abs(end.data[0] - target.flowMap(x, first, last).data[0])
}

/** The law of x_t of a Gaussian on the line. */
function lawAt(target: ReturnType<typeof gaussian>, t: number): ScalarMoments {
  const { mean, std } = target.marginal(t)
  return { mean: mean[0], variance: std[0] ** 2 }
}

/** W2 between the law at the end of a reverse run that starts from the exact law, and the exact law there. */
async function reverseLawError(sampler: Sampler<HostState>, target: ReturnType<typeof gaussian>, grid: TimeGrid): Promise<number> {
  const dynamics = reverseSde(target.sde, target.predictor('score', hostSpace), hostSpace)
  const law = await momentPropagation({ sampler, dynamics, grid, initial: lawAt(target, grid[0]) })
  return gaussianW2(law, lawAt(target, grid[grid.length - 1]))
}

/** Errors on grids of these numbers of steps. */
const errorsOn = (steps: readonly number[], errorOf: (steps: number) => Promise<number>) => Promise.all(steps.map(errorOf))

/** As many digits as the reference states. */
const rounded = (errors: readonly number[], like: string) =>
  like.split(' ').map((number, i) => errors[i].toExponential(number.indexOf('e') - 2)).join(' ')

const vp = vpSde()
const vpGrid = (steps: number) => lambdaGrid(vp.schedule, { from: 1, to: 1e-2, steps })
const refinements = [40, 80, 160, 320]

describe('on the VP SDE, t = 1 to 0.01 in equal steps of λ', () => {
  it.each([
    { sampler: euler<HostState>(), law: 'G = N(½, ½²)', target: gaussian(vp), measured: '1.01', reference: '1.7e-2 8.3e-3 4.1e-3 2.0e-3' },
    { sampler: euler<HostState>(), law: 'the mixture M3', target: threeModes(vp), measured: '1.01', reference: '5.8e-2 2.7e-2 1.3e-2 6.4e-3' },
    { sampler: heun<HostState>(), law: 'G = N(½, ½²)', target: gaussian(vp), measured: '2.03', reference: '1.3e-3 2.8e-4 6.4e-5 1.5e-5' },
  ])('$sampler.name has order $sampler.order on $law (±0.15 at the finest pair), and the errors $reference at 20 … 160 steps', async ({ sampler, target, measured, reference }) => {
    const errorOf = (steps: number) => endpointError(sampler, target, vpGrid(steps), 1)
    const { finest } = convergenceOrder(await errorsOn(refinements, errorOf))
    expect(Math.abs(finest - sampler.order!)).toBeLessThan(0.15)
    expect(finest.toFixed(2)).toBe(measured) // as the README says
    expect(rounded(await errorsOn([20, 40, 80, 160], errorOf), reference)).toBe(reference)
  })

  it.each([
    { sampler: eulerMaruyama<HostState>(), measured: '1.01', reference: '4.7e-2 1.06e-2 2.59e-3' },
    { sampler: reverseDiffusion<HostState>(), measured: '1.01', reference: '9.6e-2 2.2e-2 5.4e-3' },
    { sampler: ancestral<HostState>(), measured: '1.01', reference: '4.7e-2 1.1e-2 2.8e-3' },
    { sampler: ancestral<HostState>({ variance: 'posterior' }), measured: '0.98', reference: '8.6e-2 2.4e-2 6.3e-3' },
  ])('$sampler.name has weak order $sampler.order on G (±0.15 at the finest pair), and the W2 errors $reference at 20, 80, 320 steps', async ({ sampler, measured, reference }) => {
    const errorOf = (steps: number) => reverseLawError(sampler, gaussian(vp), vpGrid(steps))
    const { finest } = convergenceOrder(await errorsOn(refinements, errorOf))
    expect(Math.abs(finest - sampler.order!)).toBeLessThan(0.15)
    expect(finest.toFixed(2)).toBe(measured) // as the README says
    expect(rounded(await errorsOn([20, 80, 320], errorOf), reference)).toBe(reference)
  })
})

describe.each([
  { sde: subVpSde(), to: 1e-2, start: 1 },
  { sde: veSde(), to: 1e-2, start: 30 },
  { sde: cosineVpSde(), to: 1e-2, start: 1 },
  { sde: edmSde(), to: 2e-3, start: 48 },
])('on the $sde.name SDE, tMax to $to in equal steps of λ, G, the finest pair shows', ({ sde, to, start }) => {
  const grid = (steps: number) => lambdaGrid(sde.schedule, { from: sde.tMax, to, steps })

  it.each(deterministic)('at least order $order − 0.15 for $name', async (sampler) => {
    const { finest } = convergenceOrder(await errorsOn(refinements, (steps) => endpointError(sampler, gaussian(sde), grid(steps), start)))
    expect(finest).toBeGreaterThan(sampler.order! - 0.15)
  })

  it.each(stochastic)('at least weak order $order − 0.15 for $name', async (sampler) => {
    const { finest } = convergenceOrder(await errorsOn(refinements, (steps) => reverseLawError(sampler, gaussian(sde), grid(steps))))
    expect(finest).toBeGreaterThan(sampler.order! - 0.15)
  })
})

describe('the forward SDE by Euler–Maruyama, t = 0 to 0.5 in equal steps of t', () => {
  it.each([vpSde(), subVpSde(), veSde()])('has mean and variance of order 1 under $name (±0.15 at the finest pair), where they are not exact', async (sde) => {
    const exact = lawAt(gaussian(sde), 0.5)
    const initial = lawAt(gaussian(sde), 0)
    const laws = await Promise.all(
      refinements.map((steps) =>
        momentPropagation({
          sampler: eulerMaruyama<HostState>(),
          dynamics: forwardSde(sde, hostSpace),
          grid: uniformGrid({ from: 0, to: 0.5, steps }),
          initial,
        }),
      ),
    )
    const variance = convergenceOrder(laws.map((law) => Math.abs(law.variance - exact.variance)))
    expect(Math.abs(variance.finest - 1)).toBeLessThan(0.15)
    const meanErrors = laws.map((law) => Math.abs(law.mean - exact.mean))
    if (sde.driftScale(0.5) === 0) expect(meanErrors).toEqual([0, 0, 0, 0])
    else expect(Math.abs(convergenceOrder(meanErrors).finest - 1)).toBeLessThan(0.15)
  })
})

describe('the probability flow there and back', () => {
  // the h^(p+1) terms of the two ways have factors h^(p+1) and (−h)^(p+1): an even order gains one by cancellation
  it.each([
    { sampler: euler<HostState>(), order: 1 },
    { sampler: heun<HostState>(), order: 3 },
  ])('returns to its start with order $order by $sampler.name (±0.15 at the finest pair), VP, t = 0.01 to 1 to 0.01', async ({ sampler, order }) => {
    const dynamics = probabilityFlow(vp, gaussian(vp).predictor('score', hostSpace), hostSpace)
    const run = (x: HostState, from: number, to: number, steps: number) =>
      lastState({ dynamics, sampler, grid: lambdaGrid(vp.schedule, { from, to, steps }), space: hostSpace, x, seed: 0 })
    const errorOf = async (steps: number) => {
      const there = await run(hostState([1]), 1e-2, 1, steps)
      const back = await run(there, 1, 1e-2, steps)
      return Math.abs(back.data[0] - 1)
    }
    const { finest } = convergenceOrder(await errorsOn(refinements, errorOf))
    expect(Math.abs(finest - order)).toBeLessThan(0.15)
  })

  it.each(deterministic)('reaches the noise by $name with order $order (±0.15 at the finest pair), VP, t = 0.01 to 1', async (sampler) => {
    const grid = (steps: number) => lambdaGrid(vp.schedule, { from: 1e-2, to: 1, steps })
    const { finest } = convergenceOrder(await errorsOn(refinements, (steps) => endpointError(sampler, gaussian(vp), grid(steps), 1)))
    expect(Math.abs(finest - sampler.order!)).toBeLessThan(0.15)
  })
})
