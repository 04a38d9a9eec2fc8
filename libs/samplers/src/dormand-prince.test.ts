import {
  edmSde,
  gaussianTarget,
  hostSpace,
  hostState,
  InvalidArgumentError,
  lambdaGrid,
  probabilityFlow,
  scalarMixtureTarget,
  timeGrid,
  vpSde,
  type FlowModel,
  type HostState,
  type TimeGrid,
} from '@sbgm/sde-core'
import { describe, expect, it } from 'vitest'
import { dormandPrince, type DormandPrinceOptions } from './dormand-prince'
import { sample } from './sample'

const sde = vpSde()
const targets = {
  G: gaussianTarget({ sde, mean: 0.5, std: 0.5 }),
  M3: scalarMixtureTarget({ sde, weights: [0.3, 0.5, 0.2], means: [-1.2, 0.4, 1.8], stds: [0.25, 0.35, 0.2] }),
}
const [down, up] = [timeGrid([1, 1e-3]), timeGrid([1e-3, 1])]

/** Where a run along the flow of an exact model ends, and after how many evaluations. */
async function runOf(target: FlowModel, x: HostState, grid: TimeGrid, options: DormandPrinceOptions) {
  const dynamics = probabilityFlow(target.sde, target.predictor('score', hostSpace), hostSpace)
  let [end, evaluations] = [x, 0]
  for await (const event of sample({ dynamics, sampler: dormandPrince<HostState>(options), grid, space: hostSpace, x, seed: 0 })) {
    ;[end, evaluations] = [event.x, event.evaluations]
  }
  return { data: [...end.data], evaluations }
}

const worst = (actual: readonly number[], expected: ArrayLike<number>) => Math.max(...actual.map((value, i) => Math.abs(value - expected[i])))

// solve_ivp(drift, (1, 1e-3), [1.0], method='RK45', rtol=tolerance, atol=tolerance) of SciPy 1.17.1, drift = −½ β (x + score)
describe('Dormand–Prince with one norm for the batch gives what solve_ivp of SciPy gives, to 1e-12, in as many evaluations:', () => {
  it.each([
    { law: 'G', tolerance: 1e-3, end: 0.9981015700716742, evaluations: 32 },
    { law: 'G', tolerance: 1e-5, end: 0.9984104131713724, evaluations: 50 },
    { law: 'G', tolerance: 1e-8, end: 0.9984198684785545, evaluations: 146 },
    { law: 'M3', tolerance: 1e-3, end: 1.6364499669502466, evaluations: 50 },
    { law: 'M3', tolerance: 1e-5, end: 1.6353777516990973, evaluations: 68 },
    { law: 'M3', tolerance: 1e-8, end: 1.6353627607751544, evaluations: 188 },
  ] as const)('$law from 1 at t = 1 to t = 0.001, tolerance $tolerance: $end after $evaluations', async ({ law, tolerance, end, evaluations }) => {
    const run = await runOf(targets[law], hostState([1]), down, { norm: 'batch', tolerance: { absolute: tolerance, relative: tolerance } })
    expect(Math.abs(run.data[0] - end)).toBeLessThan(1e-12)
    expect(run.evaluations).toBe(evaluations)
    // a single sample is its own batch
    expect(await runOf(targets[law], hostState([1]), down, { tolerance: { absolute: tolerance, relative: tolerance } })).toEqual(run)
  })

  it.each([
    { law: 'G', grid: down, tolerance: {}, evaluations: 74, end: [-0.50185519043396, 0.24828290490988442, 0.4983289366911659, 0.9984210002537289, 1.4985130638162913] },
    { law: 'G', grid: up, tolerance: { relative: 1e-6, absolute: 1e-4 }, evaluations: 32, end: [-4.995326820146258, -1.9961316193848477, -0.9963998857977125, 1.003063581376558, 3.002527048550828] },
    { law: 'M3', grid: down, tolerance: {}, evaluations: 80, end: [-1.5590522215689613, -0.34783212268531166, 0.3103209552743352, 1.6353793462378503, 2.04120861004512] },
    { law: 'M3', grid: up, tolerance: { relative: 1e-6, absolute: 1e-4 }, evaluations: 44, end: [-3.5285910521388515, -0.5180040438514765, -0.3483124161392782, 0.7679480051433298, 1.8567057507244782] },
  ] as const)('$law from five points, t = $grid.0 to $grid.1, in $evaluations evaluations', async ({ law, grid, tolerance, evaluations, end }) => {
    const run = await runOf(targets[law], hostState([-2, -0.5, 0, 1, 2]), grid, { norm: 'batch', tolerance })
    expect(worst(run.data, end)).toBeLessThan(1e-12)
    expect(run.evaluations).toBe(evaluations)
  })
})

