import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import fc from 'fast-check'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-wasm'
import { installWasmReductions } from './reductions'

let uninstall: () => void = () => undefined
beforeAll(async () => {
  tf.env().set('IS_TEST', true)
  await tf.setBackend('wasm')
  uninstall = installWasmReductions()
})
afterAll(() => {
  uninstall()
  tf.env().set('IS_TEST', false)
})

/** Sum over some axes in float64, with the sum of the absolute values. */
function exactSum(values: ArrayLike<number>, shape: readonly number[], axes: readonly number[]): { sums: number[]; sizes: number[] } {
  const keptSize = shape.reduce((size, length, axis) => (axes.includes(axis) ? size : size * length), 1)
  const [sums, sizes] = [Array<number>(keptSize).fill(0), Array<number>(keptSize).fill(0)]
  for (let flat = 0; flat < values.length; flat++) {
    let [rest, stride, target] = [flat, 1, 0]
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const length = shape[axis] ?? 1
      if (!axes.includes(axis)) {
        target += (rest % length) * stride
        stride *= length
      }
      rest = Math.floor(rest / length)
    }
    const value = values[flat] ?? NaN
    sums[target] = (sums[target] ?? NaN) + value
    sizes[target] = (sizes[target] ?? NaN) + Math.abs(value)
  }
  return { sums, sizes }
}

describe('sum and mean on wasm', () => {
  it('equal the float64 ones to rounding for any axes of any small shape, with and without keepDims (seed 1, 400 shapes)', () => {
    const cases = fc.array(fc.integer({ min: 1, max: 37 }), { minLength: 1, maxLength: 4 })
      .filter((shape) => tf.util.sizeFromShape(shape) < 20_000)
      .chain((shape) => fc.record({ shape: fc.constant(shape), axes: fc.subarray([...shape.keys()]), keepDims: fc.boolean(), seed: fc.nat(1000) }))
    fc.assert(fc.property(cases, ({ shape, axes, keepDims, seed }) => tf.tidy(() => {
      const x = tf.randomUniform(shape, -1, 1, 'float32', seed + 1)
      const values = x.dataSync()
      const reduced = axes.length === 0 ? [...shape.keys()] : axes // tfjs takes none for all
      const count = reduced.reduce((size, axis) => size * (shape[axis] ?? 1), 1)
      const { sums, sizes } = exactSum(values, shape, reduced)
      for (const [actual, divisor] of [[tf.sum(x, reduced, keepDims), 1], [tf.mean(x, reduced, keepDims), count]] as const) {
        expect(actual.shape).toEqual(shape.flatMap((length, axis) => (reduced.includes(axis) ? (keepDims ? [1] : []) : [length])))
        const numbers = actual.dataSync()
        sums.forEach((sum, index) => {
          const bound = (count + 2) * 2 ** -24 * (sizes[index] ?? 0) / divisor
          expect(Math.abs((numbers[index] ?? NaN) - sum / divisor)).toBeLessThanOrEqual(bound)
        })
      }
    })), { seed: 1, numRuns: 400 })
  })

  it('keep integers integers, and give zeros for nothing', () => {
    expect(tf.sum(tf.tensor2d([[1, 2], [3, 4]], [2, 2], 'int32'), 0)).toMatchObject({ dtype: 'int32', shape: [2] })
    expect(Array.from(tf.sum(tf.tensor2d([[1, 2], [3, 4]], [2, 2], 'int32'), 0).dataSync())).toEqual([4, 6])
    expect(tf.sum(tf.zeros([0, 3]), 0).shape).toEqual([3])
  })

  it('come back as the stock kernels when the last holder gives them up', () => {
    uninstall()
    const stock = [tf.getKernel('Sum', 'wasm'), tf.getKernel('Mean', 'wasm')]
    uninstall = installWasmReductions()
    expect(tf.getKernel('Sum', 'wasm')).not.toBe(stock[0])
    uninstall()
    expect([tf.getKernel('Sum', 'wasm'), tf.getKernel('Mean', 'wasm')]).toEqual(stock)
    uninstall = installWasmReductions()
  })
})
