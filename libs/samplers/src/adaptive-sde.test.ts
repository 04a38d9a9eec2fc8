import {
  forwardSde,
  gaussianTarget,
  hostSpace,
  hostState,
  InvalidArgumentError,
  normalCdf,
  probabilityFlow,
  reverseSde,
  scalarMixtureTarget,
  timeGrid,
  veSde,
  vpSde,
  type Dynamics,
  type HostState,
  type Predictor,
  type TimeGrid,
} from '@sbgm/sde-core'
import { gaussianW2 } from '@sbgm/sde-core/testing'
import { describe, expect, it } from 'vitest'
import { adaptiveSde, type AdaptiveSdeOptions } from './adaptive-sde'
import { sample } from './sample'

const sde = vpSde()
const gaussian = gaussianTarget({ sde, mean: 0.5, std: 0.5 })
const mixture = scalarMixtureTarget({ sde, weights: [0.3, 0.5, 0.2], means: [-1.2, 0.4, 1.8], stds: [0.25, 0.35, 0.2] })

/** What a run of the solver takes. */
interface RunOptions extends AdaptiveSdeOptions {
  readonly dynamics: Dynamics<HostState>
  readonly grid: TimeGrid
  readonly x: HostState
  readonly seed?: number
  readonly firstSample?: number
}

/** Where a run ends, and after how many evaluations. */
async function endOf({ dynamics, grid, x, seed = 1, firstSample = 0, ...options }: RunOptions) {
  let [end, evaluations] = [x, 0]
  for await (const event of sample({ dynamics, sampler: adaptiveSde<HostState>(options), grid, space: hostSpace, x, seed, firstSample })) {
    ;[end, evaluations] = [event.x, event.evaluations]
  }
  return { data: end.data, evaluations }
}

/** sup |F_n − F| of a sample against a continuous law. */
function kolmogorovSmirnov(drawn: Float64Array, cdf: (x: number) => number): number {
  const n = drawn.length
  return drawn.toSorted().reduce((largest, value, i) => {
    const probability = cdf(value)
    return Math.max(largest, (i + 1) / n - probability, probability - i / n)
  }, 0)
}

