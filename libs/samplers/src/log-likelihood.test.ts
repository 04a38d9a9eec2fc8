import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import {
  differentiable,
  differentiableOnTensors,
  edmSde,
  gaussianTarget,
  hostSpace,
  hostState,
  lambdaGrid,
  mixtureTarget,
  predictor,
  probabilityFlow,
  reverseSde,
  scalarMixtureTarget,
  subVpSde,
  tensorSpace,
  timeGrid,
  uniformGrid,
  veSde,
  vpSde,
  type ExactModel,
  type HostState,
  type Network,
  type Prediction,
  type Predictor,
  type Sde,
} from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { add, matMul, mul, reshape, setBackend, tanh, tensor2d, type Tensor2D } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { eulerMaruyama } from './euler-maruyama'
import { dormandPrince } from './dormand-prince'
import { heun } from './heun'
import { logLikelihood, type LogLikelihoodOptions } from './log-likelihood'
import { rungeKutta4 } from './runge-kutta-4'

beforeAll(() => setBackend('cpu'))

const sde = vpSde()
const m3 = { weights: [0.3, 0.5, 0.2], means: [-1.2, 0.4, 1.8], stds: [0.25, 0.35, 0.2] }
const plane = mixtureTarget({ sde, weights: [0.4, 0.6], means: [[1, -1], [-0.5, 0.5]], stds: [[0.3, 0.6], [0.2, 0.9]] })
const pairs = hostState([-1, 0.4, 0.9, -1.1, -0.5, 0.5, 0.2, 0], [4, 2])
const gridOf = (of: Sde, steps: number, from = 1e-3) => lambdaGrid(of.schedule, { from, to: of.tMax, steps })

/** The run of an exact model on the host, with the true law at tMax as prior. */
const runOf = (model: ExactModel, x: HostState, options: Partial<LogLikelihoodOptions<HostState>> & { predicts?: Prediction } = {}): LogLikelihoodOptions<HostState> => ({
  dynamics: probabilityFlow(model.sde, model.predictor(options.predicts ?? 'noise', hostSpace), hostSpace),
  space: hostSpace,
  x,
  sampler: rungeKutta4(),
  grid: gridOf(model.sde, 500),
  divergence: 'exact',
  seed: 7,
  prior: (end) => model.logDensity(end, model.sde.tMax),
  ...options,
})
const largestGap = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i])), 0)

