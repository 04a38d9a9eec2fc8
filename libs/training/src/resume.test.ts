import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { add, dispose, matMul, mean, setBackend, square, sub, tensor2d, tanh, zeros, type Scalar, type Tensor2D } from '@tensorflow/tfjs-core'
import { fillNormal, InvalidArgumentError, ShapeError } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { adamW } from './adam-w'
import { eagerRunner } from './eager-runner'
import { emaDecay } from './ema'
import { parameterLayout } from './flat-parameters'
import { cosineDecay } from './learning-rate'
import { parametersToHost } from './named-parameters'
import type { HostBatch } from './step-runner'
import { train, type TrainedParameters, type TrainEvent, type TrainRun } from './train'
import { trainStep, type Loss } from './train-step'
import type { TrainingState } from './training-state'

beforeAll(() => setBackend('cpu'))

const loss: Loss = ({ inner, outer, bias }, { x, y }) =>
  mean(square(sub(add(matMul(tanh(matMul(x as Tensor2D, inner as Tensor2D)), outer as Tensor2D), bias), y))) as Scalar

const batch = (step: number): HostBatch => {
  const numbers = new Float32Array(24)
  fillNormal(numbers, 3, { seed: 5, stream: 'resume', step, firstSample: 0, draw: 0 })
  return { x: { data: numbers.slice(0, 16), shape: [8, 2] }, y: { data: numbers.slice(16), shape: [8, 1] } }
}

const start = () => ({ inner: tensor2d([[1, -0.5, 0.25], [0.5, 2, -1]]), outer: tensor2d([[1], [0.5], [-1]]), bias: zeros([1]) })
const record = { seed: 5, batchSize: 8, data: { name: 'normals', checksum: 'ab12' } }

function runOf(overrides: Partial<TrainRun> = {}): TrainRun {
  const params = start()
  const runner = eagerRunner(trainStep({ loss, layout: parameterLayout(params), optimizer: adamW({ weightDecay: 0.01 }) }))
  return { runner, params, steps: 20, batch, learningRate: cosineDecay({ peak: 0.05, steps: 20, warmup: 3 }), averageDecay: emaDecay(0.9), record, ...overrides }
}

interface Finished {
  readonly events: readonly TrainEvent[]
  /** The last state; `undefined` where no step was made. */
  readonly state: TrainingState | undefined
  readonly trained: TrainedParameters
}

async function finish(run: TrainRun): Promise<Finished> {
  const generator = train(run)
  const events: TrainEvent[] = []
  let state: TrainingState | undefined
  for (;;) {
    const next = await generator.next()
    if (next.done) return { events, state, trained: next.value }
    events.push(next.value)
    state = await next.value.snapshot()
  }
}

/** The state after some steps of the run of 20. */
async function stateAfter(steps: number): Promise<TrainingState> {
  for await (const { step, snapshot } of train(runOf())) if (step === steps) return snapshot()
  return expect.fail(`no step ${steps}`)
}

const hostOf = async ({ params, average }: TrainedParameters) => ({ params: await parametersToHost(params), average: await parametersToHost(average) })
const withoutClock = (state: TrainingState | undefined) => ({ ...state, seconds: undefined })
const reportsOf = (events: readonly TrainEvent[]) =>
  events.map(({ step, loss: value, meanLoss, gradientNorm, learningRate }) => ({ step, value, meanLoss, gradientNorm, learningRate }))
const release = ({ params, average }: TrainedParameters) => dispose([...Object.values(params), ...Object.values(average)])

describe('a run that goes on from a saved state', () => {
  it('is the run that never stopped, bit for bit: reports, weights, average and moments (20 = 10 + 10 steps)', async () => {
    const whole = await finish(runOf())
    const rest = await finish(runOf({ from: await stateAfter(10) }))
    expect(reportsOf(rest.events)).toEqual(reportsOf(whole.events).slice(10))
    expect(rest.events).toHaveLength(10)
    expect(withoutClock(rest.state)).toEqual(withoutClock(whole.state))
    expect(await hostOf(rest.trained)).toEqual(await hostOf(whole.trained))
  })

  it('needs moments, average and step number for that: without any of them it comes out otherwise', async () => {
    const whole = await finish(runOf())
    const state = await stateAfter(10)
    const blank = Object.fromEntries(Object.entries(state.first).map(([name, { data, shape }]) => [name, { data: data.map(() => 0), shape }]))
    for (const lost of [{ first: blank }, { second: blank }, { average: state.parameters }, { step: 9 }, { meanLoss: 0 }]) {
      const rest = await finish(runOf({ from: { ...state, ...lost } }))
      expect(withoutClock(rest.state)).not.toEqual(withoutClock(whole.state))
    }
  })

  it('counts time from where the saved state stopped', async () => {
    const { events } = await finish(runOf({ from: { ...(await stateAfter(10)), seconds: 1000 } }))
    const seconds = events.map((event) => event.seconds)
    expect(seconds[0]).toBeGreaterThan(1000)
    expect(seconds).toEqual([...seconds].sort((a, b) => a - b))
  })

  it('that was at its end makes no step, and hands out the weights', async () => {
    const whole = await finish(runOf())
    const again = await finish(runOf({ from: await stateAfter(20), batch: () => expect.fail('asked for a batch') }))
    expect(again.events).toEqual([])
    expect(await hostOf(again.trained)).toEqual(await hostOf(whole.trained))
  })

  it('leaves nothing behind but weights and average, ended early or not, and changes neither state nor start', async () => {
    const from = await stateAfter(10)
    const before = structuredClone(from)
    const run = runOf({ from })
    const leak = await tensorLeak(async () => {
      release((await finish(run)).trained)
      for await (const { step, snapshot } of train(run)) {
        await snapshot()
        if (step === 12) break
      }
    })
    expect(leak).toEqual(noLeak)
    expect(from).toEqual(before)
    expect(Object.values(run.params).some(({ isDisposed }) => isDisposed)).toBe(false)
  })
})

