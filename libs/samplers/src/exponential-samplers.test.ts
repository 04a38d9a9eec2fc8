import {
  cosineVpSde,
  discreteDdpm,
  edmSde,
  hostSpace,
  hostState,
  InvalidArgumentError,
  lambdaGrid,
  memoryless,
  probabilityFlow,
  reverseSde,
  scalarMixtureTarget,
  subVpSde,
  timeGrid,
  veSde,
  vpSde,
  type Dynamics,
  type HostState,
  type Prediction,
  type Predictor,
  type Sampler,
  type SamplerState,
  type StepInput,
} from '@sbgm/sde-core'
import { describe, expect, it } from 'vitest'
import { ddim } from './ddim'
import { dpmSolver2, dpmSolver3, dpmSolverPlusPlus2S } from './dpm-solver'
import { dpmSolverPlusPlus2M, dpmSolverPlusPlus3M } from './dpm-solver-plus-plus'
import type { LowerOrderFinal } from './final-order'
import { lastState, sample } from './sample'
import { sdeDpmSolverPlusPlus } from './sde-dpm-solver-plus-plus'
import { uniPc } from './uni-pc'

const sde = vpSde()
const { alpha, sigma, lambda } = sde.schedule
const target = scalarMixtureTarget({ sde, weights: [0.3, 0.5, 0.2], means: [-1.2, 0.4, 1.8], stds: [0.25, 0.35, 0.2] })
const x = hostState([-2, -0.5, 0, 1, 2])

/** The exact model, which notes the times at which it is asked. */
function noting(predicts: Prediction = 'noise', tMin = 0) {
  const times: number[] = []
  const exact = target.predictor(predicts, hostSpace)
  const model: Predictor<Prediction, HostState> = { predicts, tMin, evaluate: (y, t) => (times.push(t[0]), exact.evaluate(y, t)) }
  return { model, times }
}

const dynamicsOf = (sampler: Sampler<HostState>, model: Predictor<Prediction, HostState>): Dynamics<HostState> =>
  (sampler.stochastic ? reverseSde : probabilityFlow)(sde, model, hostSpace)

const runOf = (sampler: Sampler<HostState>, times: ArrayLike<number>, model = noting().model) =>
  ({ dynamics: dynamicsOf(sampler, model), sampler, grid: timeGrid(times), space: hostSpace, x, seed: 4 })

/** The input of a step taken by hand. */
const handOf = (sampler: Sampler<HostState>, model: Predictor<Prediction, HostState>, t: number, s: number, state: SamplerState<HostState> = memoryless): StepInput<HostState> =>
  ({ x, t, s, dynamics: dynamicsOf(sampler, model), space: hostSpace, state, noise: (like) => hostState(like.data.map(() => 0.5), like.shape), constrain: (y) => y })

const close = (a: HostState, b: HostState, tolerance: number) => a.data.forEach((value, i) => expect(Math.abs(value - b.data[i])).toBeLessThan(tolerance))

const multistep: readonly Sampler<HostState>[] = [
  dpmSolverPlusPlus2M(), dpmSolverPlusPlus3M(), dpmSolverPlusPlus3M({ start: 'lower-order' }), uniPc({ order: 1 }), uniPc(), uniPc({ order: 3 }),
  uniPc({ order: 3, corrector: 'none' }), sdeDpmSolverPlusPlus(), sdeDpmSolverPlusPlus({ variant: 'heun' }),
]
const singlestep: readonly Sampler<HostState>[] = [dpmSolver2(), dpmSolver3(), dpmSolverPlusPlus2S()]
const all: readonly Sampler<HostState>[] = [ddim(), ddim({ eta: 0.5 }), ddim({ eta: 1 }), sdeDpmSolverPlusPlus({ order: 1 }), ...singlestep, ...multistep]

