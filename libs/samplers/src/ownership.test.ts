import '@tensorflow/tfjs-backend-cpu'
import {
  forwardSde,
  gaussianTarget,
  hostSpace,
  NonFiniteError,
  probabilityFlow,
  reverseSde,
  samplePrior,
  ShapeError,
  tensorSpace,
  uniformGrid,
  vpSde,
  type Dynamics,
  type HostState,
  type Prediction,
  type Predictor,
  type Sampler,
} from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { add, fill, mul, scalar, setBackend, slice, tensor2d, zeros, type Tensor } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { ancestral } from './ancestral'
import { annealedLangevin } from './annealed-langevin'
import { edmHeun } from './edm-heun'
import { euler } from './euler'
import { eulerMaruyama } from './euler-maruyama'
import { heun } from './heun'
import { predictorCorrector } from './predictor-corrector'
import { record } from './record'
import { reverseDiffusion } from './reverse-diffusion'
import { rungeKutta4 } from './runge-kutta-4'
import { lastState, sample } from './sample'
import type { SampleRun } from './sample-run'
import { stochasticImprovedEuler } from './stochastic-improved-euler'

beforeAll(() => setBackend('cpu'))

const sde = vpSde()
const exact = gaussianTarget({ sde, mean: 0.5, std: 0.5 }).predictor('noise', tensorSpace)

/** The exact noise model, whose evaluation number `at` is replaced. */
const exceptAt = (at: number, replaced: (x: Tensor) => Tensor): Predictor<'noise'> => {
  let evaluations = 0
  return { ...exact, evaluate: (x, t) => (++evaluations === at ? replaced(x) : exact.evaluate(x, t)) }
}

const failing = (): never => {
  throw new Error('on purpose')
}

const withModel: readonly { sampler: Sampler; make: (model: Predictor<Prediction>) => Dynamics }[] = [
  { sampler: eulerMaruyama(), make: (model) => reverseSde(sde, model, tensorSpace) },
  { sampler: reverseDiffusion(), make: (model) => reverseSde(sde, model, tensorSpace) },
  { sampler: ancestral(), make: (model) => reverseSde(sde, model, tensorSpace) },
  { sampler: euler(), make: (model) => probabilityFlow(sde, model, tensorSpace) },
  { sampler: heun(), make: (model) => probabilityFlow(sde, model, tensorSpace) },
  { sampler: rungeKutta4(), make: (model) => probabilityFlow(sde, model, tensorSpace) },
  { sampler: edmHeun(), make: (model) => probabilityFlow(sde, model, tensorSpace) },
  { sampler: edmHeun({ churn: 4 }), make: (model) => probabilityFlow(sde, model, tensorSpace) },
  { sampler: stochasticImprovedEuler(), make: (model) => reverseSde(sde, model, tensorSpace) },
  { sampler: annealedLangevin(), make: (model) => reverseSde(sde, model, tensorSpace) },
  { sampler: predictorCorrector(eulerMaruyama(), { snr: 0.01 }), make: (model) => reverseSde(sde, model, tensorSpace) },
  { sampler: predictorCorrector(eulerMaruyama(), { steps: 2, stepSize: 'noise-level', first: 'predictor' }), make: (model) => reverseSde(sde, model, tensorSpace) },
]

/** What the action leaves behind while it is handed a fresh initial state, which is freed after it. */
const leakOf = (action: (x: Tensor) => Promise<unknown>) =>
  tensorLeak(async () => {
    const x = tensor2d([[-1], [0.3], [2]])
    await action(x)
    expect(x.isDisposed).toBe(false) // arguments are borrowed
    x.dispose()
  })

