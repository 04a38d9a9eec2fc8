import '@tensorflow/tfjs-backend-cpu'
import {
  edmSde,
  gaussianTarget,
  hostSpace,
  hostState,
  InvalidArgumentError,
  NonFiniteError,
  probabilityFlow,
  reverseSde,
  ShapeError,
  subVpSde,
  tensorSpace,
  timeGrid,
  vpSde,
  type Constraint,
  type Dynamics,
  type HostState,
  type Prediction,
  type Predictor,
  type Sampler,
  type Sde,
  type VectorSpace,
} from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { add, fill, mul, setBackend, tensor2d, zeros, type Tensor } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { adaptiveSde } from './adaptive-sde'
import { dormandPrince } from './dormand-prince'
import { lastState, sample } from './sample'

beforeAll(() => setBackend('cpu'))

const sde = vpSde()
const target = (of: Sde) => gaussianTarget({ sde: of, mean: 0.5, std: 0.5 })

/** Both adaptive solvers, in any space. */
interface Solver {
  readonly name: string
  readonly make: <X>(options?: { tolerance?: { absolute?: number; relative?: number }; maxEvaluations?: number }) => Sampler<X>
  readonly dynamicsOf: <X>(model: Predictor<Prediction, X>, space: VectorSpace<X>, of?: Sde) => Dynamics<X>
}
const solvers: readonly Solver[] = [
  { name: 'Dormand–Prince', make: dormandPrince, dynamicsOf: (model, space, of = sde) => probabilityFlow(of, model, space) },
  { name: 'the adaptive SDE solver', make: adaptiveSde, dynamicsOf: (model, space, of = sde) => reverseSde(of, model, space) },
]

