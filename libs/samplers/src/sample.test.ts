import {
  conversionCoefficients,
  convert,
  edmSde,
  forwardSde,
  gaussianTarget,
  hostSpace,
  hostState,
  memoryless,
  probabilityFlow,
  reverseSde,
  timeGrid,
  uniformGrid,
  vpSde,
  type Dynamics,
  type HostState,
  type Prediction,
  type Predictor,
  type Sampler,
} from '@sbgm/sde-core'
import { describe, expect, it } from 'vitest'
import { ancestral } from './ancestral'
import { euler } from './euler'
import { eulerMaruyama } from './euler-maruyama'
import { heun } from './heun'
import { reverseDiffusion } from './reverse-diffusion'
import { lastState, sample, type SampleEvent } from './sample'
import type { SampleRun } from './sample-run'

const sde = vpSde()
const target = gaussianTarget({ sde, mean: 0.5, std: 0.5 })
const x = hostState([-1.5, 0.2, 1, 2.5])
const forward = forwardSde(sde, hostSpace)

/** A model that notes the times at which it is asked. */
function noting(predicts: Prediction = 'noise', tMin = 0) {
  const times: number[] = []
  const exact = target.predictor(predicts, hostSpace)
  const model: Predictor<Prediction, HostState> = {
    predicts,
    tMin,
    evaluate(state, t) {
      times.push(t[0])
      return exact.evaluate(state, t)
    },
  }
  return { model, times }
}

type MakeDynamics = (model: Predictor<Prediction, HostState>) => Dynamics<HostState>
const reverse: MakeDynamics = (model) => reverseSde(sde, model, hostSpace)
const flow: MakeDynamics = (model) => probabilityFlow(sde, model, hostSpace)

const samplers: readonly { sampler: Sampler<HostState>; make: MakeDynamics }[] = [
  { sampler: eulerMaruyama(), make: reverse },
  { sampler: reverseDiffusion(), make: reverse },
  { sampler: ancestral(), make: reverse },
  { sampler: ancestral({ variance: 'posterior' }), make: reverse },
  { sampler: euler(), make: flow },
  { sampler: heun(), make: flow },
]

const runOf = (sampler: Sampler<HostState>, dynamics: Dynamics<HostState>, times: readonly number[], options: Partial<SampleRun<HostState>> = {}) =>
  ({ dynamics, sampler, grid: timeGrid(times), space: hostSpace, x, seed: 11, ...options }) satisfies SampleRun<HostState>

/** What a run's events say; not how they are saved, which is a function of each event's own. */
async function eventsOf(run: SampleRun<HostState>): Promise<Omit<SampleEvent<HostState>, 'save'>[]> {
  const events: Omit<SampleEvent<HostState>, 'save'>[] = []
  for await (const { x: state, t, index, evaluations } of sample(run)) events.push({ x: state, t, index, evaluations })
  return events
}

/** The noise that step number `step` of a run sees, counted from 0. */
const noiseOf = (step: number, stream = 'sampler') => hostSpace.normal({ seed: 11, stream, step, firstSample: 0, draw: 0 }, x)