describe('the adaptive SDE solver', () => {
  // x'' − x' = ½ (g_s − g_t) ΔW here, so it is the large increments that are rejected; drawn anew, they leave 0.43 of the variance
  it('has no bias to small increments: dx = g dw under VE, variance and KS within five standard errors (n = 4000, tolerance 0.02, seed 1)', async () => {
    const [ve, n] = [veSde({ sigmaMin: 0.01, sigmaMax: 5 }), 4000]
    const { data } = await endOf({ dynamics: forwardSde(ve, hostSpace), grid: timeGrid([0, 1]), x: hostState(new Float64Array(n)), tolerance: { absolute: 0.02, relative: 0 } })
    const exact = 5 ** 2 - 0.01 ** 2
    const variance = data.reduce((sum, value) => sum + value ** 2, 0) / n
    expect(Math.abs(variance / exact - 1)).toBeLessThan(5 * Math.sqrt(2 / n))
    expect(kolmogorovSmirnov(data, (x) => normalCdf(x / Math.sqrt(exact)))).toBeLessThan(2.75 / Math.sqrt(n)) // P(√n D > c) ≤ 2 exp(−2c²) = 5.4e-7
  })

  it('draws from a mixture of three Gaussians: KS below 2.75/√n (n = 3000, tolerance 0.01, VP, t = 1 to 0.01, seed 2)', async () => {
    const n = 3000
    const x = mixture.draw<HostState>(hostSpace, { count: n, seed: 2, t: 1 })
    const dynamics = reverseSde(sde, mixture.predictor('score', hostSpace), hostSpace)
    const { data } = await endOf({ dynamics, grid: timeGrid([1, 0.01]), x, seed: 2, tolerance: { absolute: 0.01, relative: 0.01 } })
    expect(kolmogorovSmirnov(data, (value) => mixture.cdf(value, 0.01))).toBeLessThan(2.75 / Math.sqrt(n))
  })

  it('has a weak error that falls with the tolerance: W2 by mean and variance on G, below a fifth of the tolerances 0.3, 0.1 and 0.03 and five standard errors (200,000 numbers), and five times smaller at the last', async () => {
    const [count, dimensions] = [4, 50_000] // in many dimensions a sample's error is its mean over all of them, and its steps are nearly given
    const { schedule } = sde
    const model: Predictor<'score', HostState> = {
      predicts: 'score',
      evaluate: (state, t) => ({
        shape: state.shape,
        data: state.data.map((value, i) => {
          const time = t[Math.floor(i / dimensions)]
          const alpha = schedule.alpha(time)
          return (0.5 * alpha - value) / (0.25 * alpha ** 2 + schedule.sigma(time) ** 2)
        }),
      }),
    }
    const [first, last] = [gaussian.marginal(1), gaussian.marginal(0.01)]
    const normal = hostSpace.normal({ seed: 4, stream: 'x', step: 0, firstSample: 0, draw: 0 }, hostState(new Float64Array(count * dimensions), [count, dimensions]))
    const x = { data: normal.data.map((value) => first.mean[0] + first.std[0] * value), shape: normal.shape }
    const standardError = last.std[0] * Math.sqrt(1.5 / (count * dimensions)) // of mean and width together
    const errors: number[] = []
    for (const tolerance of [0.3, 0.1, 0.03]) {
      const { data } = await endOf({ dynamics: reverseSde(sde, model, hostSpace), grid: timeGrid([1, 0.01]), x, tolerance: { absolute: tolerance, relative: tolerance } })
      const mean = data.reduce((sum, value) => sum + value, 0) / data.length
      const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length
      errors.push(gaussianW2({ mean, variance }, { mean: last.mean[0], variance: last.std[0] ** 2 }))
      expect(errors[errors.length - 1]).toBeLessThan(tolerance / 5 + 5 * standardError)
    }
    expect(errors[0]).toBeGreaterThan(5 * errors[2])
  })

  it('takes as many evaluations as its slowest sample: fewer for a wider tolerance, and no new start where the span is cut', async () => {
    const x = mixture.draw<HostState>(hostSpace, { count: 16, seed: 3, t: 1 })
    const dynamics = reverseSde(sde, mixture.predictor('score', hostSpace), hostSpace)
    const of = async (tolerance: number, times: readonly number[]) =>
      (await endOf({ dynamics, grid: timeGrid(times), x, tolerance: { absolute: tolerance, relative: tolerance } })).evaluations
    const [wide, narrow] = [await of(0.1, [1, 1e-3]), await of(0.02, [1, 1e-3])]
    expect(narrow).toBeGreaterThan(1.5 * wide)
    const alone = await Promise.all([...x.data].map(async (value, firstSample) => (await endOf({ dynamics, grid: timeGrid([1, 1e-3]), x: hostState([value]), firstSample, tolerance: { absolute: 0.1, relative: 0.1 } })).evaluations))
    expect(Math.max(...alone)).toBeLessThanOrEqual(wide)
    expect(wide).toBeLessThanOrEqual(2 * Math.max(...alone)) // a rejected sample alone knows its drift; in a batch others do not
    // an interval that is shorter than a step costs its one trial, and the next goes on with the steps of before
    expect(await of(0.1, [1, 0.5, 0.5 - 1e-9, 1e-3])).toBeLessThanOrEqual((await of(0.1, [1, 0.5, 1e-3])) + 2 + 8)
  })

  it('refuses a flow, a tolerance and a budget that are none', async () => {
    const run = { dynamics: probabilityFlow(sde, mixture.predictor('score', hostSpace), hostSpace), grid: timeGrid([1, 0.1]), x: hostState([0]) }
    await expect(endOf(run)).rejects.toThrow("dynamics.kind must be 'reverse' or 'forward' for adaptiveSde() (dormandPrince() takes the flow); got 'probability-flow'.")
    expect(() => adaptiveSde({ tolerance: { relative: -1 } })).toThrow(InvalidArgumentError)
    expect(() => adaptiveSde({ maxEvaluations: 1 })).toThrow('maxEvaluations must be an integer of at least 2, the evaluations of one step; got 1.')
  })
})