describe.each(solvers)('$name', ({ make, dynamicsOf }) => {
  const exact = target(sde).predictor('noise', hostSpace)
  const x = hostState([-2, -0.4, 0.3, 1.7])
  const run = { dynamics: dynamicsOf(exact, hostSpace), grid: timeGrid([1, 1e-3]), space: hostSpace, x, seed: 4 }

  it('crosses a grid of two times in one step of the run, and says with how many evaluations', async () => {
    const events: { t: number; index: number; evaluations: number }[] = []
    for await (const { t, index, evaluations } of sample({ ...run, sampler: make<HostState>() })) events.push({ t, index, evaluations })
    expect(events).toEqual([{ t: 1e-3, index: 1, evaluations: expect.any(Number) as number }])
    expect(events[0].evaluations).toBeGreaterThan(20)
    expect(events[0].evaluations).toBeLessThan(400)
  })

  it('gives x back in a step from t to t, asks nothing and keeps its state', async () => {
    const untouched: Predictor<'noise', HostState> = { predicts: 'noise', evaluate: () => expect.unreachable('the model was asked') }
    const state = { states: [], numbers: [40, 0.1, 0.1, 0.1, 0.1] }
    const step = await make<HostState>().step({ x, t: 0.5, s: 0.5, dynamics: dynamicsOf(untouched, hostSpace), space: hostSpace, state, noise: () => x, constrain: (y) => y })
    expect(step.x).toEqual(x)
    expect(step.x).not.toBe(x)
    expect(step.state).toBe(state)
  })

  it('carries evaluations and step lengths as plain numbers, and refuses those of another batch', async () => {
    const sampler = make<HostState>()
    const step = (from: HostState, numbers: readonly number[]) =>
      sampler.step({ x: from, t: 0.5, s: 0.4, dynamics: run.dynamics, space: hostSpace, state: { states: [], numbers }, noise: (like) => like, constrain: (y) => y })
    const { numbers } = (await step(x, [])).state
    expect(numbers).toHaveLength(5)
    expect(JSON.parse(JSON.stringify(numbers))).toEqual(numbers)
    expect((await step(x, numbers)).state.numbers[0]).toBeGreaterThan(numbers[0])
    await expect(step(hostState([1, 2]), numbers)).rejects.toThrow(ShapeError)
  })

  it.each<{ name: string; of: Sde; from: number }>([
    { name: 'VP', of: vpSde(), from: 1 },
    { name: 'sub-VP', of: subVpSde(), from: 1 },
    { name: 'EDM', of: edmSde(), from: 80 },
  ])('reaches σ = 0 under $name with any of the four predictions, though there is no score there', async ({ of, from }) => {
    const ends = await Promise.all((['noise', 'data', 'v', 'score'] as const).map(async (predicts) => {
      const dynamics = dynamicsOf(target(of).predictor(predicts, hostSpace), hostSpace, of)
      return (await lastState({ ...run, dynamics, grid: timeGrid([from, 0]), sampler: make<HostState>(), x: hostState([-1, 0, 2].map((value) => value * of.priorStd)) })).data
    }))
    for (const end of ends) end.forEach((value, i) => expect(Math.abs(value - ends[0][i])).toBeLessThan(1e-6))
    if (!make<HostState>().stochastic) {
      const exactEnd = target(of).flowMap(hostState([-1, 0, 2].map((value) => value * of.priorStd)), from, 0)
      ends[0].forEach((value, i) => expect(Math.abs(value - exactEnd.data[i])).toBeLessThan(1e-4))
    } else ends[0].forEach((value) => expect(Math.abs(value - 0.5)).toBeLessThan(5 * 0.5))
  })

  it('asks a model with a tMin nothing below it on the way to 0', async () => {
    const times: number[] = []
    const network: Predictor<'noise', HostState> = { ...exact, tMin: 1e-3, evaluate: (y, t) => (times.push(...t), exact.evaluate(y, t)) }
    await lastState({ ...run, dynamics: dynamicsOf(network, hostSpace), grid: timeGrid([1, 0]), sampler: make<HostState>() })
    expect(Math.min(...times)).toBe(1e-3)
  })

  it('stops within a long step when its signal is aborted, with the reason', async () => {
    const controller = new AbortController()
    let evaluations = 0
    const slow: Predictor<'noise', HostState> = { ...exact, evaluate: (y, t) => (++evaluations === 12 && controller.abort(new Error('enough')), exact.evaluate(y, t)) }
    await expect(lastState({ ...run, dynamics: dynamicsOf(slow, hostSpace), sampler: make<HostState>(), signal: controller.signal })).rejects.toThrow('enough')
    expect(evaluations).toBeLessThan(14)
  })

  it('stops when its evaluations are spent, over the intervals of a run together, and names the time', async () => {
    let evaluations = 0
    const counted: Predictor<'noise', HostState> = { ...exact, evaluate: (y, t) => (evaluations++, exact.evaluate(y, t)) }
    for (const grid of [timeGrid([1, 1e-3]), timeGrid([1, 0.99, 0.9, 0.5, 1e-3])]) {
      evaluations = 0
      const failing = lastState({ ...run, grid, dynamics: dynamicsOf(counted, hostSpace), sampler: make<HostState>({ maxEvaluations: 30 }) })
      await expect(failing).rejects.toThrow(/^maxEvaluations must be enough to reach t = 0\.\d+, but the slowest sample is at t = 0\.\d+ after \d+ evaluations \(raise it, or the tolerance\); got 30\.$/)
      expect(evaluations).toBeLessThanOrEqual(30)
    }
  })

  it('refuses a tolerance below the resolution of float32 on tensors, before the model is asked; not in float64', async () => {
    const untouched: Predictor<'noise'> = { predicts: 'noise', evaluate: () => expect.unreachable('the model was asked') }
    const start = zeros([2, 1])
    const fine = { tolerance: { absolute: 1e-7, relative: 1e-7 }, maxEvaluations: 1_000_000 }
    await expect(lastState({ dynamics: dynamicsOf(untouched, tensorSpace), sampler: make<Tensor>(fine), grid: timeGrid([1, 0.5]), space: tensorSpace, x: start, seed: 0 }))
      .rejects.toThrow('tolerance must be at least 9.5e-7 on the tensor space (run it on hostSpace, in float64, for more digits)')
    start.dispose()
    await lastState({ ...run, grid: timeGrid([1, 0.9999]), sampler: make<HostState>(fine) })
    await expect(lastState({ ...run, sampler: make<HostState>({ tolerance: { absolute: 1e-15, relative: 0 } }) })).rejects.toThrow(InvalidArgumentError)
  })

  it('ends with the time where its error is no number: from a model that gives NaN below t = 0.5, and at once from one that always does', async () => {
    for (const [from, earliest] of [[0.5, 0.5], [1, 1]] as const) {
      const broken: Predictor<'noise', HostState> = {
        predicts: 'noise',
        async evaluate(y, t) {
          const { data, shape } = await exact.evaluate(y, t)
          return { data: data.map((value, i) => (t[i] <= from ? NaN : value)), shape }
        },
      }
      const error: unknown = await lastState({ ...run, dynamics: dynamicsOf(broken, hostSpace), sampler: make<HostState>() }).catch((caught: unknown) => caught)
      expect(NonFiniteError.isInstance(error)).toBe(true)
      expect((error as NonFiniteError).message).toMatch(/^the (error estimate|drift) of sample \d must stay finite/)
      expect((error as NonFiniteError).t).toBeGreaterThanOrEqual(earliest)
    }
  })

  it('is not reached by NaN of a sample that has arrived', async () => {
    const asked = new Map<number, number>() // where each sample was asked last at the end: a second time there, it stands still
    const arrived: Predictor<'noise', HostState> = {
      predicts: 'noise',
      async evaluate(y, t) {
        const { data, shape } = await exact.evaluate(y, t)
        return { data: data.map((value, i) => {
          const isStill = t[i] === 1e-3 && asked.get(i) === y.data[i]
          if (t[i] === 1e-3) asked.set(i, y.data[i])
          return isStill ? NaN : value
        }), shape }
      },
    }
    const plain = await lastState({ ...run, sampler: make<HostState>() })
    const end = await lastState({ ...run, dynamics: dynamicsOf(arrived, hostSpace), sampler: make<HostState>() })
    expect(end.data).toEqual(plain.data)
  })

  it('applies a constraint to each sample at the times that it reaches, with noise that it would see alone, to the bit', async () => {
    const constraintOf = (seen: Map<number, number[]>, row: number): Constraint<HostState> => (y, t, noise) => {
      const z = noise(y)
      seen.set(t, [y.data[row], z.data[row]])
      return { data: y.data.map((value, i) => value + 0.01 * z.data[i]), shape: y.shape }
    }
    const [inBatch, byItself] = [new Map<number, number[]>(), new Map<number, number[]>()]
    const grid = timeGrid([1, 0.5, 1e-3])
    const together = await lastState({ ...run, grid, sampler: make<HostState>(), constraint: constraintOf(inBatch, 2) })
    const alone = await lastState({ ...run, grid, sampler: make<HostState>(), x: hostState([x.data[2]]), firstSample: 2, constraint: constraintOf(byItself, 0) })
    expect(alone.data[0]).toBe(together.data[2])
    expect(byItself.size).toBeGreaterThan(4) // own steps, each constrained
    expect([...byItself.keys()].every((t) => inBatch.has(t))).toBe(true)
    expect(new Set([...byItself.values()].map(([, z]) => z)).size).toBe(byItself.size) // fresh noise each time
    const free = await lastState({ ...run, grid, sampler: make<HostState>() })
    expect(free.data[2]).not.toBe(together.data[2])
  })

  it('keeps to a constraint: what it fixes stays fixed, at the start of every trial', async () => {
    const fixed: Constraint<HostState> = (y) => ({ data: y.data.map((value, i) => (i === 1 ? 0.25 : value)), shape: y.shape })
    const seen: number[] = []
    const watched: Predictor<'noise', HostState> = { ...exact, evaluate: (y, t) => (seen.push(y.data[1]), exact.evaluate(y, t)) }
    const end = await lastState({ ...run, dynamics: dynamicsOf(watched, hostSpace), sampler: make<HostState>(), constraint: fixed })
    expect(end.data[1]).toBe(0.25)
    expect(seen.filter((value) => value === 0.25).length).toBeGreaterThan(5)
  })
})