describe.each(withModel)('$sampler.name leaves no tensor and no buffer behind', ({ sampler, make }) => {
  const runOf = (x: Tensor, model: Predictor<Prediction> = exact): SampleRun => ({
    dynamics: make(model),
    sampler,
    grid: uniformGrid({ from: 1, to: 0.1, steps: 5 }),
    space: tensorSpace,
    x,
    seed: 0,
  })
  const endOf = async (run: SampleRun) => (await lastState(run)).dispose()
  const errorOf = (promise: Promise<unknown>) => promise.then(() => expect.unreachable('it should have failed'), (error: unknown) => error)

  it.each(['mean', 'sample', 'tweedie'] as const)('after a run to its end, but the state it returns, with lastStep %s', async (lastStep) => {
    expect(await leakOf((x) => endOf({ ...runOf(x), lastStep }))).toEqual(noLeak)
    expect(await leakOf((x) => endOf({ ...runOf(x), lastStep, constraint: (y) => mul(y, 1) }))).toEqual(noLeak)
  })

  it('after a run to σ = 0, where a noise model has no score', async () => {
    expect(await leakOf((x) => endOf({ ...runOf(x), grid: uniformGrid({ from: 1, to: 0, steps: 3 }) }))).toEqual(noLeak)
  })

  it('after a for await loop, but the x of its last event, which stays', async () => {
    const leak = await leakOf(async (x) => {
      let last = x
      for await (const event of sample(runOf(x))) {
        if (last !== x) expect(last.isDisposed).toBe(true) // lent until the next iteration
        last = event.x
      }
      last.dispose()
    })
    expect(leak).toEqual(noLeak)
  })

  it('when the loop is left after the first event', async () => {
    const leak = await leakOf(async (x) => {
      for await (const event of sample(runOf(x))) if (event.index === 1) break
    })
    expect(leak).toEqual(noLeak)
  })

  it('when it was never begun', async () => {
    expect(await leakOf(async (x) => sample(runOf(x)).return(x))).toEqual(noLeak)
  })

  it('when it is aborted between steps, with the reason of the signal', async () => {
    const leak = await leakOf(async (x) => {
      const controller = new AbortController()
      const states = sample({ ...runOf(x), signal: controller.signal })
      await states.next()
      controller.abort(new Error('enough'))
      expect(String(await errorOf(states.next()))).toBe('Error: enough')
    })
    expect(leak).toEqual(noLeak)
  })

  it.each([1, 2, 4])('when evaluation %i of the model throws', async (at) => {
    const leak = await leakOf(async (x) => {
      expect(String(await errorOf(endOf(runOf(x, exceptAt(at, failing)))))).toBe('Error: on purpose')
    })
    expect(leak).toEqual(noLeak)
  })

  it('when the model throws in the evaluation of tweedie', async () => {
    const at = 5 * (sampler.evaluationsPerStep as number) + 1
    const leak = await leakOf(async (x) => {
      expect(String(await errorOf(endOf({ ...runOf(x, exceptAt(at, failing)), lastStep: 'tweedie' })))).toBe('Error: on purpose')
    })
    expect(leak).toEqual(noLeak)
  })

  it.each([1, 2, 4])('when evaluation %i returns another shape', async (at) => {
    const leak = await leakOf(async (x) => {
      const error = await errorOf(endOf(runOf(x, exceptAt(at, () => zeros([3, 2])))))
      expect(ShapeError.isInstance(error)).toBe(true)
    })
    expect(leak).toEqual(noLeak)
  })

  it.each([1, 3, 5])('when evaluation %i is NaN', async (at) => {
    const leak = await leakOf(async (x) => {
      const error = await errorOf(endOf(runOf(x, exceptAt(at, (y) => fill(y.shape, NaN)))))
      expect(NonFiniteError.isInstance(error)).toBe(true)
    })
    expect(leak).toEqual(noLeak)
  })

  it.each([1, 3, 5, 6])('when call %i of the constraint throws', async (at) => {
    const leak = await leakOf(async (x) => {
      let calls = 0
      const constraint = (y: Tensor) => (++calls === at ? failing() : mul(y, 1))
      const outcome = await endOf({ ...runOf(x), constraint }).catch(String)
      expect(outcome).toBe(calls === at ? 'Error: on purpose' : undefined)
    })
    expect(leak).toEqual(noLeak)
  })

  it.each([0, 3])('when a recorder throws at note %i, and when onStep does', async (at) => {
    const leak = await leakOf(async (x) => {
      let notes = 0
      const recorder = { add: () => void (notes++ === at && failing()) }
      expect(String(await errorOf(record({ ...runOf(x), recorders: [recorder] })))).toBe('Error: on purpose')
      expect(notes).toBe(at + 1)
      expect(String(await errorOf(record({ ...runOf(x), recorders: [], onStep: failing })))).toBe('Error: on purpose')
    })
    expect(leak).toEqual(noLeak)
  })
})

