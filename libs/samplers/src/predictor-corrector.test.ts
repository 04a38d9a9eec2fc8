import '@tensorflow/tfjs-backend-cpu'
import {
  forwardSde,
  gaussianTarget,
  hostSpace,
  hostState,
  InvalidArgumentError,
  lambdaGrid,
  probabilityFlow,
  reverseSde,
  samplePrior,
  tensorSpace,
  timeGrid,
  uniformGrid,
  veSde,
  vpSde,
  type Dynamics,
  type HostState,
  type Predictor,
  type Sampler,
  type VectorSpace,
} from '@sbgm/sde-core'
import { momentPropagation } from '@sbgm/sde-core/testing'
import { setBackend } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { annealedLangevin } from './annealed-langevin'
import { dormandPrince } from './dormand-prince'
import { dpmSolverPlusPlus2M } from './dpm-solver-plus-plus'
import { euler } from './euler'
import { eulerMaruyama } from './euler-maruyama'
import { predictorCorrector, type PredictorCorrectorOptions } from './predictor-corrector'
import { lastState, sample } from './sample'

beforeAll(() => setBackend('cpu'))

const sde = vpSde()
const target = gaussianTarget({ sde, mean: 0.5, std: 0.5 })
const reverse = reverseSde(sde, target.predictor('score', hostSpace), hostSpace)

/** A predictor that does nothing, so that the corrector can be looked at alone. */
const still: Sampler<HostState> = {
  name: 'still',
  evaluationsPerStep: 0,
  stochastic: false,
  init: () => ({ states: [], numbers: [] }),
  step: async ({ x }) => ({ x: hostSpace.combine([1], [x]), state: { states: [], numbers: [] } }),
}

/** One step of a sampler, with the normal numbers of each draw given. */
const stepWith = (sampler: Sampler<HostState>, dynamics: Dynamics<HostState>, x: HostState, t: number, s: number, draws: readonly (readonly number[])[]) =>
  sampler.step({ x, t, s, dynamics, space: hostSpace, state: sampler.init(x), noise: (_, draw = 0) => hostState(draws[draw], x.shape), constrain: (y) => y })

const norm = (values: readonly number[]) => Math.hypot(...values)

