import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import {
  add, dispose, log, matMul, mean, mul, scalar, setBackend, sqrt, square, sub, sum, tensor2d, zeros,
  type Scalar, type Tensor2D,
} from '@tensorflow/tfjs-core'
import { fillNormal, InvalidArgumentError } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { adamW } from './adam-w'
import { eagerRunner } from './eager-runner'
import { emaDecay } from './ema'
import { parameterLayout } from './flat-parameters'
import { cosineDecay } from './learning-rate'
import { parametersToHost } from './named-parameters'
import { NonFiniteLossError } from './non-finite-loss-error'
import type { HostBatch } from './step-runner'
import { train, type TrainedParameters, type TrainEvent, type TrainRun } from './train'
import { trainStep, type Loss } from './train-step'

beforeAll(() => setBackend('cpu'))

const samples = 32
const normals = (count: number, stream: string, step = 0) => {
  const values = new Float32Array(count)
  fillNormal(values, count, { seed: 11, stream, step, firstSample: 0, draw: 0 })
  return values
}
const inputs = normals(2 * samples, 'inputs')
const targets = normals(samples, 'targets').map((noise, i) => 1.5 * inputs[2 * i] - 0.75 * inputs[2 * i + 1] + 0.5 + 0.2 * noise)
const wholeBatch = (): HostBatch => ({ x: { data: inputs, shape: [samples, 2] }, y: { data: targets, shape: [samples, 1] } })

const leastSquares: Loss = ({ kernel, bias }, { x, y }) => mean(square(sub(add(matMul(x as Tensor2D, kernel as Tensor2D), bias), y))) as Scalar

/** The minimum of the least-squares problem, from its normal equations in float64 (Cramer's rule). */
function solution(): number[] {
  const rows = Array.from({ length: samples }, (_, i) => [inputs[2 * i], inputs[2 * i + 1], 1])
  const gram = [0, 1, 2].map((a) => [0, 1, 2].map((b) => rows.reduce((total, row) => total + row[a] * row[b], 0)))
  const right = [0, 1, 2].map((a) => rows.reduce((total, row, i) => total + row[a] * targets[i], 0))
  const det = (m: number[][]) =>
    m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
  return [0, 1, 2].map((k) => det(gram.map((row, i) => row.map((value, j) => (j === k ? right[i] : value)))) / det(gram))
}

const start = () => ({ kernel: zeros([2, 1]), bias: zeros([1]) })

/** A run from zero with everything at hand; `params` is freed by {@link finish} and the leak tests. */
function runOf(overrides: Partial<TrainRun> = {}, loss: Loss = leastSquares): TrainRun & { readonly params: ReturnType<typeof start> } {
  const params = start()
  const steps = overrides.steps ?? 10
  const runner = eagerRunner(trainStep({ loss, layout: parameterLayout(params), optimizer: adamW() }))
  const learningRate = cosineDecay({ peak: 0.05, steps })
  return { runner, steps, batch: wholeBatch, learningRate, averageDecay: emaDecay(0.9), ...overrides, params }
}

async function finish(run: TrainRun): Promise<{ events: TrainEvent[], trained: TrainedParameters }> {
  const generator = train(run)
  const events: TrainEvent[] = []
  for (;;) {
    const next = await generator.next()
    if (next.done) return { events, trained: next.value }
    events.push(next.value)
  }
}

/** What events say of the training itself, without clock and snapshot. */
const reportsOf = (events: readonly TrainEvent[]) =>
  events.map(({ step, loss, meanLoss, gradientNorm, learningRate }) => ({ step, loss, meanLoss, gradientNorm, learningRate }))

const release = ({ params, average }: TrainedParameters) => dispose([...Object.values(params), ...Object.values(average)])

