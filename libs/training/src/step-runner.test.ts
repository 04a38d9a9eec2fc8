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
