import * as tf from '@tensorflow/tfjs-core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { madeNumbers } from '../../made-numbers.fixture'
import { onGpu } from '../on-gpu.fixture'
import { planAxisSums } from './axis-sums'

/** What runs every program on tfjs's backend, its own and ours; private there. */
interface Recorder { recordAndSubmit(program: object): void }

afterEach(() => void vi.restoreAllMocks())

/** Sums over axes in float64, and those of absolute values. */
function exactSums(numbers: Float32Array, shape: readonly number[], axes: readonly number[]): { readonly sums: Float64Array; readonly sizes: Float64Array } {
  const kept = shape.map((length, axis) => (axes.includes(axis) ? 1 : length))
  const [strides, places] = [tf.util.computeStrides([...shape]).concat(1), tf.util.computeStrides(kept).concat(1)]
  const [sums, sizes] = [new Float64Array(tf.util.sizeFromShape(kept)), new Float64Array(tf.util.sizeFromShape(kept))]
  numbers.forEach((value, index) => {
    const place = shape.reduce((at, length, axis) => at + (axes.includes(axis) ? 0 : (Math.floor(index / (strides[axis] ?? 1)) % length) * (places[axis] ?? 1)), 0)
    sums[place] = (sums[place] ?? NaN) + value
    sizes[place] = (sizes[place] ?? NaN) + Math.abs(value)
  })
  return { sums, sizes }
}

/** The names of our shaders, or tfjs's, that ran. */
async function ran(work: () => tf.Tensor): Promise<{ readonly names: readonly string[]; readonly shape: readonly number[]; readonly values: Float32Array }> {
  const spy = vi.spyOn(tf.backend() as unknown as Recorder, 'recordAndSubmit')
  const result = work()
  const names = spy.mock.calls.map(([program]) => program.constructor.name)
  spy.mockRestore()
  const values = (await result.data()) as Float32Array
  result.dispose()
  return { names, shape: result.shape, values }
}

describe('sums and means on webgpu', () => {
  onGpu()

  it('over axes beside each other are those of float64 to rounding, in one or two dispatches, the same to the bit a second time', async () => {
    const cases: readonly (readonly [shape: number[], axes: number[], dispatches: number])[] = [
      [[2, 28, 28, 32], [0, 1, 2], 2], // a bias
      [[3, 17, 5, 5], [0, 1, 2], 1],
      [[16, 28, 28, 1], [0, 1, 2, 3], 2],
      [[2, 14, 14, 64], [1, 2], 1],
      [[3, 80, 80, 4], [1, 2], 2],
      [[5, 3], [0], 1],
      [[40_000, 4], [0], 2],
      [[1, 1000, 1, 3], [1], 1],
      [[2, 300, 130], [1], 2], // several tiles of columns
      [[2, 300, 1100], [1], 2],
      [[100_003], [0], 2],
      [[3, 70_000], [1], 2],
    ]
    for (const [shape, axes, dispatches] of cases) {
      const numbers = madeNumbers(shape, 1)
      const x = tf.tensor(numbers, shape)
      const { sums, sizes } = exactSums(numbers, shape, axes)
      const terms = numbers.length / sums.length
      for (const [of, factor] of [[tf.sum, 1], [tf.mean, 1 / terms]] as const) {
        const first = await ran(() => of(x, axes, true))
        const [second, flat] = [await ran(() => of(x, axes, true)), await ran(() => of(x, axes))]
        expect([shape, first.names]).toEqual([shape, ['AxisSums', 'AddPartials'].slice(0, dispatches)])
        expect(first.shape).toEqual(shape.map((length, axis) => (axes.includes(axis) ? 1 : length)))
        expect(flat.shape).toEqual(shape.filter((_, axis) => !axes.includes(axis)))
        expect(second.values).toEqual(first.values)
        expect(flat.values).toEqual(first.values)
        const beyond = first.values.filter((value, i) => !(Math.abs(value - factor * (sums[i] ?? NaN)) <= factor * (sizes[i] ?? NaN) * (terms + 2) * 2 ** -24 * 1.001)) // γₙ, and two roundings of the factor
        expect([shape, beyond.length, first.values.length]).toEqual([shape, 0, sums.length])
      }
      x.dispose()
    }
  }, 60_000)

  it('of whole numbers, over axes apart, over short axes behind others, and over the last axis where there are results enough, stay with the stock kernel', async () => {
    for (const [shape, dtype, axes] of [[[64, 8], 'int32', [0]], [[4, 5, 6], 'float32', [0, 2]], [[30, 4, 64], 'float32', [1]], [[64, 300], 'float32', [1]], [[1, 1], 'float32', [0]]] as const) {
      const x = tf.ones([...shape], dtype)
      const { names, values } = await ran(() => tf.sum(x, [...axes]))
      expect(names.at(-1)).toBe('ReduceProgram')
      expect(new Set(values)).toEqual(new Set([x.size / values.length]))
      x.dispose()
    }
  })

  it('of whole numbers and truth values that were cast to float32, which TensorFlow.js does in name alone, are those of the numbers, and leave nothing behind', async () => {
    const [whole, chosen] = [tf.fill([64, 8], -3, 'int32'), tf.tidy(() => tf.greater(tf.tensor1d(madeNumbers([3000], 1)), 0))]
    const held = () => ({ ...tf.memory(), data: tf.backend().numDataIds() })
    const before = held()
    const mean = await ran(() => tf.tidy(() => tf.mean(tf.cast(whole, 'float32'), 0)))
    const count = await ran(() => tf.tidy(() => tf.sum(tf.cast(chosen, 'float32'))))
    expect([mean.names, mean.values]).toEqual([['Floats', 'AxisSums'], new Float32Array(8).fill(-3)])
    expect([...count.values]).toEqual([madeNumbers([3000], 1).filter((value) => value > 0).length])
    expect(held()).toEqual({ ...before, numBytesInGPU: expect.anything() as unknown, numBytesAllocatedInGPU: expect.anything() as unknown })
    tf.dispose([whole, chosen])
  })

  it('of nothing are 0 and NaN, where the stock kernels fail', async () => {
    const x = tf.zeros([0, 3])
    expect([await tf.sum(x, 0).data(), await tf.mean(x, 0).data(), await tf.sum(x, 1).data()]).toEqual([new Float32Array(3), new Float32Array(3).fill(NaN), new Float32Array()])
    x.dispose()
  })

  it('leave no tensor and no data behind', async () => {
    const held = () => ({ ...tf.memory(), data: tf.backend().numDataIds() })
    const step = () => ran(() => tf.tidy(() => tf.sum(tf.zeros([4, 28, 28, 8]), [0, 1, 2])))
    await step()
    const before = held()
    await step()
    expect(held()).toEqual(before)
  })
})

describe('the plan of sums', () => {
  it.each([[100_352, 32], [100_352, 1], [401_408, 256], [6272, 128], [25_088, 3]])('over %i rows of %i channels has 24 workgroups or more, 2 MiB of partial sums at most, and every row once', (length, inner) => {
    const { dispatch: [tiles, splits, outer], rowsPerSplit, width, across } = planAxisSums({ outer: 1, length, inner })
    expect(outer).toBe(1)
    expect(tiles * across * width).toBeGreaterThanOrEqual(inner)
    expect(splits * rowsPerSplit).toBeGreaterThanOrEqual(length)
    expect((splits - 1) * rowsPerSplit).toBeLessThan(length)
    expect(tiles * splits).toBeGreaterThanOrEqual(24)
    expect(splits * inner).toBeLessThanOrEqual(2 ** 19)
  })
})