describe('the log-likelihood of an exact model in float64', () => {
  const line = hostState([-1.7, -0.4, 0, 0.5, 1.9])

  it.each<[string, ExactModel, HostState]>([
    ['a Gaussian under VP', gaussianTarget({ sde, mean: 0.5, std: 0.5 }), line],
    ['a mixture under VP', scalarMixtureTarget({ sde, ...m3 }), line],
    ['a mixture under sub-VP', scalarMixtureTarget({ sde: subVpSde(), ...m3 }), line],
    ['a mixture under VE', scalarMixtureTarget({ sde: veSde(), ...m3 }), line],
    ['a mixture in the plane under VP', plane, pairs],
  ])('of %s is its closed form to 1e-6, with the exact trace and the true law at tMax as prior', async (_, model, x) => {
    const { nats, prior, scaling, divergence, standardError } = await logLikelihood(runOf(model, x))
    expect(largestGap(nats, model.logDensity(x, 1e-3))).toBeLessThan(1e-6)
    nats.forEach((value, i) => expect(Math.abs(value - prior[i] - scaling - divergence[i])).toBeLessThan(1e-12))
    expect(standardError).toEqual(new Float64Array(x.shape[0]))
  })

  it.each([subVpSde(), veSde(), sde])('under the $name SDE is met to 1e-6 by steps that choose themselves, from t = 1e-3 to 1 in one interval', async (of) => {
    const model = mixtureTarget({ sde: of, weights: [0.4, 0.6], means: [[1, -1], [-0.5, 0.5]], stds: [[0.3, 0.6], [0.2, 0.9]] })
    const tolerance = { absolute: 1e-9, relative: 1e-9 }
    const { nats, evaluations } = await logLikelihood(runOf(model, pairs, { grid: timeGrid([1e-3, 1]), sampler: dormandPrince({ tolerance }) }))
    expect(largestGap(nats, model.logDensity(pairs, 1e-3))).toBeLessThan(1e-6)
    expect(evaluations).toBeLessThan(2 * 500 * 4)
  })

  it('is met by the default solver to 1e-3, in fewer than 150 evaluations of the drift', async () => {
    const { sampler, ...run } = runOf(plane, pairs, { grid: timeGrid([1e-3, 1]) })
    expect(sampler).toBeDefined()
    const { nats, evaluations } = await logLikelihood(run)
    expect(largestGap(nats, plane.logDensity(pairs, 1e-3))).toBeLessThan(1e-3)
    expect(evaluations).toBeLessThan(2 * 150)
  })

  it('is the closed form to 1e-6 whatever the model predicts', async () => {
    for (const predicts of ['score', 'noise', 'data', 'v'] as const) {
      const { nats } = await logLikelihood(runOf(plane, pairs, { predicts }))
      expect(largestGap(nats, plane.logDensity(pairs, 1e-3))).toBeLessThan(1e-6)
    }
  })

  it('is −0.72573643 for N(½, ½²) at 0 and t = 1e-3, and −0.72245681 with N(0, 1) as prior (1e-7)', async () => {
    const run = runOf(gaussianTarget({ sde, mean: 0.5, std: 0.5 }), hostState([0]))
    const { prior, ...standard } = run
    expect(prior).toBeDefined()
    expect(Math.abs((await logLikelihood(run)).nats[0] + 0.72573643)).toBeLessThan(1e-7)
    expect(Math.abs((await logLikelihood(standard)).nats[0] + 0.72245681)).toBeLessThan(1e-7)
  })

  it.each([heun<HostState>(), rungeKutta4<HostState>()])('falls to the closed form with the order of the solver, $order for $name (±0.15, a Gaussian)', async (sampler) => {
    const target = gaussianTarget({ sde, mean: 0.5, std: 0.5 })
    const at = hostState([1.2])
    const [coarse, fine] = await Promise.all([160, 320].map(async (steps) => {
      const { nats } = await logLikelihood(runOf(target, at, { sampler, grid: gridOf(sde, steps, 1e-2) }))
      return Math.abs(nats[0] - target.logDensity(at, 1e-2)[0])
    }))
    expect(Math.abs(Math.log2(coarse / fine) - sampler.order!)).toBeLessThan(0.15)
  })

  it('counts its evaluations: steps × stages × D for the exact trace, × probes for the estimate', async () => {
    const grid = gridOf(sde, 10)
    expect((await logLikelihood(runOf(plane, pairs, { grid, sampler: heun() }))).evaluations).toBe(10 * 2 * 2)
    expect((await logLikelihood(runOf(plane, pairs, { grid, divergence: 'estimate', probes: 3 }))).evaluations).toBe(10 * 4 * 3)
  })
})

describe('the estimate of the divergence', () => {
  it('is exact, whatever v, where the Jacobian is diagonal: a Gaussian with independent coordinates (1e-12)', async () => {
    const model = gaussianTarget({ sde, mean: [1, -2, 0.3], std: [0.5, 0.1, 2] })
    const x = hostState([1, -2, 0.5, 0.4, -2.1, 1], [2, 3])
    const grid = gridOf(sde, 50)
    const [exact, estimate] = [await logLikelihood(runOf(model, x, { grid })), await logLikelihood(runOf(model, x, { grid, divergence: 'estimate', probes: 2 }))]
    expect(largestGap(exact.nats, estimate.nats)).toBeLessThan(1e-12)
    expect(Math.max(...estimate.standardError)).toBeLessThan(1e-12)
  })

  it('is unbiased, with the standard error that it states (5 standard errors, 400 probes, seed 7)', async () => {
    const grid = gridOf(sde, 30)
    const exact = await logLikelihood(runOf(plane, pairs, { grid }))
    const estimate = await logLikelihood(runOf(plane, pairs, { grid, divergence: 'estimate', probes: 400 }))
    estimate.nats.forEach((value, i) => {
      expect(estimate.standardError[i]).toBeGreaterThan(1e-6)
      expect(Math.abs(value - exact.nats[i])).toBeLessThan(5 * estimate.standardError[i])
    })
    const single = await logLikelihood(runOf(plane, pairs, { grid, divergence: 'estimate' }))
    expect(single.standardError.every(Number.isNaN)).toBe(true)
    // in the plane vᵀ J v is tr J ± 2 J₁₂, each as often: so one probe is off by the standard deviation itself, and 400 by a 20th of
    // it, times √(1 − m²) with m the mean of 400 signs, below ¼ at five standard errors
    estimate.standardError.forEach((error, i) => {
      const ratio = (error * 20) / Math.abs(single.nats[i] - exact.nats[i])
      expect(Math.abs(ratio - 1)).toBeLessThan(0.04)
    })
  })

  it('keeps a sample’s v, whatever the batch: sample 2 alone is sample 2 of 4, to the bit', async () => {
    const settings = { grid: gridOf(sde, 20), divergence: 'estimate', probes: 9 } as const
    const whole = await logLikelihood(runOf(plane, pairs, settings))
    const alone = await logLikelihood(runOf(plane, hostState(pairs.data.slice(4, 6), [1, 2]), { ...settings, firstSample: 2 }))
    expect([alone.nats[0], alone.standardError[0], alone.latent.data]).toEqual([whole.nats[2], whole.standardError[2], whole.latent.data.slice(4, 6)])
    expect((await logLikelihood(runOf(plane, pairs, { ...settings, seed: 8 }))).nats).not.toEqual(whole.nats)
  })
})