describe.each(samplers)('$sampler.name', ({ sampler, make }) => {
  it('gives x back for a step from t to t, and evaluates nothing', async () => {
    const { model, times } = noting()
    const unused = () => expect.unreachable('no noise, no update')
    const step = { x, t: 0.4, s: 0.4, dynamics: make(model), space: hostSpace, state: sampler.init(x), noise: unused, constrain: unused }
    const result = await sampler.step(step)
    expect(result).toEqual({ x, state: memoryless })
    expect(result.x).not.toBe(x) // the driver owns it
    expect(times).toEqual([])
  })

  it.each([{ times: [1, 1e-3] }, { times: [1, 0.3, 1e-3] }])('crosses the grid $times, with one event per step: its end, its number, the evaluations so far', async ({ times }) => {
    const events = await eventsOf(runOf(sampler, make(noting().model), times))
    const perStep = sampler.evaluationsPerStep as number
    expect(events.map(({ t, index, evaluations }) => [t, index, evaluations])).toEqual(
      times.slice(1).map((t, i) => [t, i + 1, perStep * (i + 1)]),
    )
    events.forEach((event) => expect(event.x.data.every(Number.isFinite)).toBe(true))
  })

  it('asks the model at the times of the grid themselves', async () => {
    const { model, times } = noting()
    const grid = [1, 0.7, 0.1, 0.05]
    await lastState(runOf(sampler, make(model), grid))
    expect(times).toEqual(sampler.evaluationsPerStep === 2 ? [1, 0.7, 0.7, 0.1, 0.1, 0.05] : [1, 0.7, 0.1])
  })

  it('ends at t = 0 at finite points, whatever the model predicts', async () => {
    for (const predicts of ['score', 'noise', 'data', 'v'] as const) {
      const end = await lastState(runOf(sampler, make(noting(predicts).model), [1, 0.5, 0]))
      expect(end.data.every(Number.isFinite)).toBe(true)
    }
  })

  it('differs between lastStep sample and mean by its noise of the last step only, and mean is the default for reverse SDEs', async () => {
    const times = [1, 0.6, 0.3]
    const dynamics = make(noting().model)
    const [standard, mean, noisy] = await Promise.all(
      ([{}, { lastStep: 'mean' }, { lastStep: 'sample' }] as const).map((options) => eventsOf(runOf(sampler, dynamics, times, options))),
    )
    expect(noisy[0].x).toEqual(mean[0].x)
    expect(standard).toEqual(dynamics.kind === 'reverse' ? mean : noisy)
    const z = noiseOf(1)
    const spreads = noisy[1].x.data.map((value, i) => (value - mean[1].x.data[i]) / z.data[i])
    spreads.forEach((spread) => expect(Math.abs(spread - spreads[0])).toBeLessThan(1e-12))
    if (sampler.stochastic) expect(spreads[0]).toBeGreaterThan(0.1)
    else expect(noisy[1].x).toEqual(mean[1].x)
  })

  it('returns with tweedie E[x_0 | x] of the noisy last state, for one more evaluation', async () => {
    const { model, times: asked } = noting()
    const times = [1, 0.6, 0.3]
    const noisy = (await eventsOf(runOf(sampler, make(model), times, { lastStep: 'sample' })))[1]
    const before = asked.length
    const denoised = (await eventsOf(runOf(sampler, make(model), times, { lastStep: 'tweedie' })))[1]
    const exact = await target.predictor('data', hostSpace).evaluate(noisy.x, new Float64Array(4).fill(0.3))
    denoised.x.data.forEach((value, i) => expect(Math.abs(value - exact.data[i])).toBeLessThan(1e-12))
    expect(denoised.evaluations).toBe(noisy.evaluations + 1)
    expect(asked.slice(before).at(-1)).toBe(0.3)
    expect(denoised.t).toBe(0.3)
  })

  it('applies a constraint after every update, whatever the last step returns: what it fixes is found in every event', async () => {
    for (const lastStep of ['mean', 'sample', 'tweedie'] as const) {
      const constraint = (y: HostState, t: number) => ({ ...y, data: y.data.map((value, i) => (i === 1 ? 0.25 + t : value)) })
      const events = await eventsOf(runOf(sampler, make(noting().model), [1, 0.6, 0.3], { constraint, lastStep }))
      expect(events.map((event) => event.x.data[1])).toEqual([0.25 + 0.6, 0.25 + (lastStep === 'tweedie' ? 0 : 0.3)])
    }
  })

  it('goes on from the constrained state', async () => {
    const constraint = (y: HostState) => hostSpace.clip(y, -0.1, 0.1)
    const whole = await lastState(runOf(sampler, make(noting().model), [1, 0.6, 0.3], { constraint, lastStep: 'mean' }))
    const first = await lastState(runOf(sampler, make(noting().model), [1, 0.6], { constraint, lastStep: 'sample' }))
    const drift = Math.max(...whole.data.map((value, i) => Math.abs(value - first.data[i])))
    expect(Math.max(...first.data.map(Math.abs))).toBe(0.1)
    expect(drift).toBeLessThanOrEqual(0.2)
    const free = await eventsOf(runOf(sampler, make(noting().model), [1, 0.6], { lastStep: 'sample' }))
    expect(Math.max(...free[0].x.data.map(Math.abs))).toBeGreaterThan(0.1)
  })

  it('stops between steps when its signal is aborted within one: that step is finished, the next not begun', async () => {
    const controller = new AbortController()
    const { model, times } = noting()
    const stopping: Predictor<Prediction, HostState> = {
      ...model,
      evaluate(state, t) {
        if (t[0] === 0.6) controller.abort('stop here')
        return model.evaluate(state, t)
      },
    }
    const indices: number[] = []
    const run = async () => {
      for await (const { index } of sample(runOf(sampler, make(stopping), [1, 0.6, 0.3, 0.1], { signal: controller.signal }))) indices.push(index)
    }
    await expect(run()).rejects.toBe('stop here')
    const finished = sampler.evaluationsPerStep === 2 ? 1 : 2 // Heun asks at 0.6 in its first step already
    expect(indices).toEqual(Array.from({ length: finished }, (_, i) => i + 1))
    expect(times).toHaveLength(2)
  })
})