describe.each(all)('$name', (sampler) => {
  it('gives x back for a step from t to t, evaluates nothing and remembers what it did', async () => {
    const { model, times } = noting()
    const before = await sampler.step(handOf(sampler, model, 0.6, 0.4))
    times.length = 0
    const result = await sampler.step({ ...handOf(sampler, model, 0.4, 0.4, before.state), noise: () => expect.unreachable('no noise'), constrain: () => expect.unreachable('no update') })
    expect(result.x).toEqual(x)
    expect(result.x).not.toBe(x) // the driver owns it
    expect(result.state).toBe(before.state)
    expect(times).toEqual([])
  })

  it.each([[[1, 0.01]], [[1, 0.3, 0.01]]])('crosses the grid %j', async (times) => {
    const indices: number[] = []
    for await (const event of sample(runOf(sampler, times))) {
      indices.push(event.index)
      expect(event.x.data.every(Number.isFinite)).toBe(true)
    }
    expect(indices).toHaveLength(times.length - 1)
  })

  it('evaluates the model as often as it declares, start included, in a run of 20 steps', async () => {
    const { model, times } = noting()
    await lastState(runOf(sampler, lambdaGrid(sde.schedule, { from: 1, to: 0.01, steps: 20 }), model))
    expect(times).toHaveLength(20 * (sampler.evaluationsPerStep as number) + (sampler.startUpEvaluations ?? 0))
  })

  it.each(['score', 'noise', 'v'] as const)('reaches σ = 0 in a step from t = 0.05 at α_0 x̂_0, with one evaluation of a %s model and no noise (1e-13)', async (predicts) => {
    const { model, times } = noting(predicts)
    const { x: end, mean } = await sampler.step(handOf(sampler, model, 0.05, 0))
    close(end, await target.predictor('data', hostSpace).evaluate(x, new Float64Array(5).fill(0.05)), 1e-13)
    expect(times).toEqual([0.05])
    expect(mean).toBeUndefined()
  })

  it('reaches σ = 0 at the prediction of a data model itself, to the bit', async () => {
    const { x: end } = await sampler.step(handOf(sampler, noting('data').model, 0.05, 0))
    expect(end.data).toEqual((await target.predictor('data', hostSpace).evaluate(x, new Float64Array(5).fill(0.05))).data)
  })

  it('is refused on dynamics of another kind, before the model is asked', async () => {
    const untouched: Predictor<'noise', HostState> = { predicts: 'noise', evaluate: () => expect.unreachable('the model was asked') }
    const [wrong, wanted] = sampler.stochastic ? [probabilityFlow, 'reverse'] : [reverseSde, 'probability-flow']
    const run = { ...runOf(sampler, [1, 0.5]), dynamics: wrong(sde, untouched, hostSpace) }
    const error: unknown = await lastState(run).catch((caught: unknown) => caught)
    expect(InvalidArgumentError.isInstance(error)).toBe(true)
    expect(String(error)).toContain(`dynamics.kind must be '${wanted}' for `)
  })
})

describe.each(all.filter(({ stochastic }) => !stochastic))('$name upwards', (sampler) => {
  it('begins at σ = 0 with the step of DDIM, α_s x + σ_s ε̂ (1e-14), with one evaluation', async () => {
    const { model, times } = noting()
    const { x: end, state } = await sampler.step(handOf(sampler, model, 0, 0.05))
    const noise = await target.predictor('noise', hostSpace).evaluate(x, new Float64Array(5))
    close(end, hostState(x.data.map((value, i) => alpha(0.05) * value + sigma(0.05) * noise.data[i])), 1e-14)
    expect(times).toEqual([0])
    expect(state).toEqual(memoryless) // λ is infinite there: nothing to extrapolate from
  })
})

describe.each(multistep)('$name, which remembers,', (sampler) => {
  it('begins anew where a step begins at another time than the last one ended: as if it remembered nothing', async () => {
    const { model } = noting()
    const first = await sampler.step(handOf(sampler, model, 0.9, 0.8))
    const second = await sampler.step({ ...handOf(sampler, model, 0.8, 0.7, first.state), x: first.x })
    const jump = await sampler.step(handOf(sampler, model, 0.75, 0.6, second.state))
    const fresh = await sampler.step(handOf(sampler, model, 0.75, 0.6))
    expect(jump).toEqual(fresh)
  })

  it('uses what it remembers: a second step differs from a fresh one', async () => {
    const { model } = noting()
    const first = await sampler.step(handOf(sampler, model, 0.9, 0.8))
    const second = await sampler.step(handOf(sampler, model, 0.8, 0.7, first.state))
    const fresh = await sampler.step(handOf(sampler, model, 0.8, 0.7))
    const isThirdOrderStart = sampler.startUpEvaluations !== undefined
    if (isThirdOrderStart) expect(second.x).toEqual(fresh.x)
    else expect(Math.abs(second.x.data[1] - fresh.x.data[1])).toBeGreaterThan(1e-6)
  })

  it('refuses two times of one λ, which it divides by, and a grid with a time twice', async () => {
    const flat = { ...sde, schedule: { ...sde.schedule, lambda: (t: number) => lambda(t > 0.5 ? 0.6 : t) } }
    const model = noting().model
    const step = sampler.step({ ...handOf(sampler, model, 0.7, 0.6), dynamics: (sampler.stochastic ? reverseSde : probabilityFlow)(flat, model, hostSpace) })
    const error: unknown = await step.catch((caught: unknown) => caught)
    expect(InvalidArgumentError.isInstance(error)).toBe(true)
    expect(String(error)).toMatch(/grid must be of times at which λ = ln\(α\/σ\) differs, for \w+\(\), which divides by their distance; got \[0.7, 0.6\]/)
    const twice = Float64Array.of(1, 0.5, 0.5, 0.1) as ReturnType<typeof timeGrid>
    expect(() => sample({ ...runOf(sampler, [1, 0.5]), grid: twice })).toThrow('times must be strictly monotone; points 1 and 2 are not; got [0.5, 0.5].')
  })
})

