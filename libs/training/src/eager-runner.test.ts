import '@tensorflow/tfjs-backend-cpu'
import { add, mul, scalar, setBackend, slice, sum, type Scalar } from '@tensorflow/tfjs-core'
import { ShapeError } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { eagerRunner } from './eager-runner'
import type { TrainingVectors } from './step-runner'
import type { TrainStep } from './train-step'

beforeAll(() => setBackend('cpu'))

/** parameters + rates[0] · Σ x, the others + 1, 2, 3; loss Σ x, gradient norm rates[3]. */
const sumStep: TrainStep['run'] = (tensors, { x }, rates) => ({
  tensors: {
    parameters: add(tensors.parameters, mul(slice(rates, [0], [1]), sum(x))),
    average: add(tensors.average, 1),
    first: add(tensors.first, 2),
    second: add(tensors.second, 3),
  },
  loss: sum(x) as Scalar,
  gradientNorm: sum(slice(rates, [3], [1])) as Scalar,
})
const running = (run: TrainStep['run']): TrainStep => ({
  layout: { names: ['whole'], shapes: [[2]], sizes: [2], total: 2 },
  rates: (_, { learningRate, averageDecay }) => [learningRate, 0, 0, averageDecay],
  run,
})
const vectors = (): TrainingVectors => ({
  parameters: Float32Array.of(1, 2), average: Float32Array.of(3, 4), first: Float32Array.of(5, 6), second: Float32Array.of(7, 8),
})
const x = { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] }
const rates = [0.5, 0, 0, 7]

describe('the eager runner', () => {
  it('carries the step that it runs, so that nobody has to say again what the step knows, and a name', () => {
    const step = running(sumStep)
    expect(eagerRunner(step)).toMatchObject({ step, name: 'eager' })
  })

  it('begins with the vectors that it is given, and takes copies and gives copies', async () => {
    const given = vectors()
    const run = await eagerRunner(running(sumStep)).begin(given)
    given.parameters.fill(0)
    const read = await run.read()
    expect(read).toEqual(vectors())
    read.average.fill(0)
    expect(await run.read()).toEqual(vectors())
    await run.end()
  })

  it('hands batch and rates to the step as tensors, reports two numbers, and goes on from what the step gave', async () => {
    const run = await eagerRunner(running(sumStep)).begin(vectors())
    expect(await run.run({ x }, rates)).toEqual({ loss: 10, gradientNorm: 7 })
    await run.run({ x }, [0.25, 0, 0, 7])
    expect(await run.read()).toEqual({
      parameters: Float32Array.of(8.5, 9.5), average: Float32Array.of(5, 6), first: Float32Array.of(9, 10), second: Float32Array.of(13, 14),
    })
    await run.end()
  })

  it('takes float64 arrays as a HostState has them, rounded to float32: the same outcome bit for bit', async () => {
    const wide = { data: Float64Array.of(0.1, 0.2, 0.3, 0.4), shape: [2, 2] }
    const narrow = { data: Float32Array.from(wide.data), shape: [2, 2] }
    const outcome = async (array: typeof wide | typeof narrow) => {
      const run = await eagerRunner(running(sumStep)).begin(vectors())
      const report = await run.run({ x: array }, rates)
      const after = await run.read()
      await run.end()
      return { report, after }
    }
    expect(await outcome(wide)).toEqual(await outcome(narrow))
  })

  it('gives the step tensors of the batch\'s shapes', async () => {
    let shape: number[] = []
    const spy = running((tensors, batch, values) => {
      shape = batch.x.shape
      return sumStep(tensors, batch, values)
    })
    const run = await eagerRunner(spy).begin(vectors())
    await run.run({ x }, rates)
    expect(shape).toEqual([2, 2])
    await run.end()
  })

  it('carries out calls in the order in which they are made, whoever waits for them', async () => {
    const run = await eagerRunner(running(sumStep)).begin(vectors())
    const reads = [run.read()]
    const reports = [1, 2, 3].map((value) => {
      const report = run.run({ x: { data: Float32Array.of(value), shape: [1] } }, [1, 0, 0, value])
      reads.push(run.read())
      return report
    })
    const end = run.end()
    expect(await Promise.all(reports)).toEqual([1, 2, 3].map((value) => ({ loss: value, gradientNorm: value })))
    expect((await Promise.all(reads)).map(({ parameters }) => [...parameters])).toEqual([[1, 2], [2, 3], [4, 5], [7, 8]])
    await end
  })

  it('has two runs side by side that know nothing of each other', async () => {
    const runner = eagerRunner(running(sumStep))
    const [a, b] = await Promise.all([runner.begin(vectors()), runner.begin(vectors())])
    await a.run({ x }, rates)
    await a.end()
    expect(await b.read()).toEqual(vectors())
    await b.end()
  })
})