describe('the last step', () => {
  it('of a forward run keeps its noise by default: one step is x + f x Δt + g √Δt z, to the bit', async () => {
    const [t, s] = [0.2, 0.7]
    const end = await lastState(runOf(eulerMaruyama(), forward, [t, s]))
    const z = noiseOf(0)
    const [f, g] = [sde.driftScale(t), sde.diffusion(t)]
    expect(end.data).toEqual(x.data.map((value, i) => value + (s - t) * (f * value) + g * Math.sqrt(s - t) * z.data[i]))
    const mean = await lastState(runOf(eulerMaruyama(), forward, [t, s], { lastStep: 'mean' }))
    expect(mean.data).toEqual(x.data.map((value) => value + (s - t) * (f * value)))
  })

  it('with tweedie asks a data network at max(t, tMin), as everywhere', async () => {
    const { model, times } = noting('data', 0.1)
    await lastState(runOf(euler(), flow(model), [1, 0], { lastStep: 'tweedie' }))
    expect(times).toEqual([1, 0.1])
  })

  it('of Heun where σ = 0 is Euler’s, since a score need not exist there: one evaluation less, also for a score made from data', async () => {
    const edm = edmSde({ sigmaMax: 2 })
    const model = (predicts: Prediction): Predictor<Prediction, HostState> => ({ predicts, evaluate: (state) => hostSpace.combine([0.25], [state]) })
    const evaluations = async (predicts: Prediction) =>
      (await eventsOf(runOf(heun(), probabilityFlow(edm, model(predicts), hostSpace), [2, 1, 0]))).at(-1)?.evaluations
    expect(await evaluations('noise')).toBe(3)
    expect(await evaluations('score')).toBe(3)
    const fromData = convert(model('data'), 'score', { sde: edm, space: hostSpace })
    const [end] = (await eventsOf(runOf(heun(), probabilityFlow(edm, fromData, hostSpace), [2, 1, 0]))).slice(-1)
    expect(end.x.data.every(Number.isFinite)).toBe(true)
    const events = await eventsOf(runOf(heun(), probabilityFlow(edm, model('noise'), hostSpace), [2, 1, 0]))
    const { state, prediction } = conversionCoefficients('noise', 'score', edm.schedule, 1)
    events[1].x.data.forEach((value, i) => {
      const before = events[0].x.data[i]
      expect(Math.abs(value - (before + (0 - 1) * -(state + prediction * 0.25) * before))).toBeLessThan(1e-14)
    })
  })
})

