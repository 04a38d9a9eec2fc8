import '@tensorflow/tfjs-backend-cpu'
import {
  forwardSde,
  gaussianTarget,
  hostSpace,
  hostState,
  InvalidArgumentError,
  NonFiniteError,
  probabilityFlow,
  reverseSde,
  ShapeError,
  tensorSpace,
  timeGrid,
  uniformGrid,
  vpSde,
  type Constraint,
  type HostState,
  type Prediction,
  type Predictor,
  type Sampler,
} from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { fill, scalar, setBackend, tensor2d, type Tensor } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { adaptiveSde } from './adaptive-sde'
import { ancestral } from './ancestral'
import { annealedLangevin } from './annealed-langevin'
import { euler } from './euler'
import { eulerMaruyama } from './euler-maruyama'
import { heun } from './heun'
import { predictorCorrector } from './predictor-corrector'
import { record } from './record'
import { reverseDiffusion } from './reverse-diffusion'
import { lastState, sample } from './sample'
import type { SampleRun } from './sample-run'

beforeAll(() => setBackend('cpu'))

const sde = vpSde()
const exact = gaussianTarget({ sde, mean: 0.5, std: 0.5 }).predictor('noise', hostSpace)
const forward = forwardSde(sde, hostSpace)
const [up, down] = [uniformGrid({ from: 0, to: 1, steps: 2 }), uniformGrid({ from: 1, to: 0.1, steps: 2 })]

const good: SampleRun<HostState> = { dynamics: forward, sampler: eulerMaruyama(), grid: up, space: hostSpace, x: hostState([0, 1]), seed: 0 }

