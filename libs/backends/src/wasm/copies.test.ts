import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import fc from 'fast-check'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-wasm'
import { installWasmCopies } from './copies'

let uninstall: () => void = () => undefined
beforeAll(async () => {
  tf.env().set('IS_TEST', true)
  await tf.setBackend('wasm')
})
afterAll(() => tf.env().set('IS_TEST', false))

const counted = (shape: number[], dtype: 'float32' | 'int32' | 'bool') =>
  tf.cast(tf.tensor(Array.from({ length: tf.util.sizeFromShape(shape) }, (_, index) => (dtype === 'bool' ? index % 2 : index)), shape), dtype)

/** What the stock kernels and ours give for the same work. */
function both(work: () => tf.Tensor[]): [ours: unknown[], stock: unknown[]] {
  const run = () => tf.tidy(() => work().map((tensor) => ({ shape: tensor.shape, dtype: tensor.dtype, data: [...tensor.dataSync()] })))
  const stock = run()
  uninstall = installWasmCopies()
  try {
    return [run(), stock]
  } finally {
    uninstall()
  }
}

const shapes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 })
const dtypes = fc.constantFrom('float32' as const, 'int32' as const, 'bool' as const)

describe('slice, split, concat, clone and cast on wasm', () => {
  it('give the stock kernels’ results bit for bit: any part of any small shape and type (seed 1)', () => {
    const cases = fc.tuple(shapes, dtypes).chain(([shape, dtype]) => fc.record({
      shape: fc.constant(shape), dtype: fc.constant(dtype),
      parts: fc.tuple(...shape.map((length) => fc.tuple(fc.nat(length - 1), fc.nat(length)).map(([begin, size]) => ({ begin, size: Math.min(size, length - begin) })))),
    }))
    fc.assert(fc.property(cases, ({ shape, dtype, parts }) => {
      const [ours, stock] = both(() => [tf.slice(counted(shape, dtype), parts.map(({ begin }) => begin), parts.map(({ size }) => size))])
      expect(ours).toEqual(stock)
    }), { seed: 1, numRuns: 300 })
  })

  it('give the stock kernels’ results bit for bit: any split along any axis, and the concatenation of its parts (seed 2)', () => {
    const cases = fc.tuple(shapes, dtypes, fc.nat(3)).chain(([shape, dtype, axis]) => {
      const along = axis % shape.length
      const length = shape[along] ?? 1
      return fc.record({ shape: fc.constant(shape), dtype: fc.constant(dtype), along: fc.constantFrom(along, along - shape.length), cut: fc.nat(length) })
        .map((split) => ({ ...split, sizes: [split.cut, length - split.cut] }))
    })
    fc.assert(fc.property(cases, ({ shape, dtype, along, sizes }) => {
      const [ours, stock] = both(() => {
        const parts = tf.split(counted(shape, dtype), sizes, along)
        return [...parts, tf.concat(parts, along), tf.concat([...parts, ...parts], along)]
      })
      expect(ours).toEqual(stock)
    }), { seed: 2, numRuns: 300 })
  })

  it('leave a clone alive when its original goes, and the other way round, and free the data with the last of them', () => {
    uninstall = installWasmCopies()
    const before = tf.memory()
    const original = tf.tensor1d([1, 2, 3])
    const copies = [tf.clone(original), tf.cast(original, 'float32'), tf.clone(original)]
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers + 1)
    original.dispose()
    copies[0]?.dispose()
    expect(copies[1]?.dataSync()).toEqual(Float32Array.of(1, 2, 3))
    copies[1]?.dispose()
    expect(copies[2]?.dataSync()).toEqual(Float32Array.of(1, 2, 3))
    copies[2]?.dispose()
    expect(tf.memory().numTensors).toBe(before.numTensors)
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers)
    expect(tf.engine().backend.numDataIds()).toBe(before.numDataBuffers)
    uninstall()
  })

  it('leave a variable’s old value to whoever cloned it', () => {
    uninstall = installWasmCopies()
    tf.tidy(() => {
      const variable = tf.variable(tf.tensor1d([1, 2]))
      const kept = tf.clone(variable)
      variable.assign(tf.tensor1d([3, 4]))
      expect([...kept.dataSync(), ...variable.dataSync()]).toEqual([1, 2, 3, 4])
      variable.dispose()
    })
    uninstall()
  })

  it('refuse what the stock kernels refuse', () => {
    uninstall = installWasmCopies()
    expect(() => tf.split(tf.zeros([5]), 2)).toThrow()
    expect(() => tf.concat([tf.zeros([2, 2]), tf.zeros([3, 3])], 0)).toThrow()
    expect(() => tf.slice(tf.zeros([3]), [2], [2])).toThrow()
    uninstall()
  })

  it('come back as the stock kernels when the last holder gives them up', () => {
    const names = ['Identity', 'Cast', 'Slice', 'SplitV', 'Concat'] as const
    const stock = names.map((name) => tf.getKernel(name, 'wasm'))
    uninstall = installWasmCopies()
    names.forEach((name, index) => expect(tf.getKernel(name, 'wasm')).not.toBe(stock[index]))
    uninstall()
    names.forEach((name, index) => expect(tf.getKernel(name, 'wasm')).toBe(stock[index]))
  })
})
