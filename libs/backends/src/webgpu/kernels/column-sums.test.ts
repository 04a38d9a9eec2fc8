import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { noAdapter, offerSwiftShader } from '../../../../../tools/software-gpu'
import type { Backend } from '../../backend'
import { openBackend } from '../../open-backend'

let gpu: Backend | undefined
let missing: string | undefined
beforeAll(async () => {
  offerSwiftShader()
  gpu = await openBackend({ engine: 'webgpu', allowSoftwareAdapter: true }).catch((error: unknown) => void (missing = noAdapter(String(error))))
  tf.env().set('IS_TEST', true) // each kernel is checked for data left behind
}, 60_000)
beforeEach((context) => void (missing !== undefined && context.skip(missing)))
afterAll(async () => {
  tf.env().set('IS_TEST', false)
  await gpu?.close()
})

const sizeOf = (shape: readonly number[]) => shape.reduce((size, axis) => size * axis, 1)

describe('a sum on webgpu', () => {
  const cases: readonly { readonly shape: number[]; readonly axis?: number | number[]; readonly keepDims?: boolean }[] = [
    { shape: [5, 3], axis: 0 },
    { shape: [513, 7], axis: [0] }, // in two stages from here on
    { shape: [3, 30, 31, 33], axis: [0, 1, 2] },
    { shape: [3, 30, 31, 1], axis: [2, 0, 1], keepDims: true },
    { shape: [1, 4, 100], axis: [0, 1] },
    { shape: [70_000, 2], axis: -2 },
    { shape: [2, 3, 4, 5], axis: [1, 2] }, // the rest is left to the stock kernel
    { shape: [2, 3, 4, 5], axis: [0, 2] },
    { shape: [7, 9], axis: 1 },
    { shape: [40, 50] },
  ]

  it('over leading axes, or others, is that of float64 to 1e-6 of the sum of absolute values, and the same bits again', async () => {
    for (const { shape, axis, keepDims = false } of cases) {
      const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => 1 + Math.sin(0.7 * i))
      const compute = async () => {
        const result = tf.tidy(() => tf.sum(tf.tensor(data, shape), axis, keepDims))
        const values = await result.data()
        result.dispose()
        return { shape: result.shape, values }
      }
      const [actual, again] = [await compute(), await compute()]
      expect(again).toEqual(actual)
      const axes = axis === undefined ? shape.map((_, i) => i) : [axis].flat().map((value) => (value + shape.length) % shape.length)
      expect(actual.shape).toEqual(shape.flatMap((size, i) => (!axes.includes(i) ? [size] : keepDims ? [1] : [])))
      const sums = new Float64Array(sizeOf(shape.filter((_, i) => !axes.includes(i))))
      data.forEach((value, place) => {
        let [left, target, stride] = [place, 0, 1]
        for (let i = shape.length - 1; i >= 0; i--) {
          const index = left % shape[i]
          left = (left - index) / shape[i]
          if (axes.includes(i)) continue
          target += index * stride
          stride *= shape[i]
        }
        sums[target] += value
      })
      expect(actual.values).toHaveLength(sums.length)
      sums.forEach((sum, i) => expect(Math.abs(actual.values[i] - sum)).toBeLessThan(1e-6 * Math.max(sum, 1))) // no number is negative
    }
  })
})
