import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { onGpu } from './on-gpu.fixture'

onGpu()

/** Has a tensor's numbers go to the device and come back. */
async function thereAndBack(x: tf.Tensor) {
  const backend = tf.backend() as WebGPUBackend
  backend.uploadToGPU(x.dataId)
  expect(backend.tensorMap.get(x.dataId).values).toBeNull()
  return x.data()
}

describe('an upload to webgpu', () => {
  it('gives back what went there: float32, int32 and bool, in arrays of their own and of others', async () => {
    const part = new Float32Array([9, 1, -2.5, 3, 9]).subarray(1, 4)
    expect(await thereAndBack(tf.tensor1d(part))).toEqual(Float32Array.of(1, -2.5, 3))
    expect(await thereAndBack(tf.tensor1d([1, -2, 3], 'int32'))).toEqual(Int32Array.of(1, -2, 3))
    expect(await thereAndBack(tf.tensor1d([true, false, true], 'bool'))).toEqual(Uint8Array.of(1, 0, 1))
    expect(await thereAndBack(tf.tensor1d(new Int32Array([4, 5]), 'float32'))).toEqual(Float32Array.of(4, 5))
    expect(await thereAndBack(tf.tensor1d(new Uint8Array([6, 7]), 'int32'))).toEqual(Int32Array.of(6, 7))
    expect(await thereAndBack(tf.scalar(8))).toEqual(Float32Array.of(8))
  })

  it('into a buffer that another tensor had does not reach commands of that one which are still to be submitted', async () => {
    const filled = (value: number) => new Float32Array(5000).fill(value)
    const results: tf.Tensor[] = []
    for (let value = 0; value < 40; value++) { // some forty commands, of which fifteen are submitted together
      const x = tf.tensor1d(filled(value))
      results.push(tf.add(x, 0.5))
      x.dispose()
    }
    for (const [value, result] of results.entries()) expect(await result.data()).toEqual(filled(value + 0.5))
    tf.dispose(results)
  })
})
