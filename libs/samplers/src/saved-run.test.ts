import '@tensorflow/tfjs-backend-cpu'
import {
  gaussianTarget,
  hostSpace,
  hostState,
  lambdaGrid,
  memoryless,
  mixtureTarget,
  probabilityFlow,
  reverseSde,
  tensorSpace,
  uniformGrid,
  veSde,
  vpSde,
  type HostState,
  type Sampler,
  type VectorSpace,
} from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { setBackend, type Tensor } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { ancestral } from './ancestral'
import { ddim } from './ddim'
import { dormandPrince } from './dormand-prince'
import { dpmSolverPlusPlus2M, dpmSolverPlusPlus3M } from './dpm-solver-plus-plus'
import { eulerMaruyama } from './euler-maruyama'
import { heun } from './heun'
import { lastState, resumeSample, sample } from './sample'
import type { SampleRun } from './sample-run'
import { sdeDpmSolverPlusPlus } from './sde-dpm-solver-plus-plus'
import type { ResumedRun, SavedRun } from './saved-run'
import { decodeSavedRun, encodeSavedRun } from './saved-run-bytes'
import { uniPc } from './uni-pc'

beforeAll(() => setBackend('cpu'))

const sde = vpSde()
const plane = mixtureTarget({ sde, weights: [0.4, 0.6], means: [[1, -1], [-0.5, 0.5]], stds: [[0.3, 0.6], [0.2, 0.9]] })
const start = hostState([-1.5, 0.2, 1, 2.5, 0.1, -0.7], [3, 2])
const steps = 9
const grid = lambdaGrid(sde.schedule, { from: 1, to: 1e-2, steps })

const runOf = <X>(space: VectorSpace<X>, sampler: Sampler<X>): ResumedRun<X> => {
  const makeDynamics = sampler.stochastic ? reverseSde : probabilityFlow
  const constraint = (x: X, _: number, noise: (like: X) => X): X => {
    const z = noise(x)
    const moved = space.combine([1, 0.01], [x, z])
    space.release(z)
    return moved
  }
  return { dynamics: makeDynamics(sde, plane.predictor('noise', space), space), sampler, grid, space, seed: 5, firstSample: 3, stream: 'images', constraint, shape: [3, 2] }
}

/** The run stopped after so many steps, as bytes. */
async function stopped<X>(run: SampleRun<X>, after: number): Promise<Uint8Array> {
  for await (const { index, save } of sample<X>(run)) if (index === after) return encodeSavedRun(await save())
  throw new Error('the run was shorter')
}

/** What is left of a run: each event's numbers, and the last state, read and freed. */
async function rest<X>(run: ResumedRun<X>, bytes: Uint8Array) {
  const events: [number, number, number][] = []
  const states = resumeSample<X>(run, decodeSavedRun(bytes))
  for (;;) {
    const next = await states.next()
    if (next.done) {
      const { data } = await run.space.toHost(next.value)
      run.space.release(next.value)
      return { events, data }
    }
    events.push([next.value.index, next.value.t, next.value.evaluations])
  }
}

const samplers = <X>(): readonly Sampler<X>[] => [
  eulerMaruyama(),
  ancestral(),
  heun(),
  ddim({ eta: 0.5 }),
  dpmSolverPlusPlus2M(),
  dpmSolverPlusPlus3M(),
  sdeDpmSolverPlusPlus(),
  uniPc({ order: 3 }),
  dormandPrince({ tolerance: { absolute: 1e-3, relative: 1e-3 } }),
]

describe.each(samplers<HostState>())('a run of $name', (sampler) => {
  it('that is saved after any step and resumed ends at the same bits, with the same events, in float64 and on tensors (cpu)', async () => {
    const whole = async <X>(run: ResumedRun<X>, x: X) => {
      const events: [number, number, number][] = []
      for await (const { index, t, evaluations, x: state } of sample<X>({ ...run, x })) {
        events.push([index, t, evaluations])
        if (index === steps) return { events, data: (await run.space.toHost(state)).data }
      }
      throw new Error('the run was shorter')
    }
    const run = runOf(hostSpace, sampler)
    const expected = await whole(run, start)
    for (const after of [1, 2, 5, steps]) {
      const resumed = await rest(run, await stopped({ ...run, x: start }, after))
      expect(resumed).toEqual({ events: expected.events.slice(after), data: expected.data })
    }
    const leak = await tensorLeak(async () => {
      const x = tensorSpace.fromHost(start)
      const onTensors = runOf<Tensor>(tensorSpace, samplers<Tensor>().find(({ name }) => name === sampler.name)!)
      const end = await lastState<Tensor>({ ...onTensors, x })
      const resumed = await rest(onTensors, await stopped({ ...onTensors, x }, 4))
      expect(resumed.data).toEqual(Float64Array.from(await end.data()))
      tensorSpace.release(x, end)
    })
    expect(leak).toEqual(noLeak)
  })
})