describe('training', () => {
  it('on least squares reaches the closed-form solution: weights to 1e-4, loss to 1e-6 (600 steps)', async () => {
    const { events, trained } = await finish(runOf({ steps: 600 }))
    const expected = solution()
    for (const weights of [trained.params, trained.average]) {
      const { kernel, bias } = await parametersToHost(weights)
      ;[...kernel.data, ...bias.data].forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThan(1e-4))
    }
    const residual = targets.map((y, i) => expected[0] * inputs[2 * i] + expected[1] * inputs[2 * i + 1] + expected[2] - y)
    const least = residual.reduce((total, r) => total + r * r, 0) / samples
    expect(Math.abs((events.at(-1)?.loss ?? NaN) - least)).toBeLessThan(1e-6)
  })

  it('yields every step once, in order from 1, with its learning rate; the first loss is that of the start', async () => {
    const { events } = await finish(runOf({ steps: 7 }))
    expect(events.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(events.map(({ learningRate }) => learningRate)).toEqual([1, 2, 3, 4, 5, 6, 7].map(cosineDecay({ peak: 0.05, steps: 7 })))
    expect(events[0].loss).toBeCloseTo(targets.reduce((total, y) => total + y * y, 0) / samples, 5)
    events.forEach(({ gradientNorm }) => expect(gradientNorm).toBeGreaterThan(0))
  })

  it('asks for the batch of each step by its number, from 1, once, and may wait for it', async () => {
    const asked: number[] = []
    const batch = async (step: number) => {
      asked.push(step)
      return wholeBatch()
    }
    await finish(runOf({ steps: 4, batch }))
    expect(asked).toEqual([1, 2, 3, 4])
  })

  it('repeated with the same batches gives the same bits, losses and weights; with other batches it does not', async () => {
    const noisy = (stream: string) => (step: number): HostBatch => ({
      x: { data: normals(8, `x/${stream}`, step), shape: [4, 2] },
      y: { data: normals(4, `y/${stream}`, step), shape: [4, 1] },
    })
    const outcome = async (stream: string) => {
      const { events, trained } = await finish(runOf({ steps: 20, batch: noisy(stream) }))
      return { reports: reportsOf(events), params: await parametersToHost(trained.params), average: await parametersToHost(trained.average) }
    }
    const first = await outcome('a')
    expect(await outcome('a')).toEqual(first)
    expect((await outcome('b')).params).not.toEqual(first.params)
  })

  it.each([
    { beta1: 0.9, beta2: 0.999 },
    { beta1: 0.5, beta2: 0.9 },
    { beta1: 0, beta2: 0.5 },
  ])('corrects the biases of its step\'s optimiser: under a constant gradient each step is the learning rate, with %o (1e-5)', async (betas) => {
    const linear: Loss = ({ kernel, bias }) => sub(sum(bias), sum(kernel)) as Scalar
    const layout = parameterLayout(start())
    const runner = eagerRunner(trainStep({ loss: linear, layout, optimizer: adamW(betas) }))
    const { trained } = await finish(runOf({ runner, learningRate: (step) => 0.1 * step, steps: 4 }))
    const { kernel, bias } = await parametersToHost(trained.params)
    ;[...kernel.data, -bias.data[0]].forEach((value) => expect(Math.abs(value - 0.1 * (1 + 2 + 3 + 4))).toBeLessThan(1e-5))
  })

  it('returns the average by its decay: of 0 the last weights; close to 1 nearly the first', async () => {
    const last = await finish(runOf({ averageDecay: () => 0 }))
    expect(await parametersToHost(last.trained.average)).toEqual(await parametersToHost(last.trained.params))
    const first = await finish(runOf({ averageDecay: () => 1 - 1e-7 }))
    const { kernel } = await parametersToHost(first.trained.average)
    kernel.data.forEach((value) => expect(Math.abs(value)).toBeLessThan(1e-5))
  })
})