describe('one step of', () => {
  const [t, s] = [0.6, 0.5]
  const score = (y: number, time: number) => -(y - 0.5 * sde.schedule.alpha(time)) / (0.25 * sde.schedule.alpha(time) ** 2 + sde.schedule.sigma(time) ** 2)
  const close = (end: HostState, expected: (y: number) => number) =>
    end.data.forEach((value, i) => expect(Math.abs(value - expected(x.data[i]))).toBeLessThan(1e-13))

  it('Euler–Maruyama on the reverse SDE has the mean x + (f x − g² score)(s − t) (1e-13)', async () => {
    const end = await lastState(runOf(eulerMaruyama(), reverse(noting('score').model), [t, s]))
    close(end, (y) => y + (sde.driftScale(t) * y - sde.diffusion(t) ** 2 * score(y, t)) * (s - t))
  })

  it('reverse diffusion on VP is (2 − √(1 − β)) x + β score + √β z with β = 1 − α_t²/α_s² (1e-13)', async () => {
    const end = await lastState(runOf(reverseDiffusion(), reverse(noting('score').model), [t, s], { lastStep: 'sample' }))
    const beta = 1 - (sde.schedule.alpha(t) / sde.schedule.alpha(s)) ** 2
    const z = noiseOf(0)
    close(end, (y) => (2 - Math.sqrt(1 - beta)) * y + beta * score(y, t) + Math.sqrt(beta) * z.data[x.data.indexOf(y)])
  })

  it('Euler–Maruyama on the probability flow is Euler’s, to the bit', async () => {
    const dynamics = flow(noting().model)
    expect(await lastState(runOf(eulerMaruyama(), dynamics, [1, t, s]))).toEqual(await lastState(runOf(euler(), dynamics, [1, t, s])))
  })
})

describe('the driver', () => {
  it('counts no evaluations of a forward run, which has no model', async () => {
    const events = await eventsOf(runOf(eulerMaruyama(), forward, [0, 0.5, 1]))
    expect(events.map(({ evaluations }) => evaluations)).toEqual([0, 0])
  })

  it('gives a constraint that is applied twice in a step fresh noise each time', async () => {
    const twice: Sampler<HostState> = {
      ...eulerMaruyama<HostState>(),
      step: async ({ x, s, state, constrain }) => ({ x: constrain(constrain(hostSpace.combine([1], [x]), s), s), state }),
    }
    const seen: number[] = []
    const constraint = (y: HostState, _t: number, noise: (like: HostState) => HostState) => {
      seen.push(...noise(y).data)
      return hostSpace.combine([1], [y])
    }
    await eventsOf(runOf(twice, forwardSde(sde, hostSpace), [0, 0.5, 1], { constraint }))
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen.length).toBe(4 * x.data.length)
  })

  it('gives every step noise of its own, and the constraint another than the sampler', async () => {
    const still: Predictor<'noise', HostState> = { predicts: 'noise', evaluate: (state) => hostSpace.combine([0], [state]) }
    const edm = edmSde({ sigmaMax: 4 })
    const drawn: HostState[] = []
    const constraint = (y: HostState, _t: number, noise: (like: HostState) => HostState) => {
      drawn.push(noise(y))
      return hostSpace.combine([1], [y])
    }
    const run = runOf(eulerMaruyama(), reverseSde(edm, still, hostSpace), [4, 2, 1], { constraint, lastStep: 'sample' })
    const [first, second] = await eventsOf(run)
    const own = [first.x.data.map((value, i) => (value - x.data[i]) / 4), second.x.data.map((value, i) => (value - first.x.data[i]) / 2)]
    own.forEach((z, step) => z.forEach((value, i) => expect(value).toBeCloseTo(noiseOf(step).data[i], 12)))
    expect(drawn).toEqual([noiseOf(0, 'sampler/constraint'), noiseOf(1, 'sampler/constraint')])
    expect(drawn[0].data.some((value, i) => value === noiseOf(0).data[i])).toBe(false)
  })

  it('leaves the initial state as it was', async () => {
    const before = x.data.slice()
    await lastState(runOf(eulerMaruyama(), forward, [0, 1]))
    expect(x.data).toEqual(before)
  })

  it('reads one number per step and no state', async () => {
    const reads: string[] = []
    const space = {
      ...hostSpace,
      magnitude: (state: HostState) => (reads.push('magnitude'), hostSpace.magnitude(state)),
      toHost: (state: HostState) => (reads.push('toHost'), hostSpace.toHost(state)),
    }
    await lastState({ ...runOf(heun(), flow(noting().model), [1, 0.5]), grid: uniformGrid({ from: 1, to: 0.1, steps: 9 }), space })
    expect(reads).toEqual(Array.from({ length: 9 }, () => 'magnitude'))
  })
})