describe('a saved run', () => {
  const run = runOf<HostState>(hostSpace, dpmSolverPlusPlus2M())
  const saved = async (): Promise<SavedRun> => decodeSavedRun(await stopped({ ...run, x: start }, 4))

  it('says what it is of, and survives structured clone and its bytes to the bit, NaN and −0 included', async () => {
    const once = await saved()
    expect(once).toMatchObject({ sampler: 'dpm-solver++(2m)', dynamics: 'probability-flow', sde: 'vp', space: 'host', shape: [3, 2], seed: 5, stream: 'images', firstSample: 3, index: 4, evaluations: 4 })
    expect(once.grid).toEqual(Float64Array.from(grid))
    expect(structuredClone(once)).toEqual(once)
    const odd = { ...once, memory: { states: [], numbers: [-0, Infinity, NaN, 5e-324, 0.1] } }
    expect(decodeSavedRun(encodeSavedRun(odd))).toEqual(odd)
  })

  it('is a safetensors file: length, JSON header, float32 numbers of tensors and float64 ones of host arrays', async () => {
    const headerOf = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true)))))
    const bytes = await stopped({ ...run, x: start }, 4)
    const header = headerOf(bytes)
    expect(Object.keys(header)).toEqual(['__metadata__', 'grid', 'memory/numbers', 'x', 'memory/0'])
    expect(header.x).toMatchObject({ dtype: 'F64', shape: [3, 2] })
    const x = tensorSpace.fromHost(start)
    const onTensors = runOf<Tensor>(tensorSpace, dpmSolverPlusPlus2M())
    expect(headerOf(await stopped({ ...onTensors, x }, 4)).x.dtype).toBe('F32')
    x.dispose()
  })

  it.each<[string, Partial<ResumedRun<HostState>>, string]>([
    ['another sampler', { sampler: uniPc() }, "saved.sampler must be 'uni-pc(2)', the sampler of this run; got 'dpm-solver++(2m)'."],
    ['another setting', { sampler: dpmSolverPlusPlus2M({ lowerOrderFinal: 'never' }) }, "saved.settings.lowerOrderFinal must be 'never', as the sampler of this run has it; got 'few-steps'."],
    ['another shape', { shape: [3, 1] }, 'the saved state must have shape (3, 1); got (3, 2).'],
    ['another number of steps', { grid: lambdaGrid(sde.schedule, { from: 1, to: 1e-2, steps: 10 }) }, 'saved.grid must be the grid of this run, of 10 steps; got \'a grid of 9 steps\'.'],
    ['other times', { grid: uniformGrid({ from: 1, to: 1e-2, steps }) }, 'as in the grid of this run'],
    ['another seed', { seed: 6 }, 'saved.seed must be 6, the seed of this run; got 5.'],
    ['another stream', { stream: 'sampler' }, "saved.stream must be 'sampler', the stream of this run; got 'images'."],
    ['another part of the batch', { firstSample: 0 }, 'saved.firstSample must be 0'],
    ['another last step', { lastStep: 'tweedie' }, "saved.lastStep must be 'tweedie', the last step of this run; got 'sample'."],
    ['another SDE', { dynamics: probabilityFlow(veSde({ sigmaMax: 50 }), plane.predictor('noise', hostSpace), hostSpace) }, "saved.sde must be 've', the SDE of this run; got 'vp'."],
    ['an SDE of the same name with another β', { dynamics: probabilityFlow(vpSde({ betaMax: 15 }), plane.predictor('noise', hostSpace), hostSpace) }, "α and σ of this run's SDE at both ends of its grid (its settings are others); got ["],
    ['other dynamics', { dynamics: reverseSde(sde, plane.predictor('noise', hostSpace), hostSpace), lastStep: 'sample' }, "saved.dynamics must be 'reverse', the dynamics of this run; got 'probability-flow'."],
  ])('is not gone on with by a run of %s', async (_, change, message) => {
    const state = await saved()
    expect(() => resumeSample({ ...run, ...change }, state)).toThrow(message)
  })

  it.each<[string, Partial<SavedRun>, string]>([
    ['another version', { version: '99.1.0' }, "the version of this library (install that of the saved run, or begin anew); got '99.1.0'."],
    ['tensors', { space: 'tensor' }, "saved.space must be 'host', the space of this run; got 'tensor'."],
    ['a step that is not in the grid', { index: 10 }, 'saved.index must be a step of the grid, from 1 to 9; got 10.'],
    ['a count that is none', { evaluations: -1 }, 'saved.evaluations must be a count; got -1.'],
    ['a state of another length', { x: { data: new Float64Array(5), shape: [3, 2] } }, 'a saved state of 5 numbers'],
    ['a state of another shape', { x: hostState([1, 2, 3, 4, 5, 6], [2, 3]) }, 'saved.x must have shape (3, 2); got (2, 3).'],
  ])('of %s is refused', async (_, change, message) => {
    const state = await saved()
    expect(() => resumeSample(run, { ...state, ...change })).toThrow(message)
  })

  it('is refused where its bytes are cut off, changed anywhere, or of another kind or format', async () => {
    const bytes = await stopped({ ...run, x: start }, 4)
    const changed = (at: number) => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte))
    for (const length of [0, 7, 8, 100, bytes.length - 1]) expect(() => decodeSavedRun(bytes.slice(0, length))).toThrow('the bytes of a saved run must be')
    for (let at = 0; at < bytes.length; at++) expect(() => decodeSavedRun(changed(at)), `byte ${at}`).toThrow('the bytes of a saved run must be')
    const file = (header: string) => Uint8Array.of(header.length, 0, 0, 0, 0, 0, 0, 0, ...new TextEncoder().encode(header))
    expect(() => decodeSavedRun(file('{"__metadata__":{"format":"pt"}}'))).toThrow('must be made by encodeSavedRun')
    expect(() => decodeSavedRun(file('{"__metadata__":{"sbgm.sampler-run":"2"}}'))).toThrow('must be of format 1, which this version of @sbgm/samplers reads')
    expect(() => decodeSavedRun(file('[1, 2, 3]'))).toThrow('must be a safetensors file, with a JSON object as its header')
  })
})