describe('on tensors', () => {
  it('an exact model follows float64 to 1e-4 of the largest term, and leaves nothing behind', async () => {
    const settings = { grid: gridOf(sde, 40), divergence: 'estimate', probes: 2 } as const
    const expected = await logLikelihood(runOf(plane, pairs, { ...settings, sampler: heun() }))
    const leak = await tensorLeak(async () => {
      const x = tensorSpace.fromHost(pairs)
      const dynamics = probabilityFlow(sde, plane.predictor('noise', tensorSpace), tensorSpace)
      const { nats } = await logLikelihood({ ...settings, sampler: heun(), dynamics, space: tensorSpace, x, seed: 7, prior: (end) => plane.logDensity(end, 1) })
      const scale = Math.max(...expected.divergence.map(Math.abs), Math.abs(expected.scaling))
      expect(largestGap(nats, expected.nats)).toBeLessThan(1e-4 * scale)
      x.dispose()
    })
    expect(leak).toEqual(noLeak)
  })

  it('a network has the likelihood of the same function in float64, on images too, and leaves nothing behind (1e-4 of the largest term)', async () => {
    const weights = [[0.5, -0.2, 0.1, 0.3], [0.1, 0.4, -0.3, 0.2], [-0.2, 0.3, 0.6, 0.1], [0.2, 0.1, 0.2, -0.4]]
    const network: Network<'noise'> = {
      predicts: 'noise',
      init: () => ({ w: tensor2d(weights) }),
      apply: (params, x, t) => reshape(add(tanh(matMul(reshape(x, [-1, 4]) as Tensor2D, params['w'] as Tensor2D)), mul(reshape(x, [-1, 4]), reshape(t, [-1, 1]))), x.shape),
    }
    const column = (d: number, row: ArrayLike<number>) => row[0] * weights[0][d] + row[1] * weights[1][d] + row[2] * weights[2][d] + row[3] * weights[3][d]
    const rows = (data: Float64Array, f: (row: Float64Array, sample: number) => number[]) =>
      Float64Array.from(Array.from({ length: data.length / 4 }, (_, i) => f(data.subarray(4 * i, 4 * i + 4), i)).flat())
    const inFloat64: Predictor<'noise', HostState> = {
      predicts: 'noise',
      tMin: 1e-3,
      evaluate: ({ data, shape }, t) => ({ data: rows(data, (row, i) => [0, 1, 2, 3].map((d) => Math.tanh(column(d, row)) + row[d] * t[i])), shape }),
    }
    const model = differentiable(hostSpace, inFloat64, ({ data, shape }, t, v) => ({
      data: rows(data, (row, i) => [0, 1, 2, 3].map((e) => [0, 1, 2, 3].reduce((sum, d) => sum + v.data[4 * i + d] * (1 - Math.tanh(column(d, row)) ** 2) * weights[e][d], v.data[4 * i + e] * t[i]))),
      shape,
    }))
    const images = hostState([0.1, -0.5, 0.8, 0.3, -0.9, 0.2, 0.4, -0.1], [2, 2, 2, 1])
    const grid = uniformGrid({ from: 0.05, to: 1, steps: 12 })
    for (const settings of [{ divergence: 'exact' }, { divergence: 'estimate', probes: 2 }] as const) {
      const expected = await logLikelihood({ ...settings, dynamics: probabilityFlow(sde, model, hostSpace), sampler: heun<HostState>(), space: hostSpace, x: images, grid, seed: 3 })
      const leak = await tensorLeak(async () => {
        const params = network.init(0)
        const x = tensorSpace.fromHost(images)
        const dynamics = probabilityFlow(sde, predictor(network, params, sde), tensorSpace)
        const { nats, latent } = await logLikelihood({ ...settings, sampler: heun(), dynamics, space: tensorSpace, x, grid, seed: 3 })
        expect(latent.shape).toEqual([2, 2, 2, 1])
        const scale = Math.max(...expected.divergence.map(Math.abs), Math.abs(expected.scaling))
        expect(largestGap(nats, expected.nats)).toBeLessThan(1e-4 * scale)
        ;[x, params['w']].forEach((made) => made.dispose())
      })
      expect(leak).toEqual(noLeak)
    }
  })

  it('a run that fails or is aborted leaves nothing behind', async () => {
    const leak = await tensorLeak(async () => {
      const x = tensorSpace.fromHost(pairs)
      let evaluations = 0
      const abort = new AbortController()
      const failing = differentiableOnTensors({
        predicts: 'noise',
        evaluate(state) {
          evaluations++
          if (evaluations === 8) throw new Error('the network broke')
          return mul(state, 1)
        },
      })
      const run = { dynamics: probabilityFlow(sde, failing, tensorSpace), space: tensorSpace, x, grid: gridOf(sde, 10), seed: 1, probes: 3, signal: abort.signal }
      await expect(logLikelihood(run)).rejects.toThrow('the network broke')
      abort.abort(new Error('enough'))
      await expect(logLikelihood(run)).rejects.toThrow('enough')
      x.dispose()
    })
    expect(leak).toEqual(noLeak)
  })
})

