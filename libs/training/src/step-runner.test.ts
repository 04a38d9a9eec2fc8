import '@tensorflow/tfjs-backend-cpu'
import { add, dispose, mul, scalar, setBackend, slice, sum, tensor1d, zeros, type Scalar } from '@tensorflow/tfjs-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { eagerRunner } from './step-runner'
import type { TrainingTensors, TrainStep } from './train-step'

beforeAll(() => setBackend('cpu'))

/** parameters + rates[0] · Σ x, loss Σ x, gradient norm rates[3]. */
const sumStep: TrainStep['run'] = (tensors, { x }, rates) => ({
  tensors: {
    parameters: add(tensors.parameters, mul(slice(rates, [0], [1]), sum(x))),
    average: add(tensors.average, 1),
    first: add(tensors.first, 1),
    second: add(tensors.second, 1),
  },
  loss: sum(x) as Scalar,
  gradientNorm: sum(slice(rates, [3], [1])) as Scalar,
})
const running = (run: TrainStep['run']): TrainStep => ({
  layout: { names: ['whole'], shapes: [[2]], sizes: [2], total: 2 },
  rates: (_, { learningRate, averageDecay }) => [learningRate, 0, 0, averageDecay],
  run,
})
const made = (): TrainingTensors => ({ parameters: tensor1d([1, 2]), average: zeros([2]), first: zeros([2]), second: zeros([2]) })
const x = { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] }

describe('the eager runner', () => {
  it('carries the step that it runs, so that nobody has to say again what the step knows', () => {
    const step = running(sumStep)
    expect(eagerRunner(step).step).toBe(step)
  })

  it('hands batch and rates to the step as tensors, and gives back its tensors and two numbers', async () => {
    const outcome = await eagerRunner(running(sumStep)).run(made(), { x }, [0.5, 0, 0, 7])
    expect([...(await outcome.tensors.parameters.data())]).toEqual([6, 7])
    expect(outcome.loss).toBe(10)
    expect(outcome.gradientNorm).toBe(7)
  })

  it('takes float64 arrays as a HostState has them, rounded to float32: the same outcome bit for bit', async () => {
    const wide = { data: Float64Array.of(0.1, 0.2, 0.3, 0.4), shape: [2, 2] }
    const narrow = { data: Float32Array.from(wide.data), shape: [2, 2] }
    const [a, b] = await Promise.all([wide, narrow].map((array) => eagerRunner(running(sumStep)).run(made(), { x: array }, [0.5, 0, 0, 7])))
    expect(a.loss).toBe(b.loss)
    expect(await a.tensors.parameters.data()).toEqual(await b.tensors.parameters.data())
  })

  it('refuses an array that is not typed or does not fill its shape by its name in the batch, and leaves nothing behind', async () => {
    const tensors = made()
    const leak = await tensorLeak(async () => {
      const run = (array: { data: Float32Array; shape: number[] }) => eagerRunner(running(sumStep)).run(tensors, { x: array }, [0, 0, 0, 0])
      await expect(run({ data: [1, 2] as unknown as Float32Array, shape: [2] })).rejects.toThrow('batch.x.data must be a Float32Array or a Float64Array; got [1, 2].')
      await expect(run({ data: Float32Array.of(1, 2, 3), shape: [2] })).rejects.toThrow('batch.x with 3 numbers must have shape of that many numbers; got (2).')
    })
    expect(leak).toEqual(noLeak)
    dispose(tensors)
  })

  it('gives the step tensors of the batch\'s shapes', async () => {
    let shape: number[] = []
    const spy = running((tensors, batch, rates) => {
      shape = batch.x.shape
      return sumStep(tensors, batch, rates)
    })
    await eagerRunner(spy).run(made(), { x }, [0, 0, 0, 0])
    expect(shape).toEqual([2, 2])
  })

  it('leaves nothing behind but the tensors after the step, and disposes of none from before', async () => {
    const tensors = made()
    const leak = await tensorLeak(async () => {
      const outcome = await eagerRunner(running(sumStep)).run(tensors, { x }, [0.5, 0, 0, 7])
      dispose(outcome.tensors)
    })
    expect(leak).toEqual(noLeak)
    expect(Object.values(tensors).some(({ isDisposed }) => isDisposed)).toBe(false)
  })

  it('frees all where the step throws, or its numbers cannot be read', async () => {
    const tensors = made()
    const failing = running(() => {
      scalar(1)
      throw new Error('no such step')
    })
    const unreadable = running((...args) => {
      const result = sumStep(...args)
      result.loss.data = () => Promise.reject(new Error('device lost'))
      return result
    })
    const leak = await tensorLeak(async () => {
      await expect(eagerRunner(failing).run(tensors, { x }, [0, 0, 0, 0])).rejects.toThrow('no such step')
      await expect(eagerRunner(unreadable).run(tensors, { x }, [0, 0, 0, 0])).rejects.toThrow('device lost')
    })
    expect(leak).toEqual(noLeak)
  })
})