describe('whatever ends a run', () => {
  it('its end leaves weights and average, which live on after everything else is freed', async () => {
    const run = runOf({ steps: 3 })
    const leak = await tensorLeak(async () => {
      const { trained } = await finish(run)
      expect(Object.values({ ...trained.params, ...trained.average }).some(({ isDisposed }) => isDisposed)).toBe(false)
      release(trained)
    })
    expect(leak).toEqual(noLeak)
    expect(run.params.kernel.isDisposed).toBe(false)
  })

  it('a network of one parameter, too', async () => {
    const params = { only: scalar(1) }
    const loss: Loss = ({ only }) => sum(square(only)) as Scalar
    const runner = eagerRunner(trainStep({ loss, layout: parameterLayout(params), optimizer: adamW() }))
    const leak = await tensorLeak(async () => {
      const { trained } = await finish({ runner, params, steps: 2, batch: () => ({}), learningRate: () => 0.1, averageDecay: () => 0 })
      expect((await trained.params.only.data())[0]).toBeLessThan(1)
      release(trained)
    })
    expect(leak).toEqual(noLeak)
  })

  it('leaving the loop frees all', async () => {
    const run = runOf()
    const leak = await tensorLeak(async () => {
      for await (const { step } of train(run)) if (step === 3) break
    })
    expect(leak).toEqual(noLeak)
  })

  it('an aborted signal stops it before the next step with the signal\'s reason, and frees all', async () => {
    const control = new AbortController()
    const run = runOf({ signal: control.signal })
    const reason = new Error('enough')
    let steps = 0
    const leak = await tensorLeak(async () => {
      const consume = async () => {
        for await (const { step } of train(run)) {
          steps = step
          if (step === 2) control.abort(reason)
        }
      }
      await expect(consume()).rejects.toBe(reason)
      await expect(train(run).next()).rejects.toBe(reason) // aborted before it began
    })
    expect(leak).toEqual(noLeak)
    expect(steps).toBe(2)
  })

  it('an error of the batch or of the step comes through, and all is freed', async () => {
    const lost = new Error('disk lost')
    const batch = (step: number): HostBatch => {
      if (step === 3) throw lost
      return wholeBatch()
    }
    const run = runOf({ batch })
    const misshapen = runOf({ batch: () => ({ x: { data: inputs, shape: [3, 3] }, y: { data: targets, shape: [samples] } }) })
    const leak = await tensorLeak(async () => {
      await expect(finish(run)).rejects.toBe(lost)
      await expect(finish(misshapen)).rejects.toThrow('batch.x with 64 numbers must have shape of that many numbers; got (3, 3).')
    })
    expect(leak).toEqual(noLeak)
  })

  it('a loss that becomes NaN or infinite is a NonFiniteLossError that names the step, and all is freed', async () => {
    const batch = (step: number): HostBatch => ({ ...wholeBatch(), weight: { data: Float32Array.of(step < 4 ? 1 : -1), shape: [1] } })
    const logarithm: Loss = (params, { weight, ...data }) => add(leastSquares(params, data), sum(log(weight))) as Scalar
    const run = runOf({ batch }, logarithm)
    const leak = await tensorLeak(async () => {
      const error: unknown = await finish(run).catch((reason: unknown) => reason)
      expect(NonFiniteLossError.isInstance(error) && error.step).toBe(4)
      expect(String(error)).toContain('it became NaN in step 4. Lower the learning rate')
    })
    expect(leak).toEqual(noLeak)
  })

  it('a gradient that is not finite under a finite loss is one as well, before it can spoil the returned weights', async () => {
    const rootAtZero: Loss = ({ kernel, bias }) => add(sum(sqrt(square(kernel))), mul(sum(bias), 0)) as Scalar // d√(k²) = 0/0 at 0
    const run = runOf({ steps: 1 }, rootAtZero)
    const leak = await tensorLeak(async () => {
      const error: unknown = await finish(run).catch((reason: unknown) => reason)
      expect(NonFiniteLossError.isInstance(error) && [error.step, error.loss, error.gradientNorm]).toEqual([1, 0, NaN])
      expect(String(error)).toContain('the norm of its gradient became NaN in step 1')
    })
    expect(leak).toEqual(noLeak)
  })
})

describe('bad input to a run', () => {
  it.each([0, -3, 2.5, NaN, Infinity])('steps = %d is refused before a batch is asked for', async (steps) => {
    const run = { ...runOf(), steps, batch: () => expect.fail('asked for a batch') }
    await expect(train(run).next()).rejects.toThrow(`steps must be an integer of at least 1; got ${steps}.`)
    await expect(train(run).next()).rejects.toBeInstanceOf(InvalidArgumentError)
  })

  it('parameters that do not fit the layout of the step are refused by name, and nothing is left behind', async () => {
    const run = { ...runOf(), params: { kernel: tensor2d([[1, 2]]), bias: zeros([1]) } }
    const leak = await tensorLeak(() => expect(train(run).next()).rejects.toThrow('the parameter kernel must have shape (2, 1); got (1, 2).'))
    expect(leak).toEqual(noLeak)
  })
})
