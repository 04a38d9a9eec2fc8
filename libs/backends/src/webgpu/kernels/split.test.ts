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

describe('a split on webgpu', () => {
  const cases: readonly { readonly shape: number[]; readonly sizes: number | number[]; readonly axis?: number }[] = [
    { shape: [2000], sizes: [1, 999, 300, 700] },
    { shape: [3000], sizes: Array.from({ length: 60 }, (_, i) => 20 + i) }, // more parts than one dispatch writes, and of many lengths
    { shape: [1200, 3], sizes: [500, 700] },
    { shape: [1200, 2], sizes: 4 },
    { shape: [1200, 2], sizes: [200, -1] }, // the rest is left to the stock kernel
    { shape: [300, 4], sizes: [1, 3], axis: 1 },
    { shape: [6], sizes: [2, 4] },
  ]

  it('gives the parts to the bit, which join to what was split', async () => {
    for (const { shape, sizes, axis = 0 } of cases) {
      const total = shape.reduce((size, length) => size * length, 1)
      const lengths = [sizes].flat()
      const data = Float32Array.from({ length: total }, (_, i) => i + 0.25)
      const x = tf.tidy(() => tf.mul(tf.tensor(data, shape), 1)) // a result, and so on the device
      const given = Array.isArray(sizes) && lengths.reduce((sum, size) => sum + size, 0) < shape[axis] && !sizes.includes(-1)
        ? [...lengths, shape[axis] - lengths.reduce((sum, size) => sum + size, 0)]
        : sizes
      const parts = tf.split(x, given, axis)
      const joined = tf.concat(parts, axis)
      expect(joined.shape).toEqual(shape)
      expect(await joined.data()).toEqual(data)
      if (axis === 0) {
        let from = 0
        for (const part of parts) {
          expect(await part.data()).toEqual(data.slice(from, (from += part.size)))
          expect(part.shape.slice(1)).toEqual(shape.slice(1))
        }
      }
      tf.dispose([x, joined, ...parts])
      expect(tf.memory().numTensors).toBe(0)
    }
  })
})