describe.each(solvers)('$name leaves no tensor and no buffer behind', ({ make, dynamicsOf }) => {
  const exact = target(sde).predictor('noise', tensorSpace)
  const failing = (): never => {
    throw new Error('on purpose')
  }
  const exceptAt = (at: number, replaced: (x: Tensor) => Tensor): Predictor<'noise'> => {
    let evaluations = 0
    return { ...exact, evaluate: (x, t) => (++evaluations === at ? replaced(x) : exact.evaluate(x, t)) }
  }
  const leakOf = (change: { model?: Predictor<'noise'>; constraint?: Constraint; signal?: AbortSignal; times?: readonly number[]; maxEvaluations?: number }, message?: string) =>
    tensorLeak(async () => {
      const { model = exact, times = [1, 0.4, 0.1], maxEvaluations = 10_000, ...rest } = change
      const x = tensor2d([[-1], [0.3], [2]])
      const ending = lastState({ dynamics: dynamicsOf(model, tensorSpace), sampler: make<Tensor>({ maxEvaluations }), grid: timeGrid(times), space: tensorSpace, x, seed: 0, ...rest })
      if (message === undefined) (await ending).dispose()
      else await expect(ending).rejects.toThrow(message)
      expect(x.isDisposed).toBe(false)
      x.dispose()
    })

  it('after a run to its end, to σ = 0 too, and with a constraint', async () => {
    expect(await leakOf({})).toEqual(noLeak)
    expect(await leakOf({ times: [1, 0] })).toEqual(noLeak)
    expect(await leakOf({ times: [1e-9, 0] })).toEqual(noLeak)
    expect(await leakOf({ constraint: (y, _, noise) => { const z = noise(y); const sum = add(y, mul(z, 0)); z.dispose(); return sum } }).then(() => leakOf({ constraint: (y) => mul(y, 1) }))).toEqual(noLeak)
  })

  it.each([1, 2, 3, 5, 8, 13, 21])('when evaluation %i throws, gives another shape or NaN', async (at) => {
    expect(await leakOf({ model: exceptAt(at, failing) }, 'on purpose')).toEqual(noLeak)
    expect(await leakOf({ model: exceptAt(at, () => zeros([3, 2])) }, 'must have shape')).toEqual(noLeak)
    expect(await leakOf({ model: exceptAt(at, (y) => fill(y.shape, NaN)) }, 'must stay finite')).toEqual(noLeak)
  })

  it.each([1, 2, 5])('when call %i of the constraint throws', async (at) => {
    let calls = 0
    expect(await leakOf({ constraint: (y) => (++calls === at ? failing() : mul(y, 1)) }, 'on purpose')).toEqual(noLeak)
  })

  it('when it is aborted within a step, and when its evaluations are spent', async () => {
    const controller = new AbortController()
    const model = exceptAt(9, (y) => (controller.abort(new Error('enough')), mul(y, 0.5)))
    expect(await leakOf({ model, signal: controller.signal }, 'enough')).toEqual(noLeak)
    expect(await leakOf({ maxEvaluations: 20 }, 'maxEvaluations')).toEqual(noLeak)
  })
})