describe('the eager runner holds no more than four tensors a run:', () => {
  it('before and after any number of steps; and none when the run is ended, once or twice', async () => {
    const runner = eagerRunner(running(sumStep))
    const leak = await tensorLeak(async () => {
      const held: unknown[] = []
      const run = await runner.begin(vectors())
      held.push(await tensorLeak(() => run.run({ x }, rates)))
      held.push(await tensorLeak(() => run.read()))
      expect(held).toEqual([noLeak, noLeak])
      expect(await tensorLeak(() => run.end())).toEqual({ tensors: -4, dataBuffers: -4 })
      await run.end()
    })
    expect(leak).toEqual(noLeak)
  })

  it('an array that is not typed or does not fill its shape is refused by its name in the batch, and changes nothing', async () => {
    const run = await eagerRunner(running(sumStep)).begin(vectors())
    const leak = await tensorLeak(async () => {
      const refused = (array: { data: Float32Array; shape: number[] }) => expect(run.run({ x: array }, rates)).rejects
      await refused({ data: [1, 2] as unknown as Float32Array, shape: [2] }).toThrow('batch.x.data must be a Float32Array or a Float64Array; got [1, 2].')
      await refused({ data: Float32Array.of(1, 2, 3), shape: [2] }).toThrow('batch.x with 3 numbers must have shape of that many numbers; got (2).')
    })
    expect(leak).toEqual(noLeak)
    expect(await run.read()).toEqual(vectors())
    await run.end()
  })

  it('where the step throws, or its numbers cannot be read, all is as it was before, and the run can go on', async () => {
    let step: TrainStep['run'] = () => {
      scalar(1)
      throw new Error('no such step')
    }
    const run = await eagerRunner(running((...args) => step(...args))).begin(vectors())
    const leak = await tensorLeak(async () => {
      await expect(run.run({ x }, rates)).rejects.toThrow('no such step')
      step = (...args) => {
        const result = sumStep(...args)
        result.loss.data = () => Promise.reject(new Error('device lost'))
        return result
      }
      await expect(run.run({ x }, rates)).rejects.toThrow('device lost')
    })
    expect(leak).toEqual(noLeak)
    expect(await run.read()).toEqual(vectors())
    step = sumStep
    await run.run({ x }, rates)
    expect([...(await run.read()).parameters]).toEqual([6, 7])
    await run.end()
  })

  it('a vector of another length is refused by its name, and nothing is made', async () => {
    const leak = await tensorLeak(async () => {
      const error: unknown = await eagerRunner(running(sumStep)).begin({ ...vectors(), first: new Float32Array(3) }).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(ShapeError)
      expect(String(error)).toContain('vectors.first must have shape (2); got (3).')
    })
    expect(leak).toEqual(noLeak)
  })

  it('a run that has ended makes no step and has nothing to read', async () => {
    const run = await eagerRunner(running(sumStep)).begin(vectors())
    await run.end()
    await expect(run.run({ x }, rates)).rejects.toThrow('A run must not have ended; this one has, and its tensors are freed. Begin another.')
    await expect(run.read()).rejects.toThrow('A run must not have ended')
  })
})