describe('the order of the last steps', () => {
  /** The last two states of a run and their times, which tell how the last step was made. */
  async function endsOf(sampler: Sampler<HostState>, steps: number): Promise<{ end: HostState; before: HostState; t: number; s: number }> {
    const grid = lambdaGrid(sde.schedule, { from: 1, to: 0.01, steps })
    let [before, end] = [x, x]
    for await (const event of sample(runOf(sampler, grid))) [before, end] = [end, event.x]
    return { end, before, t: grid[steps - 1], s: grid[steps] }
  }
  const isOfFirstOrder = async (sampler: Sampler<HostState>, steps: number) => {
    const { end, before, t, s } = await endsOf(sampler, steps)
    const { x: alone } = await ddim<HostState>().step({ ...handOf(ddim(), noting().model, t, s), x: before })
    return end.data.every((value, i) => Math.abs(value - alone.data[i]) < 1e-13)
  }
  const makers: readonly [string, (lowerOrderFinal: LowerOrderFinal) => Sampler<HostState>][] = [
    ['dpmSolverPlusPlus2M', (lowerOrderFinal) => dpmSolverPlusPlus2M({ lowerOrderFinal })],
    ['dpmSolverPlusPlus3M', (lowerOrderFinal) => dpmSolverPlusPlus3M({ lowerOrderFinal })],
    ['dpmSolverPlusPlus3M from a lower order', (lowerOrderFinal) => dpmSolverPlusPlus3M({ lowerOrderFinal, start: 'lower-order' })],
    ['UniP-3', (lowerOrderFinal) => uniPc({ order: 3, corrector: 'none', lowerOrderFinal })],
  ]

  it.each(makers)('of %s is 1 in the last one: in runs below 15 steps, always, or never', async (_, make) => {
    expect(await isOfFirstOrder(make('few-steps'), 14)).toBe(true)
    expect(await isOfFirstOrder(make('few-steps'), 15)).toBe(false)
    expect(await isOfFirstOrder(make('always'), 20)).toBe(true)
    expect(await isOfFirstOrder(make('never'), 5)).toBe(false)
  })

  it.each(makers)('of %s is that of the method where a step is taken by hand', async (_, make) => {
    const [lowered, kept] = [make('always'), make('never')]
    const model = noting().model
    const first = await lowered.step(handOf(lowered, model, 0.9, 0.8))
    const next = await lowered.step(handOf(lowered, model, 0.8, 0.7, first.state))
    expect(next.x).toEqual((await kept.step(handOf(kept, model, 0.8, 0.7, first.state))).x)
  })

  it('of the whole is at most 2 where it is always lowered', () => {
    expect([uniPc, dpmSolverPlusPlus3M, dpmSolverPlusPlus2M].map((make) => [make().order, make({ lowerOrderFinal: 'always' }).order])).toEqual([[3, 2], [3, 2], [2, 2]])
  })
})

describe('DDIM', () => {
  it.each([0, 0.3, 0.8, 1])('with η = %f is α_s x̂_0 + √(σ_s² − σ̃²) ε̂ + σ̃ z, σ̃² = η² σ_s² (1 − (α_t σ_s/(α_s σ_t))²) (1e-13)', async (eta) => {
    const [t, s] = [0.7, 0.4]
    const { x: end } = await ddim<HostState>({ eta }).step(handOf(ddim({ eta }), noting().model, t, s))
    const [data, noise] = [await target.predictor('data', hostSpace).evaluate(x, new Float64Array(5).fill(t)), await target.predictor('noise', hostSpace).evaluate(x, new Float64Array(5).fill(t))]
    const variance = eta ** 2 * sigma(s) ** 2 * (1 - ((alpha(t) * sigma(s)) / (alpha(s) * sigma(t))) ** 2)
    const expected = data.data.map((value, i) => alpha(s) * value + Math.sqrt(sigma(s) ** 2 - variance) * noise.data[i] + Math.sqrt(variance) * 0.5)
    close(end, hostState(expected), 1e-13)
  })
})