describe('ownership', () => {
  it('a run that ends early waits for the number that is still on its way from the device, so that nothing outlives it', async () => {
    const slow = {
      ...tensorSpace,
      async magnitude() {
        const read = scalar(1)
        await new Promise((resolve) => setTimeout(resolve, 20))
        read.dispose()
        return 1
      },
    }
    const run = (x: Tensor): SampleRun => ({ dynamics: forwardSde(sde, slow), sampler: eulerMaruyama(), grid: uniformGrid({ from: 0, to: 1, steps: 3 }), space: slow, x, seed: 0 })
    const leak = await leakOf(async (x) => {
      for await (const event of sample(run(x))) if (event.index === 1) break
    })
    expect(leak).toEqual(noLeak)
    const failed = await leakOf(async (x) => record({ ...run(x), recorders: [], onStep: failing }).catch(String))
    expect(failed).toEqual(noLeak)
  })

  it('a constraint may draw noise and make what it likes, as long as it frees it; the run frees the state it hands over', async () => {
    const leak = await leakOf(async (x) => {
      const constraint = (y: Tensor, _t: number, noise: (like: Tensor) => Tensor) => {
        const z = noise(y)
        const result = add(y, z)
        z.dispose()
        return result
      }
      const end = await lastState({
        dynamics: forwardSde(sde, tensorSpace),
        sampler: eulerMaruyama(),
        grid: uniformGrid({ from: 0, to: 1, steps: 4 }),
        space: tensorSpace,
        x,
        seed: 0,
        constraint,
      })
      end.dispose()
    })
    expect(leak).toEqual(noLeak)
  })

  it('the states of a sampler with memory are freed when it drops them, and at every end', async () => {
    const remembering: Sampler = {
      name: 'remembering',
      evaluationsPerStep: 0,
      stochastic: false,
      init: () => ({ states: [scalar(0), scalar(1)], numbers: [] }),
      async step({ x, state, s }) {
        if (s === 0.5) failing()
        return { x: mul(x, 1), state: { states: [state.states[1], scalar(s)], numbers: [s] } }
      },
    }
    const run = (x: Tensor, to: number) =>
      lastState({ dynamics: forwardSde(sde, tensorSpace), sampler: remembering, grid: uniformGrid({ from: 0, to, steps: 4 }), space: tensorSpace, x, seed: 0 })
    expect(await leakOf(async (x) => (await run(x, 0.4)).dispose())).toEqual(noLeak)
    expect(await leakOf(async (x) => run(x, 1).catch(String))).toEqual(noLeak)
  })

  it('a host run hands out states of its own: what a caller writes into the initial state does not reach it', async () => {
    const x = { data: Float64Array.of(1, 2), shape: [2, 1] }
    const states = sample({ dynamics: forwardSde(sde, hostSpace), sampler: eulerMaruyama<HostState>(), grid: uniformGrid({ from: 0, to: 1, steps: 2 }), space: hostSpace, x, seed: 0 })
    const first = await states.next()
    x.data.fill(NaN)
    expect(first.done).toBe(false)
    expect((await states.next()).done).toBe(false) // and no NaN was met
  })

  it('a tensor state of any rank goes through: (batch, 4, 4, 3), each row as it goes alone', async () => {
    const model: Predictor<'data'> = { predicts: 'data', tMin: 1e-3, evaluate: (x) => mul(x, 0.5) }
    const run = (x: Tensor, firstSample: number) =>
      lastState({ dynamics: reverseSde(sde, model, tensorSpace), sampler: eulerMaruyama(), grid: uniformGrid({ from: 1, to: 0, steps: 4 }), space: tensorSpace, x, seed: 5, firstSample })
    const leak = await leakOf(async () => {
      const x = samplePrior<Tensor>({ sde, space: tensorSpace, shape: [3, 4, 4, 3], seed: 5 })
      const row = slice(x, [2, 0, 0, 0], [1, 4, 4, 3])
      const [all, alone] = [await run(x, 0), await run(row, 2)]
      expect(all.shape).toEqual([3, 4, 4, 3])
      expect((await all.data()).slice(96)).toEqual(await alone.data())
      ;[x, row, all, alone].forEach((made) => made.dispose())
    })
    expect(leak).toEqual(noLeak)
  })
})

describe('what a run waits for later', () => {
  it('is handled at once: a number that cannot be read back never becomes an unhandled rejection, and is thrown by the run', async () => {
    const unhandled: unknown[] = []
    const listen = (reason: unknown) => void unhandled.push(reason)
    process.on('unhandledRejection', listen)
    const lost = { ...hostSpace, magnitude: () => Promise.reject(new Error('device lost')) }
    const slow: Predictor<'score', HostState> = {
      predicts: 'score',
      evaluate: (x) => new Promise((resolve) => setTimeout(() => resolve(hostSpace.combine([-1], [x])), 5)),
    }
    const run = lastState({
      dynamics: reverseSde(sde, slow, lost),
      sampler: eulerMaruyama<HostState>(),
      grid: uniformGrid({ from: 1, to: 0.1, steps: 3 }),
      space: lost,
      x: samplePrior({ sde, space: hostSpace, shape: [2, 1], seed: 0 }),
      seed: 0,
    })
    await expect(run).rejects.toThrow('device lost')
    await new Promise((resolve) => setTimeout(resolve, 20))
    process.off('unhandledRejection', listen)
    expect(unhandled).toEqual([])
  })
})

describe('a sampler whose init throws', () => {
  it('leaves nothing behind', async () => {
    const x = zeros([2, 1])
    const leak = await tensorLeak(async () => {
      const broken: Sampler = { ...eulerMaruyama(), init: failing }
      const run = { dynamics: forwardSde(sde, tensorSpace), sampler: broken, grid: uniformGrid({ from: 0, to: 1, steps: 2 }), space: tensorSpace, x, seed: 0 }
      await expect(lastState(run)).rejects.toThrow('on purpose')
    })
    x.dispose()
    expect(leak).toEqual(noLeak)
  })
})