describe('a run is refused at once, before the first iteration:', () => {
  it.each<{ what: string; change: Partial<SampleRun<HostState>>; message: string; type: typeof InvalidArgumentError | typeof ShapeError }>([
    {
      what: 'a state without batch axis',
      change: { x: hostState([1, 2], [2]) },
      message: 'the initial state must have shape (batch, …), at least (batch, 1); got (2).',
      type: ShapeError,
    },
    {
      what: 'an empty batch',
      change: { x: hostState([], [0, 1]) },
      message: 'the initial state must have shape (batch, …), at least (batch, 1); got (0, 1).',
      type: ShapeError,
    },
    {
      what: 'a grid beyond tMax',
      change: { grid: timeGrid([0, 1.5]) },
      message: 'grid must be inside [0, 1], the times of the vp SDE; got 1.5.',
      type: InvalidArgumentError,
    },
    {
      what: 'a forward SDE backwards',
      change: { grid: timeGrid([1, 0.5]) },
      message: 'grid must be increasing in t for a forward SDE; got [1, 0.5].',
      type: InvalidArgumentError,
    },
    {
      what: 'a reverse SDE forwards',
      change: { dynamics: reverseSde(sde, exact, hostSpace), grid: timeGrid([0.1, 0.5]) },
      message: 'grid must be decreasing in t for a reverse SDE; got [0.1, 0.5].',
      type: InvalidArgumentError,
    },
    { what: 'a seed that is no integer', change: { seed: 0.5 }, message: 'seed must be a non-negative safe integer; got 0.5.', type: InvalidArgumentError },
    { what: 'a negative seed', change: { seed: -1 }, message: 'seed must be a non-negative safe integer; got -1.', type: InvalidArgumentError },
    { what: 'a seed beyond the safe integers', change: { seed: 2 ** 53 }, message: 'seed must be a non-negative safe integer; got 9007199254740992.', type: InvalidArgumentError },
    { what: 'a stream without a name', change: { stream: '' }, message: "stream must be a name that is not empty; got ''.", type: InvalidArgumentError },
    { what: 'a negative first sample', change: { firstSample: -1 }, message: 'firstSample must be an integer from 0 to 2^32 - 2; got -1.', type: InvalidArgumentError },
    { what: 'samples beyond the generator', change: { firstSample: 2 ** 32 - 1 }, message: 'firstSample must be an integer from 0 to 2^32 - 2; got 4294967295.', type: InvalidArgumentError },
    {
      what: 'tweedie without a model',
      change: { lastStep: 'tweedie' },
      message: "lastStep must be 'mean' or 'sample' for dynamics without a model; got 'tweedie'.",
      type: InvalidArgumentError,
    },
    {
      what: 'a last step of another name, from JavaScript',
      change: { lastStep: 'average' as 'mean' },
      message: "lastStep must be 'mean', 'sample' or 'tweedie'; got 'average'.",
      type: InvalidArgumentError,
    },
  ])('$what', async ({ change, message, type }) => {
    expect(() => sample({ ...good, ...change })).toThrow(message)
    const error: unknown = await lastState({ ...good, ...change }).catch((caught: unknown) => caught)
    expect(type.isInstance(error)).toBe(true)
    expect(error).toHaveProperty('message', message)
    const notes: number[] = []
    await expect(record({ ...good, ...change, recorders: [{ add: (t) => notes.push(t) }] })).rejects.toThrow(message)
    expect(notes).toEqual([])
  })

  it('a signal that is aborted already, with its reason', async () => {
    const reason = new Error('too late')
    expect(() => sample({ ...good, signal: AbortSignal.abort(reason) })).toThrow(reason)
    await expect(lastState({ ...good, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  it('but nothing that is right: a grid from 0 to tMax, either way along the flow; the largest seed; the last sample of all', async () => {
    await lastState(good)
    const score = gaussianTarget({ sde, mean: 0.5, std: 0.5 }).predictor('score', hostSpace)
    for (const grid of [up, uniformGrid({ from: 1, to: 0, steps: 2 })]) {
      await lastState({ ...good, dynamics: probabilityFlow(sde, score, hostSpace), sampler: heun<HostState>(), grid })
    }
    await lastState({ ...good, firstSample: 2 ** 32 - 2, seed: Number.MAX_SAFE_INTEGER })
  })
})

describe('a sampler that does not fit the dynamics is refused before the model is asked:', () => {
  const untouched: Predictor<'noise', HostState> = { predicts: 'noise', evaluate: () => expect.unreachable('the model was asked') }
  const reverse = reverseSde(sde, untouched, hostSpace)

  it.each([
    { sampler: euler<HostState>(), dynamics: forward, grid: up, message: "dynamics.kind must be 'probability-flow' for euler(), which adds no noise (eulerMaruyama() takes SDEs); got 'forward'." },
    { sampler: euler<HostState>(), dynamics: reverse, grid: down, message: "dynamics.kind must be 'probability-flow' for euler(), which adds no noise (eulerMaruyama() takes SDEs); got 'reverse'." },
    { sampler: heun<HostState>(), dynamics: forward, grid: up, message: "dynamics.kind must be 'probability-flow' for heun(), which adds no noise (eulerMaruyama() takes SDEs); got 'forward'." },
    { sampler: heun<HostState>(), dynamics: reverse, grid: down, message: "dynamics.kind must be 'probability-flow' for heun(), which adds no noise (eulerMaruyama() takes SDEs); got 'reverse'." },
    { sampler: reverseDiffusion<HostState>(), dynamics: forward, grid: up, message: "dynamics.kind must be 'reverse' for reverseDiffusion(); got 'forward'." },
    { sampler: reverseDiffusion<HostState>(), dynamics: probabilityFlow(sde, untouched, hostSpace), grid: down, message: "dynamics.kind must be 'reverse' for reverseDiffusion(); got 'probability-flow'." },
    { sampler: ancestral<HostState>(), dynamics: forward, grid: up, message: "dynamics.kind must be 'reverse' for ancestral(); got 'forward'." },
    { sampler: ancestral<HostState>(), dynamics: probabilityFlow(sde, untouched, hostSpace), grid: down, message: "dynamics.kind must be 'reverse' for ancestral(); got 'probability-flow'." },
  ])('$sampler.name on $dynamics.kind', async ({ message, ...change }) => {
    const error: unknown = await lastState({ ...good, ...change }).catch((caught: unknown) => caught)
    expect(InvalidArgumentError.isInstance(error)).toBe(true)
    expect(error).toHaveProperty('message', message)
  })
})

describe('what a model returns', () => {
  const samplers: readonly Sampler<HostState>[] = [eulerMaruyama(), reverseDiffusion(), ancestral(), euler(), heun()]
  const correctors: readonly Sampler<HostState>[] = [annealedLangevin(), predictorCorrector(ancestral())]
  const runOf = (sampler: Sampler<HostState>, model: Predictor<Prediction, HostState>): SampleRun<HostState> => ({
    ...good,
    sampler,
    dynamics: (sampler.stochastic ? reverseSde : probabilityFlow)(sde, model, hostSpace),
    grid: timeGrid([1, 0.6, 0.3, 0.1]),
  })

  it.each([...samplers, ...correctors])('in another shape is refused with both shapes, by $name', async (sampler) => {
    const wrong: Predictor<'score', HostState> = { predicts: 'score', evaluate: () => hostState([1, 2, 3, 4], [2, 2]) }
    const error: unknown = await lastState(runOf(sampler, wrong)).catch((caught: unknown) => caught)
    expect(ShapeError.isInstance(error)).toBe(true)
    expect(error).toHaveProperty('message', 'what the score model returns for a state (2, 1) must have shape (2, 1); got (2, 2).')
  })

  describe.each(samplers)('by $name', (sampler) => {
    it.each([
      { step: 1, value: NaN },
      { step: 2, value: NaN },
      { step: 3, value: NaN },
      { step: 2, value: Infinity },
    ])('as $value in step $step of 3 ends the run with an error that names step, t and λ, at most one event late', async ({ step, value }) => {
      let evaluations = 0
      const perStep = sampler.evaluationsPerStep as number
      const broken: Predictor<'noise', HostState> = {
        predicts: 'noise',
        async evaluate(x, t) {
          const prediction = await exact.evaluate(x, t)
          if (++evaluations === perStep * step) prediction.data[1] = value // one element of one sample
          return prediction
        },
      }
      const seen: number[] = []
      const run = async () => {
        for await (const { index } of sample(runOf(sampler, broken))) seen.push(index)
      }
      const error: unknown = await run().catch((caught: unknown) => caught)
      expect(NonFiniteError.isInstance(error)).toBe(true)
      const t = [1, 0.6, 0.3][step - 1]
      const lambda = sde.schedule.lambda(t)
      expect(error).toMatchObject({ step, t, lambda })
      expect(error).toHaveProperty(
        'message',
        `the state must stay finite; it became NaN or infinite in step ${step}, from t = ${t} (λ = ${lambda.toPrecision(6)}). ` +
          'Check what the model returns there, take more steps, or keep the ends of the grid further from 0 and from tMax.',
      )
      expect(seen).toEqual(step === 3 ? [1, 2] : Array.from({ length: step }, (_, i) => i + 1)) // a broken last state is never handed out
    })
  })

  it('as NaN is found on tensors (cpu) too, in the last step of one', async () => {
    const model: Predictor<'noise'> = { predicts: 'noise', evaluate: (x) => fill(x.shape, NaN) }
    const x = tensor2d([[1], [2]])
    const run: SampleRun<Tensor> = { dynamics: probabilityFlow(sde, model, tensorSpace), sampler: euler(), grid: timeGrid([1, 0.5]), space: tensorSpace, x, seed: 0 }
    await expect(lastState(run)).rejects.toMatchObject({ name: 'NonFiniteError', step: 1, t: 1 })
  })
})

describe('what a constraint returns', () => {
  const x = () => tensor2d([[1], [2]])
  const exactOnTensors = gaussianTarget({ sde, mean: 0.5, std: 0.5 }).predictor('noise', tensorSpace)

  it.each<{ what: string; constraint: Constraint; message: string }>([
    { what: 'in another shape', constraint: (y) => tensorSpace.slice(y, 0, 1), message: 'what the constraint returns must have shape (2, 1); got (1, 1).' },
    { what: 'in a shape that would spread', constraint: () => scalar(1), message: 'what the constraint returns must have shape (2, 1); got ().' },
    { what: 'as the state itself', constraint: (y) => y, message: "constraint must be a function that returns a new state, since both are freed (clone x); got 'its own argument'." },
    { what: 'as nothing', constraint: (() => undefined) as unknown as Constraint, message: 'constraint must be a function that returns a new state of shape (2, 1), not a promise of one; got undefined.' },
    { what: 'as a promise', constraint: (async () => 1) as unknown as Constraint, message: 'constraint must be a function that returns a new state of shape (2, 1), not a promise of one; got' },
  ])('$what is refused by every kind of sampler, in a single step too, and nothing is left behind', async ({ constraint, message }) => {
    for (const sampler of [eulerMaruyama(), adaptiveSde(), predictorCorrector(reverseDiffusion())]) {
      const leak = await tensorLeak(async () => {
        const start = x()
        const run: SampleRun<Tensor> = { dynamics: reverseSde(sde, exactOnTensors, tensorSpace), sampler, grid: timeGrid([1, 0.5]), space: tensorSpace, x: start, seed: 0, constraint }
        await expect(lastState(run)).rejects.toThrow(message)
        start.dispose()
      })
      expect(leak).toEqual(noLeak)
    }
  })
})

describe('plain JavaScript that hands over', () => {
  it('a grid that no builder made is told that it is not monotone', () => {
    const grid = Float64Array.of(0, 0.5, 0.2, 1) as typeof up
    expect(() => sample({ ...good, grid })).toThrow('times must be strictly monotone; points 1 and 2 are not; got [0.5, 0.2].')
  })

  it('an array in the place of a state is told what a state is', () => {
    const x = [[0], [1]] as unknown as HostState
    expect(() => sample({ ...good, x })).toThrow('x must be a state of the host space, shape (batch, …); got')
  })
})