describe('a constraint', () => {
  it('is applied to what UniPC corrects as well: the state at t and the state at s, in this order', async () => {
    const sampler = uniPc<HostState>()
    const at: number[] = []
    const model = noting().model
    const first = await sampler.step(handOf(sampler, model, 0.9, 0.8))
    await sampler.step({ ...handOf(sampler, model, 0.8, 0.7, first.state), constrain: (y, t) => (at.push(t), y) })
    expect(at).toEqual([0.8, 0.7])
  })
})

describe('below its tMin a model is asked at tMin,', () => {
  it.each(all)('by $name, in a run to t = 0, which ends among the data', async (sampler) => {
    const { model, times } = noting('noise', 0.01)
    const grid = lambdaGrid(sde.schedule, { from: 1, to: 0.005, steps: 30 })
    const end = await lastState(runOf(sampler, [...grid, 0], model))
    expect(Math.min(...times)).toBe(0.01)
    expect(end.data.every((value) => target.density(value, 0.005) > 1e-6)).toBe(true)
  })
})

describe('settings that are none', () => {
  it.each([
    [() => ddim({ eta: 1.1 }), 'eta must be between 0 (no noise) and 1 (that of ancestral sampling); got 1.1.'],
    [() => ddim({ eta: NaN }), 'eta must be'],
    [() => dpmSolverPlusPlus2M({ lowerOrderFinal: 'sometimes' as 'never' }), "lowerOrderFinal must be 'few-steps', 'always' or 'never'; got 'sometimes'."],
    [() => dpmSolverPlusPlus3M({ start: 'slow' as 'lower-order' }), "start must be 'third-order' or 'lower-order'; got 'slow'."],
    [() => sdeDpmSolverPlusPlus({ order: 3 as 2 }), 'order must be 1 or 2; got 3.'],
    [() => sdeDpmSolverPlusPlus({ variant: 'ralston' as 'heun' }), "variant must be 'midpoint' or 'heun'; got 'ralston'."],
    [() => uniPc({ order: 4 as 3 }), 'order must be 1, 2 or 3; got 4.'],
    [() => uniPc({ corrector: 'off' as 'none' }), "corrector must be 'unic' or 'none'; got 'off'."],
  ])('are refused: %o', (make, message) => {
    expect(make).toThrow(InvalidArgumentError)
    expect(make).toThrow(message)
  })
})

describe.each([cosineVpSde(), subVpSde(), veSde(), discreteDdpm().sde, sde])('under the $name SDE', (other) => {
  const law = scalarMixtureTarget({ sde: other, weights: [0.3, 0.5, 0.2], means: [-1.2, 0.4, 1.8], stds: [0.25, 0.35, 0.2] })
  const grid = lambdaGrid(other.schedule, { from: other.tMax, to: 0.02, steps: 40 })

  it.each(all)('$name ends at the same points whether the model predicts score, noise, data or v, and these are points of the law (relative 1e-9)', async (sampler) => {
    const ends = await Promise.all(
      (['score', 'noise', 'data', 'v'] as const).map((predicts) => {
        const dynamics = (sampler.stochastic ? reverseSde : probabilityFlow)(other, law.predictor(predicts, hostSpace), hostSpace)
        return lastState({ dynamics, sampler, grid, space: hostSpace, x: hostState(x.data.map((value) => other.priorStd * value)), seed: 7 })
      }),
    )
    for (const end of ends) end.data.forEach((value, i) => expect(Math.abs(value - ends[0].data[i])).toBeLessThan(1e-9 * (1 + Math.abs(value))))
    ends[0].data.forEach((value) => expect(law.density(value, 0.02)).toBeGreaterThan(1e-13))
  })
})

describe('the SDE of EDM, whose α is 1,', () => {
  it.each(all)('is crossed from σ = 80 to 0 by $name, ending among the data (6 standard deviations)', async (sampler) => {
    const edm = edmSde()
    const law = scalarMixtureTarget({ sde: edm, weights: [1], means: [0.5], stds: [0.5] })
    const dynamics = (sampler.stochastic ? reverseSde : probabilityFlow)(edm, law.predictor('data', hostSpace), hostSpace)
    const grid = timeGrid([...lambdaGrid(edm.schedule, { from: 80, to: 0.002, steps: 20 }), 0])
    const end = await lastState({ dynamics, sampler, grid, space: hostSpace, x: hostState([-100, 0, 100]), seed: 1 })
    end.data.forEach((value) => expect(Math.abs(value - 0.5)).toBeLessThan(6 * 0.5))
  })
})