describe('what a likelihood does not take', () => {
  const run = runOf(plane, pairs, { grid: gridOf(sde, 5) })
  const undifferentiable: Predictor<'noise', HostState> = { predicts: 'noise', evaluate: (x) => x }
  it.each<[string, Partial<LogLikelihoodOptions<HostState>>, string]>([
    ['an SDE', { dynamics: reverseSde(sde, plane.predictor('noise', hostSpace), hostSpace) }, "dynamics.kind must be 'probability-flow'"],
    ['a model without derivatives', { dynamics: probabilityFlow(sde, undifferentiable, hostSpace) }, 'dynamics.model must be differentiable'],
    ['a falling grid', { grid: uniformGrid({ from: 1, to: 0.1, steps: 5 }) }, 'grid must be increasing'],
    ['a grid beyond tMax', { grid: uniformGrid({ from: 0.1, to: 1.5, steps: 5 }) }, 'grid must be inside [0, 1]'],
    ['a sampler that draws noise', { sampler: eulerMaruyama() }, "sampler must be deterministic, such as dormandPrince(); got 'euler-maruyama'."],
    ['no probe', { probes: 0 }, 'probes must be an integer of at least 1; got 0.'],
    ['another divergence', { divergence: 'trace' as 'exact' }, "divergence must be 'exact' or 'estimate'; got 'trace'."],
    ['a prior of another batch', { prior: () => [0] }, 'what prior returns must have shape (4); got (1).'],
    ['a sampler that asks the model itself', { sampler: { ...heun(), step: async ({ x, t, dynamics }) => ({ x: await dynamics.model!.evaluate(x, new Float64Array(4).fill(t)), state: { states: [], numbers: [] } }) } }, 'sampler must be a solver of the drift'],
  ])('%s', async (_, change, message) => {
    await expect(logLikelihood({ ...run, ...change })).rejects.toThrow(message)
  })

  it('EDM’s SDE has the same closed form, at 80 standard deviations (1e-6)', async () => {
    const model = scalarMixtureTarget({ sde: edmSde(), ...m3 })
    const x = hostState([0.4])
    const { nats } = await logLikelihood(runOf(model, x, { grid: gridOf(edmSde(), 500, 0.002) }))
    expect(Math.abs(nats[0] - model.logDensity(x, 0.002)[0])).toBeLessThan(1e-6)
  })
})