describe('the Langevin corrector', () => {
  it.each([
    ['after the predictor', predictorCorrector(still, { first: 'predictor', stepSize: 0.1 })],
    ['by itself', annealedLangevin<HostState>({ stepSize: 0.1 })],
  ])('%s asks a model at no time before its tMin', async (_, sampler) => {
    const asked: number[] = []
    const model: Predictor<'score', HostState> = { predicts: 'score', tMin: 0.01, evaluate: (x, t) => (asked.push(...t), target.predictor('score', hostSpace).evaluate(x, t)) }
    await lastState({ dynamics: reverseSde(sde, model, hostSpace), sampler, grid: timeGrid([0.3, 1e-3, 0]), space: hostSpace, x: hostState([1]), seed: 0 })
    expect(asked).toEqual([0.01, 0.01])
  })

  it('with a fixed step e has on N(m, Σ) the mean m and the variance Σ/(1 − e/(2Σ)) after many updates: exact moments, 1e-12', async () => {
    const { mean, std } = target.marginal(0.3)
    const [sigma, e] = [std[0] ** 2, 0.2 * std[0] ** 2]
    const steps = 100 // the contraction (1 − e/Σ)^200 of the variance is 4e-20
    const sampler = predictorCorrector(still, { stepSize: e, steps })
    const law = await momentPropagation({ sampler, dynamics: reverse, grid: timeGrid([0.3, 0.2]), initial: { mean: 0, variance: 7 }, drawsPerStep: steps + 1 })
    expect(Math.abs(law.variance / (sigma / (1 - e / (2 * sigma))) - 1)).toBeLessThan(1e-12)
    expect(Math.abs(law.mean - mean[0])).toBeLessThan(1e-8) // (1 − e/Σ)^100
  })

  const [x, z] = [hostState([2, -1, 0.3, 1.5, 0.1, -2], [2, 3]), [0.5, -1.2, 0.1, 0.8, 0.3, -0.4]]
  const wide = gaussianTarget({ sde, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] })
  const scoreAt = async (t: number) => [...(await wide.predictor('score', hostSpace).evaluate(x, Float64Array.of(t, t))).data]
  const dynamics = reverseSde(sde, wide.predictor('data', hostSpace), hostSpace)
  const alphaOf = (t: number, s: number) => (sde.schedule.alpha(t) / sde.schedule.alpha(s)) ** 2

  it.each<{ rule: string; options: PredictorCorrectorOptions; length: (norms: { z: number[]; score: number[] }) => number[] }>([
    { rule: '2 α_i (r ‖z‖/‖score‖)² of each sample', options: {}, length: ({ z: ofNoise, score }) => ofNoise.map((each, i) => 2 * alphaOf(0.4, 0.3) * (0.16 * (each / score[i])) ** 2) },
    {
      rule: 'the same with the means of the norms over the batch',
      options: { norm: 'batch', snr: 0.2 },
      length: ({ z: [a, b], score: [c, d] }) => Array(2).fill(2 * alphaOf(0.4, 0.3) * (0.2 * ((a + b) / (c + d))) ** 2),
    },
    { rule: '2 α_i (r σ)²', options: { stepSize: 'noise-level' }, length: () => Array(2).fill(2 * alphaOf(0.4, 0.3) * (0.16 * sde.schedule.sigma(0.4)) ** 2) },
    { rule: 'a number', options: { stepSize: 0.03 }, length: () => [0.03, 0.03] },
  ])('has the step size $rule (1e-14)', async ({ options, length }) => {
    const score = await scoreAt(0.4)
    const halves = (values: readonly number[]) => [norm(values.slice(0, 3)), norm(values.slice(3))]
    const e = length({ z: halves(z), score: halves(score) })
    const { x: end } = await stepWith(predictorCorrector(still, options), dynamics, x, 0.4, 0.3, [[], z])
    end.data.forEach((value, i) => {
      const step = e[Math.floor(i / 3)]
      expect(Math.abs(value - (x.data[i] + step * score[i] + Math.sqrt(2 * step) * z[i]))).toBeLessThan(1e-14)
    })
  })

  it.each(['sample', 'batch'] as const)('leaves a sample alone whose score is 0 (norm %s, all of them 0 for the batch)', async (over) => {
    const rest = { predicts: 'score', evaluate: (y) => ({ data: y.data.map((value, i) => (over === 'sample' && i >= 3 ? -value : 0)), shape: y.shape }) } as Predictor<'score', HostState>
    const { x: end } = await stepWith(predictorCorrector(still, { norm: over }), reverseSde(sde, rest, hostSpace), x, 0.4, 0.3, [[], z])
    expect(end.data.slice(0, 3)).toEqual(x.data.slice(0, 3))
    expect(end.data.slice(3).every((value, i) => Number.isFinite(value) && (value === x.data[3 + i]) === (over === 'batch'))).toBe(true)
  })

  it('with norms has on N(0, Σ) in many dimensions the variance Σ (1 + r²): 16 samples of 4096 numbers, r = 0.16 and 0.4, seed 5, five standard errors and 2/D', async () => {
    const [dimensions, count] = [4096, 16]
    const sigma = target.marginal(0.3).std[0] ** 2
    const model: Predictor<'score', HostState> = { predicts: 'score', evaluate: (y) => ({ data: y.data.map((value) => -value / sigma), shape: y.shape }) }
    for (const [snr, steps] of [[0.16, 200], [0.4, 40]] as const) {
      // at variance V, ‖score‖² = D V/Σ² and e = 2 r² Σ²/V; V (1 − e/(2Σ)) = Σ then gives V, and an update forgets by (1 − e/Σ)²
      const start = hostSpace.combine([Math.sqrt(sigma)], [hostSpace.normal({ seed: 5, stream: 'x', step: 0, firstSample: 0, draw: 0 }, hostState(new Float64Array(count * dimensions), [count, dimensions]))])
      const alpha = alphaOf(0.3, 0.3 - 1e-9)
      const run = { dynamics: reverseSde(sde, model, hostSpace), sampler: predictorCorrector(still, { snr: snr / Math.sqrt(alpha), steps }), grid: timeGrid([0.3, 0.3 - 1e-9]), space: hostSpace, x: start, seed: 5 }
      const end = await lastState(run)
      const variance = end.data.reduce((sum, value) => sum + value ** 2, 0) / end.data.length
      const expected = sigma * (1 + snr ** 2)
      const standardError = expected * Math.sqrt(2 / end.data.length)
      expect(Math.abs(variance - expected)).toBeLessThan(5 * standardError + (2 / dimensions) * expected)
      expect(expected - sigma).toBeGreaterThan(4 * standardError) // and it would be seen if it were Σ
    }
  }, 60_000)
})

