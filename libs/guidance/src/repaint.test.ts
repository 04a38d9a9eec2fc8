import '@tensorflow/tfjs-backend-cpu'
import {
  forwardSde, gaussianTarget, hostSpace, hostState, lambdaGrid, probabilityFlow, reverseSde, subVpSde, tensorSpace, timesOf, uniformGrid, veSde, vpSde,
  type Dynamics, type GaussianTarget, type HostState, type Sampler, type StepInput, type TimeGrid, type VectorSpace,
} from '@sbgm/sde-core'
import { gaussianW2, momentPropagation, noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { setBackend, type Tensor } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { rePaint } from './repaint'

beforeAll(() => setBackend('cpu'))

const vp = vpSde()
const gaussian = gaussianTarget({ sde: vp, mean: 0.5, std: 0.5 })
const memoryless = { states: [], numbers: [] }

/** The exact reverse transition of a Gaussian: a draw from p(x_s | x_t), without an error of its own. */
const exactReverse = (target: GaussianTarget): Sampler<HostState> => ({
  name: 'exact',
  evaluationsPerStep: 0,
  stochastic: true,
  init: () => memoryless,
  async step({ x, t, s, noise, constrain }) {
    const [before, after, { alpha }] = [target.marginal(t), target.marginal(s), target.sde.schedule]
    const [v, w, a] = [before.std[0] ** 2, after.std[0] ** 2, alpha(t) / alpha(s)]
    const draw = noise(x)
    const data = x.data.map((value, i) => after.mean[0] + ((a * w) / v) * (value - before.mean[0]) + Math.sqrt(w - (a * w) ** 2 / v) * draw.data[i])
    return { x: constrain({ data, shape: x.shape }, s), state: memoryless }
  },
})

/** Euler's method on any space, remembering its last drift, as a multistep method would, in a state of its own. */
const remembering = <X>(): Sampler<X> => ({
  name: 'remembering',
  order: 1,
  evaluationsPerStep: 1,
  stochastic: false,
  init: () => memoryless,
  async step({ x, t, s, dynamics, space, constrain }) {
    const drift = await dynamics.drift(x, timesOf(space, x, t))
    const next = space.combine([1, s - t], [x, drift])
    return { x: constrain(next, s), mean: space.combine([1], [x]), state: { states: [drift], numbers: [s - t] } }
  },
})

/** Steps by hand as the driver does, freeing what it should. */
async function run<X>(sampler: Sampler<X>, dynamics: Dynamics<X>, grid: TimeGrid, start: X, space: VectorSpace<X>, change: Partial<StepInput<X>> = {}): Promise<X> {
  let [x, state] = [space.combine([1], [start]), sampler.init(start)]
  for (let i = 1; i < grid.length; i++) {
    const noise = (like: X, draw = 0) => space.normal({ seed: 1, stream: 'test', step: i, firstSample: 0, draw }, like)
    const input = { x, t: grid[i - 1], s: grid[i], dynamics, space, state, noise, constrain: (y: X) => y, position: { index: i, steps: grid.length - 1 }, ...change }
    const result = await sampler.step(input).catch((error: unknown) => {
      space.release(x, ...state.states)
      throw error
    })
    space.release(x, ...(result.mean === undefined ? [] : [result.mean]), ...state.states.filter((old) => !result.state.states.includes(old)))
    ;({ x, state } = result)
  }
  space.release(...state.states)
  return x
}

const x = hostState([-1, 0.2, 2])
const flow = probabilityFlow(vp, gaussian.predictor('score', hostSpace), hostSpace)
const grid = uniformGrid({ from: 1, to: 0.1, steps: 4 })

describe('RePaint', () => {
  it.each([vp, veSde(), subVpSde()])('keeps the law where the sampler is exact: any number of resamplings and jumps, and σ = 0 at the end (1e-12, $name)', async (sde) => {
    const target = gaussianTarget({ sde, mean: 0.5, std: 0.5 })
    const law = (t: number) => ({ mean: target.marginal(t).mean[0], variance: target.marginal(t).std[0] ** 2 })
    const dynamics = reverseSde(sde, target.predictor('score', hostSpace), hostSpace)
    for (const [resamplings, jump, to] of [[1, 1, 0.1], [3, 1, 0.1], [4, 3, 0.1], [3, 2, 0]]) {
      const end = await momentPropagation({
        sampler: rePaint(exactReverse(target), { resamplings, jump }),
        dynamics,
        grid: uniformGrid({ from: 1, to, steps: 4 }),
        initial: law(1),
        drawsPerStep: resamplings * jump + resamplings - 1,
      })
      expect(gaussianW2(end, law(to))).toBeLessThan(1e-12 * target.marginal(1).std[0])
    }
  })

  it('crossing once is the sampler itself, and in parts the sampler on the finer grid, to the bit', async () => {
    const plain = await run(remembering<HostState>(), flow, grid, x, hostSpace)
    expect(await run(rePaint(remembering<HostState>(), { resamplings: 1 }), flow, grid, x, hostSpace)).toEqual(plain)
    const fine = await run(remembering<HostState>(), flow, uniformGrid({ from: 1, to: 0.5, steps: 4 }), x, hostSpace)
    const parts = await run(rePaint(remembering<HostState>(), { resamplings: 1, jump: 4 }), flow, uniformGrid({ from: 1, to: 0.5, steps: 1 }), x, hostSpace)
    expect(parts).toEqual(fine)
  })

  it('declares what it does: evaluations, noise, and an order only where it goes back nowhere', () => {
    const { order, ...declared } = rePaint({ ...remembering(), settings: { eta: 0.5 } }, { resamplings: 3, jump: 2 })
    expect(order).toBeUndefined()
    expect(declared).toMatchObject({ evaluationsPerStep: 6, stochastic: true, name: 'repaint(remembering)', settings: { eta: 0.5, resamplings: 3, jump: 2 } })
    expect(rePaint({ ...remembering(), startUpEvaluations: 4 }, { resamplings: 3, jump: 2 })).toMatchObject({ evaluationsPerStep: 14, startUpEvaluations: 4 })
    expect(rePaint(remembering(), { resamplings: 1, jump: 2 })).toMatchObject({ order: 1, evaluationsPerStep: 2, stochastic: false })
    expect(rePaint({ ...remembering(), evaluationsPerStep: 'adaptive' }).evaluationsPerStep).toBe('adaptive')
  })

  it('evaluates as often as it declares, tells each part its place, and constrains at the times on the way down only', async () => {
    let evaluations = 0
    const dynamics = flow.mapModel((model) => ({ ...model, evaluate: (y, t) => (evaluations++, model.evaluate(y, t)) }))
    const [positions, times]: [unknown[], number[]] = [[], []]
    const inner: Sampler<HostState> = { ...remembering(), step: (input) => (positions.push(input.position), remembering<HostState>().step(input)) }
    const constrain = (y: HostState, t: number) => (times.push(t), y)
    await run(rePaint(inner, { resamplings: 2, jump: 2 }), dynamics, uniformGrid({ from: 1, to: 0.5, steps: 2 }), x, hostSpace, { constrain })
    expect(evaluations).toBe(8)
    expect(times).toEqual([0.875, 0.75, 0.875, 0.75, 0.625, 0.5, 0.625, 0.5])
    expect(positions).toEqual([1, 2, 1, 2, 3, 4, 3, 4].map((index) => ({ index, steps: 4 })))
  })

  it('draws noise of its own for every part and jump, however many draws the sampler makes', async () => {
    const drawn: number[] = []
    const noise = (like: HostState, draw = 0) => (drawn.push(draw), hostSpace.combine([0], [like]))
    const inner: Sampler<HostState> = { ...remembering(), step: (input) => ([0, 1, 2].forEach((draw) => input.noise(x, draw)), remembering<HostState>().step(input)) }
    await run(rePaint(inner, { resamplings: 3, jump: 2 }), flow, uniformGrid({ from: 1, to: 0.5, steps: 1 }), x, hostSpace, { noise })
    expect(drawn.length).toBe(3 * 6 + 2)
    expect(new Set(drawn).size).toBe(drawn.length)
    const constrained: unknown[] = []
    const numbered: Sampler<HostState> = { ...remembering(), step: async (input) => ({ x: input.constrain(input.constrain(x, 1, 0), 1, 1), state: memoryless }) }
    const constrain = (y: HostState, _t: number, draw?: number) => (constrained.push(draw), y)
    await run(rePaint(numbered, { resamplings: 2, jump: 2 }), flow, uniformGrid({ from: 1, to: 0.5, steps: 1 }), x, hostSpace, { constrain })
    expect([constrained.length, new Set(constrained).size, constrained.includes(undefined)]).toEqual([8, 8, false])
  })

  it('lets a sampler that remembers begin anew after each jump', async () => {
    const remembered: string[] = []
    const inner: Sampler<HostState> = {
      ...remembering(),
      init: () => ({ states: [], numbers: [0] }),
      step: (input) => (remembered.push(input.state.numbers[0] === 0 ? 'nothing' : 'a step'), remembering<HostState>().step(input)),
    }
    await run(rePaint(inner, { resamplings: 2, jump: 2 }), flow, uniformGrid({ from: 1, to: 0.5, steps: 2 }), x, hostSpace)
    expect(remembered).toEqual(['nothing', 'a step', 'nothing', 'a step', 'a step', 'a step', 'nothing', 'a step'])
  })

  it('a step from t to t is the identity', async () => {
    const input = { x, t: 0.5, s: 0.5, dynamics: flow, space: hostSpace, state: memoryless, constrain: (y: HostState) => y, noise: () => expect.unreachable('no noise') }
    expect((await rePaint(remembering<HostState>()).step(input)).x).toEqual(x)
  })

  it('on tensors follows float64 (1e-5) and leaves nothing behind, whether it ends, is aborted or fails', async () => {
    const sampler = <X>() => rePaint(remembering<X>(), { resamplings: 3, jump: 2 })
    const exact = await run(sampler<HostState>(), flow, grid, x, hostSpace)
    const onTensors = probabilityFlow(vp, gaussian.predictor('score', tensorSpace), tensorSpace)
    let evaluations = 0
    const failing = onTensors.mapModel((model) => ({ ...model, evaluate: (y, t) => (++evaluations > 9 ? expect.unreachable('on purpose') : model.evaluate(y, t)) }))
    const leak = await tensorLeak(async () => {
      const start = tensorSpace.fromHost(x)
      const end: Tensor = await run(sampler<Tensor>(), onTensors, grid, start, tensorSpace)
      const { data } = await tensorSpace.toHost(end)
      data.forEach((value, i) => expect(Math.abs(value - exact.data[i])).toBeLessThan(1e-5))
      await expect(run(sampler<Tensor>(), onTensors, grid, start, tensorSpace, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
      await expect(run(sampler<Tensor>(), failing, grid, start, tensorSpace)).rejects.toThrow('on purpose')
      tensorSpace.release(start, end)
    })
    expect(leak).toEqual(noLeak)
  })

  it.each([{ resamplings: 0 }, { resamplings: 1.5 }, { jump: 0 }, { jump: NaN }])('refuses %j', (options) => {
    const [[name, value]] = Object.entries(options)
    expect(() => rePaint(remembering(), options)).toThrow(`${name} must be an integer of at least 1; got ${value}.`)
  })

  it('refuses a forward SDE and a grid that goes up', async () => {
    const sampler = rePaint(remembering<HostState>())
    await expect(run(sampler, forwardSde(vp, hostSpace), grid, x, hostSpace)).rejects.toThrow("dynamics.kind must be 'reverse' or 'probability-flow' for rePaint(); got 'forward'.")
    const upwards = lambdaGrid(vp.schedule, { from: 0.5, to: 1, steps: 2 })
    await expect(run(sampler, flow, upwards, x, hostSpace)).rejects.toThrow('grid must be decreasing in t for rePaint()')
  })
})
