import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { onGpu } from '../on-gpu.fixture'
import { addPartials } from './add-partials'

onGpu()

describe('partial sums on webgpu', () => {
  it('are added to rounding, the same to the bit a second time, for 1 to 1000 splits in 1 to 16 slices, one or more groups, sizes that fill no workgroup', async () => {
    const backend = tf.backend() as WebGPUBackend
    for (const [groups, splits, size] of [[1, 1, 5], [1, 3, 300], [2, 17, 7], [1, 40, 100], [3, 64, 33], [1, 200, 40], [1, 1000, 17]] as const) {
      const data = Float32Array.from({ length: groups * splits * size }, (_, i) => Math.sin(0.7 * i))
      const partials = tf.tensor(data, [groups, splits, size])
      const run = async () => {
        const { dataId } = addPartials(backend, { partials, groups, splits, size, shape: [groups, size], factor: 0.5 })
        const values = (await backend.read(dataId)) as Float32Array
        backend.disposeData(dataId)
        return values
      }
      const [actual, again] = [await run(), await run()]
      expect(again).toEqual(actual)
      expect(actual).toHaveLength(groups * size)
      actual.forEach((value, place) => {
        const terms = Array.from({ length: splits }, (_, split) => data[(Math.floor(place / size) * splits + split) * size + (place % size)] as number)
        const [sum, sizes] = [terms.reduce((a, b) => a + b), terms.reduce((a, b) => a + Math.abs(b), 0)]
        expect(Math.abs(value - 0.5 * sum)).toBeLessThanOrEqual(0.5 * sizes * splits * 2 ** -24 * 1.001)
      })
      partials.dispose()
    }
  }, 60_000)
})