describe('the predictor-corrector sampler', () => {
  /** The dynamics, and the times at which its model is asked. */
  const watched = () => {
    const times: number[] = []
    const exact = target.predictor('score', hostSpace)
    const model: Predictor<'score', HostState> = { predicts: 'score', evaluate: (y, t) => (times.push(t[0]), exact.evaluate(y, t)) }
    return { dynamics: reverseSde(sde, model, hostSpace), times }
  }
  const run = { grid: timeGrid([1, 0.6, 0.2]), space: hostSpace, x: hostState([-1, 0, 2]), seed: 3 }

  it('corrects at t and then predicts, N (M + 1) evaluations; or predicts and corrects at s', async () => {
    for (const [first, expected] of [['corrector', [1, 1, 1, 0.6, 0.6, 0.6]], ['predictor', [1, 0.6, 0.6, 0.6, 0.2, 0.2]]] as const) {
      const { dynamics, times } = watched()
      const sampler = predictorCorrector(eulerMaruyama<HostState>(), { steps: 2, first })
      await lastState({ ...run, dynamics, sampler })
      expect(times).toEqual(expected)
      expect(sampler.evaluationsPerStep).toBe(3)
    }
  })

  it('makes no correction where σ = 0', async () => {
    const { dynamics, times } = watched()
    await lastState({ ...run, dynamics, sampler: predictorCorrector(eulerMaruyama<HostState>(), { first: 'predictor' }), grid: timeGrid([0.5, 0]) })
    expect(times).toEqual([0.5])
  })

  it('shows its predictor the noise that it would see alone: with updates that do nothing it is the predictor (1e-12)', async () => {
    const alone = await lastState({ ...run, dynamics: reverse, sampler: eulerMaruyama<HostState>() })
    for (const first of ['corrector', 'predictor'] as const) {
      const both = await lastState({ ...run, dynamics: reverse, sampler: predictorCorrector(eulerMaruyama<HostState>(), { stepSize: 1e-40, steps: 3, first }), lastStep: first === 'predictor' ? 'sample' : 'mean' })
      const expected = first === 'predictor' ? await lastState({ ...run, dynamics: reverse, sampler: eulerMaruyama<HostState>(), lastStep: 'sample' }) : alone
      both.data.forEach((value, i) => expect(Math.abs(value - expected.data[i])).toBeLessThan(1e-12))
    }
  })

  it('draws noise of its own for every update: none of the draws of a step is used twice', async () => {
    const draws: number[] = []
    const greedy: Sampler<HostState> = { ...still, step: async (input) => (input.noise(input.x), input.noise(input.x, 1), input.noise(input.x, 2), still.step(input)) }
    const sampler = predictorCorrector(greedy, { steps: 2 })
    const noise = (like: HostState, draw = 0) => (draws.push(draw), like)
    await sampler.step({ x: run.x, t: 0.5, s: 0.4, dynamics: reverse, space: hostSpace, state: sampler.init(run.x), noise, constrain: (y) => y })
    expect(draws.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 6])
  })

  it('takes back what a coarse predictor gets wrong: after 25 steps of Euler on the flow of VE, 8 updates a step leave less than a third of the error of the variance (256 samples of 64 numbers, by more than five standard errors)', async () => {
    const ve = veSde({ sigmaMin: 0.01, sigmaMax: 20 })
    const wide = gaussianTarget({ sde: ve, mean: new Array(64).fill(0.5), std: new Array(64).fill(0.5) })
    const dynamics = probabilityFlow(ve, wide.predictor('score', hostSpace), hostSpace)
    const grid = lambdaGrid(ve.schedule, { from: 1, to: 0.3, steps: 25 })
    const x = wide.draw<HostState>(hostSpace, { count: 256, seed: 8, t: 1 })
    const exact = 0.25 + ve.schedule.sigma(0.3) ** 2
    const errorOf = async (sampler: Sampler<HostState>) => {
      const { data } = await lastState({ dynamics, sampler, grid, space: hostSpace, x, seed: 8 })
      return Math.abs(data.reduce((sum, value) => sum + (value - 0.5) ** 2, 0) / data.length - exact)
    }
    const [alone, corrected] = [await errorOf(euler()), await errorOf(predictorCorrector(euler<HostState>(), { snr: 0.1, steps: 8, first: 'predictor' }))]
    const standardError = exact * Math.sqrt(2 / (256 * 64))
    expect(alone - corrected).toBeGreaterThan(5 * standardError)
    expect(corrected).toBeLessThan(alone / 3)
    expect(corrected).toBeLessThan(5 * standardError + exact * 0.1 ** 2)
  })

  it('takes multistep and adaptive predictors, and a flow upwards', async () => {
    const dynamics = probabilityFlow(sde, target.predictor('noise', hostSpace), hostSpace)
    const multistep = predictorCorrector(dpmSolverPlusPlus2M<HostState>())
    const plain = dpmSolverPlusPlus2M<HostState>()
    expect([multistep.evaluationsPerStep, multistep.startUpEvaluations]).toEqual([(plain.evaluationsPerStep as number) + 1, plain.startUpEvaluations])
    const adaptive = predictorCorrector(dormandPrince<HostState>(), { first: 'predictor' })
    expect(adaptive.evaluationsPerStep).toBe('adaptive')
    for (const [sampler, grid] of [[multistep, run.grid], [adaptive, run.grid], [adaptive, timeGrid([0.1, 0.9])]] as const) {
      let count = 0
      for await (const event of sample({ ...run, dynamics, sampler, grid })) {
        expect(event.x.data.every(Number.isFinite)).toBe(true)
        count = event.index
      }
      expect(count).toBe(grid.length - 1)
    }
  })

  it('with norms, in 64 dimensions, on tensors (cpu) follows float64 to 1e-4 of its largest value, and gives sample 2 the same bits alone (seed 6, 50 steps)', async () => {
    const wide = gaussianTarget({ sde, mean: new Array(64).fill(0.5), std: new Array(64).fill(0.5) })
    const runIn = <X>(space: VectorSpace<X>, count: number, firstSample: number) =>
      lastState<X>({
        dynamics: reverseSde(sde, wide.predictor('noise', space), space),
        sampler: predictorCorrector<X>(eulerMaruyama<X>(), { steps: 2 }),
        grid: lambdaGrid(sde.schedule, { from: 1, to: 1e-3, steps: 50 }),
        space,
        x: samplePrior<X>({ sde, space, shape: [count, 64], seed: 6, firstSample }),
        seed: 6,
        firstSample,
      })
    const [exact, onTensors, alone] = [await runIn(hostSpace, 4, 0), await runIn(tensorSpace, 4, 0), await runIn(tensorSpace, 1, 2)]
    const [data, row] = [await onTensors.data(), await alone.data()]
    ;[onTensors, alone].forEach((made) => made.dispose())
    const largest = Math.max(...exact.data.map(Math.abs))
    expect(Math.max(...exact.data.map((value, i) => Math.abs(data[i] - value)))).toBeLessThanOrEqual(1e-4 * largest)
    expect(data.slice(128, 192)).toEqual(row)
  })

  it.each([
    [{ snr: 0 }, 'snr must be a positive number; got 0.'],
    [{ steps: 0 }, 'steps must be an integer of at least 1; got 0.'],
    [{ stepSize: -1 }, "stepSize must be 'norms', 'noise-level' or a positive number; got -1."],
    [{ norm: 'all' as 'batch' }, "norm must be 'sample' or 'batch'; got 'all'."],
    [{ first: 'both' as 'corrector' }, "first must be 'corrector' or 'predictor'; got 'both'."],
  ] satisfies readonly [PredictorCorrectorOptions, string][])('refuses %j', (options, message) => {
    expect(() => predictorCorrector(still, options)).toThrow(InvalidArgumentError)
    expect(() => predictorCorrector(still, options)).toThrow(message)
  })

  it('refuses dynamics without a score', async () => {
    const forward = { ...run, dynamics: forwardSde(sde, hostSpace), grid: uniformGrid({ from: 0.1, to: 1, steps: 2 }), sampler: predictorCorrector(eulerMaruyama<HostState>()) }
    await expect(lastState(forward)).rejects.toThrow("dynamics.kind must be 'reverse' or 'probability-flow' for predictorCorrector(), which needs a score; got 'forward'.")
  })
})