describe('saving', () => {
  const gaussian = gaussianTarget({ sde, mean: 0, std: 1 })
  const plain = { dynamics: probabilityFlow(sde, gaussian.predictor('noise', hostSpace), hostSpace), grid, space: hostSpace, x: hostState([1, -1]), seed: 1 }

  it('is for the step that the run stands at: not for one that it has left, nor for a run that has ended', async () => {
    const states = sample<HostState>({ ...plain, sampler: heun() })
    const first = (await states.next()).value as { save(): Promise<SavedRun> }
    await expect(first.save()).resolves.toMatchObject({ index: 1 })
    const second = (await states.next()).value as { save(): Promise<SavedRun> }
    await expect(first.save()).rejects.toThrow('save must be called before the next iteration; got \'a call for step 1 when the run had gone on\'.')
    await states.return(plain.x)
    await expect(second.save()).rejects.toThrow('save must be called before the next iteration')
  })

  it('does not keep a state that is not finite', async () => {
    const breaking: Sampler<HostState> = { name: 'breaking', evaluationsPerStep: 0, stochastic: false, init: () => memoryless, step: async ({ x, state }) => ({ x: hostSpace.combine([NaN], [x]), state }) }
    const states = sample<HostState>({ ...plain, sampler: breaking })
    const first = (await states.next()).value as { save(): Promise<SavedRun> }
    await expect(first.save()).rejects.toThrow('the state must stay finite')
    await states.return(plain.x)
  })

  it('frees what a resumed run made where it is broken off', async () => {
    const leak = await tensorLeak(async () => {
      const x = tensorSpace.fromHost(start)
      const run = runOf<Tensor>(tensorSpace, dpmSolverPlusPlus2M())
      const bytes = await stopped({ ...run, x }, 3)
      for await (const { index } of resumeSample<Tensor>(run, decodeSavedRun(bytes))) if (index === 5) break
      resumeSample<Tensor>(run, decodeSavedRun(bytes)) // never begun: nothing was made
      x.dispose()
    })
    expect(leak).toEqual(noLeak)
  })
})