describe('Dormand–Prince, each sample at its own pace,', () => {
  const x = hostState([-2, -0.5, 0, 1, 2])

  it.each([
    { name: 'from noise to data', grid: down },
    { name: 'from data to noise', grid: up },
  ])('has an error that falls with the tolerance, $name on M3: below 20 times the tolerance at 1e-4 … 1e-10, and by 100 at least from each to the next but one', async ({ grid }) => {
    const exact = targets.M3.flowMap(x, grid[0], grid[1]).data
    const errors: number[] = []
    for (const tolerance of [1e-4, 1e-6, 1e-8, 1e-10]) {
      const { data } = await runOf(targets.M3, x, grid, { tolerance: { absolute: tolerance, relative: tolerance } })
      const error = worst(data, exact)
      expect(error).toBeLessThan(20 * tolerance)
      errors.push(error)
    }
    expect(errors[0] / errors[2]).toBeGreaterThan(100)
    expect(errors[1] / errors[3]).toBeGreaterThan(100)
  })

  it('gives each sample, bit for bit, what it gets alone, in as many evaluations as the slowest takes', async () => {
    const together = await runOf(targets.M3, x, down, {})
    const alone = await Promise.all([...x.data].map((value) => runOf(targets.M3, hostState([value]), down, {})))
    expect(alone.map(({ data }) => data[0])).toEqual(together.data)
    expect(new Set(alone.map(({ evaluations }) => evaluations)).size).toBeGreaterThan(1)
    expect(together.evaluations).toBe(Math.max(...alone.map(({ evaluations }) => evaluations)))
    const coupled = await runOf(targets.M3, x, down, { norm: 'batch' })
    expect(coupled.data.every((value, i) => value !== together.data[i])).toBe(true)
  })

  it.each(['sample', 'batch'] as const)('goes on with the step it has when the span is cut (norm %s): ten intervals cost at most a drift and a trial more each, and are as exact', async (norm) => {
    const exact = targets.M3.flowMap(x, 1, 1e-3).data
    const whole = await runOf(targets.M3, x, down, { norm })
    const cut = await runOf(targets.M3, x, lambdaGrid(sde.schedule, { from: 1, to: 1e-3, steps: 10 }), { norm })
    expect(worst(cut.data, exact)).toBeLessThan(3 * worst(whole.data, exact))
    expect(cut.evaluations).toBeGreaterThanOrEqual(whole.evaluations + 9)
    expect(cut.evaluations).toBeLessThanOrEqual(whole.evaluations + 9 * 7)
  })

  it('is not slowed down by a short interval: it costs a drift and a trial, and the next one goes on with the steps of before', async () => {
    const costs = async (grid: TimeGrid) => {
      const dynamics = probabilityFlow(sde, targets.G.predictor('score', hostSpace), hostSpace)
      const totals = [0]
      for await (const event of sample({ dynamics, sampler: dormandPrince<HostState>(), grid, space: hostSpace, x, seed: 0 })) totals.push(event.evaluations)
      return totals.slice(1).map((total, i) => total - totals[i])
    }
    const [first, rest] = await costs(timeGrid([1, 0.5, 1e-3]))
    expect(await costs(timeGrid([1, 0.5, 0.5 - 1e-9, 1e-3]))).toEqual([first, 7, rest])
  })

  it('takes an interval of a few units in the last place in one step', async () => {
    const t = 0.5 - 2 ** -53
    const { data, evaluations } = await runOf(targets.G, x, timeGrid([0.5, t]), {})
    expect(worst(data, x.data)).toBeLessThan(1e-14)
    expect(evaluations).toBe(8)
  })

  it('takes the path of EDM from 80 to 0.002, x = 48, to the golden points (1e-6 at tolerance 1e-8)', async () => {
    const edm = edmSde()
    const grid = timeGrid([80, 0.002])
    const tolerance = { absolute: 1e-8, relative: 1e-8 }
    const G = await runOf(gaussianTarget({ sde: edm, mean: 0.5, std: 0.5 }), hostState([48]), grid, { tolerance })
    expect(Math.abs(G.data[0] - 0.7968715768)).toBeLessThan(1e-6)
    const M3 = scalarMixtureTarget({ sde: edm, weights: [0.3, 0.5, 0.2], means: [-1.2, 0.4, 1.8], stds: [0.25, 0.35, 0.2] })
    expect(Math.abs((await runOf(M3, hostState([48]), grid, { tolerance })).data[0] - 0.7624405894)).toBeLessThan(1e-6)
  })
})

describe('Dormand–Prince refuses', () => {
  it.each([
    [{ tolerance: { absolute: -1 } }, 'tolerance.absolute must be a finite number of at least 0; got -1.'],
    [{ tolerance: { relative: NaN } }, 'tolerance.relative must be a finite number of at least 0; got NaN.'],
    [{ tolerance: { absolute: 0, relative: 0 } }, 'tolerance.relative must be positive where tolerance.absolute is 0; got 0.'],
    [{ maxEvaluations: 7 }, 'maxEvaluations must be an integer of at least 8, the evaluations of one step; got 7.'],
    [{ norm: 'all' as 'batch' }, "norm must be 'sample' or 'batch'; got 'all'."],
  ] satisfies readonly [DormandPrinceOptions, string][])('%j', (options, message) => {
    const make = () => dormandPrince(options)
    expect(make).toThrow(InvalidArgumentError)
    expect(make).toThrow(message)
  })
})