describe('a snapshot', () => {
  it('holds the mean of all losses until now, which later is one over about the last 100', async () => {
    const { events, state } = await finish(runOf())
    const expected = events.reduce((total, event) => total + event.loss, 0) / 20
    expect(Math.abs((state?.meanLoss ?? NaN) - expected)).toBeLessThan(1e-12)
    const long = await finish(runOf({ steps: 150 }))
    const [previous, last] = long.events.slice(-2)
    expect(last.meanLoss).toBe(previous.meanLoss + (last.loss - previous.meanLoss) / 100)
  })

  it('is the caller\'s own: later steps do not change it', async () => {
    const states: TrainingState[] = []
    for await (const { step, snapshot } of train(runOf())) {
      if (step === 5) states.push(await snapshot(), structuredClone(await snapshot()))
    }
    expect(states[0]).toEqual(states[1])
  })

  it('asked for in time is of its step, though the next one is asked for before it is there', async () => {
    const expected = await stateAfter(3)
    const generator = train(runOf())
    const states: Promise<TrainingState>[] = []
    for (let step = 1; step <= 4; step++) {
      const { value } = await generator.next()
      states.push((value as TrainEvent).snapshot())
    }
    expect(withoutClock(await states[2])).toEqual(withoutClock(expected))
    await generator.return({ params: {}, average: {} })
  })

  it('asked for after the next step is refused, and so is one after the end', async () => {
    const generator = train(runOf({ steps: 2 }))
    const first = await generator.next()
    await generator.next()
    const { snapshot } = first.value as TrainEvent
    await expect(snapshot()).rejects.toThrow('A snapshot of step 1 must be taken before the next step is asked for; the run is at step 2.')
    await generator.return({ params: {}, average: {} })
    await expect(snapshot()).rejects.toThrow('A snapshot of step 1')
  })
})

describe('a state that does not fit is refused before any work, by', () => {
  const refused = async (change: (state: TrainingState) => Partial<TrainingState>, overrides: Partial<TrainRun> = {}) => {
    const state = await stateAfter(10)
    const run = runOf({ from: { ...state, ...change(state) }, batch: () => expect.fail('asked for a batch'), ...overrides })
    let reason: unknown
    expect(await tensorLeak(() => train(run).next().catch((error: unknown) => (reason = error)))).toEqual(noLeak)
    return reason
  }

  it('the first parameter that has another shape', async () => {
    const error = await refused(({ parameters }) => ({ parameters: { ...parameters, outer: { data: new Float32Array(4), shape: [4, 1] } } }))
    expect(error).toBeInstanceOf(ShapeError)
    expect(String(error)).toContain('from.parameters: the parameter outer of the checkpoint must have shape (3, 1); got (4, 1).')
  })

  it('the first parameter that is missing', async () => {
    const error = await refused(({ average: { inner } }) => ({ average: { inner } }))
    expect(error).toBeInstanceOf(InvalidArgumentError)
    expect(String(error)).toContain('from.average must be a checkpoint of this network, with the parameter outer')
  })

  it('the first parameter that the network does not have', async () => {
    const error = await refused(({ second }) => ({ second: { ...second, gain: second.bias } }))
    expect(String(error)).toContain("from.second must be a checkpoint of this network, without other parameters; got 'gain'.")
  })

  it('its step, where it is none', async () => {
    expect(String(await refused(() => ({ step: 0 })))).toContain('from.step must be an integer of at least 1; got 0.')
  })

  it('its step, where the run is shorter', async () => {
    expect(String(await refused(() => ({}), { steps: 9 }))).toContain('steps must be at least 10, the steps that the saved state has made; got 9.')
  })

  it('the first entry of its record that is not as it was; the order of keys does not count', async () => {
    const error = await refused(() => ({}), { record: { ...record, batchSize: 16 } })
    expect(error).toBeInstanceOf(InvalidArgumentError)
    expect(String(error)).toContain('record.batchSize must be 8 as in the run that the saved state is of')
    expect(String(error)).toContain('got 16.')
    expect(String(await refused(() => ({}), { record: { seed: 5, batchSize: 8 } }))).toContain('record.data must be {"checksum":"ab12","name":"normals"} as')
    expect(String(await refused(() => ({ record: { seed: 5 } })))).toContain('record.batchSize must be absent as')
    const reordered = { data: { checksum: 'ab12', name: 'normals' }, batchSize: 8, seed: 5 }
    expect((await finish(runOf({ from: await stateAfter(19), record: reordered }))).events).toHaveLength(1)
  })
})
