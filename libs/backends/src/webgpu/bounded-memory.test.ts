import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it, vi } from 'vitest'
import { onGpu } from './on-gpu.fixture'

onGpu()

const memory = () => tf.memory() as tf.MemoryInfo & { readonly numBytesInGPU: number; readonly numBytesAllocatedInGPU: number }
/** The height of what is in use, as the backend counts it, while something runs. */
async function heightOf(work: () => Promise<unknown>): Promise<number> {
  const { bufferManager } = tf.backend() as unknown as { bufferManager: { acquireBuffer(...request: unknown[]): unknown; numBytesUsed: number } }
  const { acquireBuffer } = bufferManager
  let height = 0
  bufferManager.acquireBuffer = (...request) => {
    const buffer = acquireBuffer.apply(bufferManager, request)
    height = Math.max(height, bufferManager.numBytesUsed)
    return buffer
  }
  await work()
  bufferManager.acquireBuffer = acquireBuffer
  return height
}

/** Some operations on a batch, forward and back, of which a number is waited for. */
async function step(batch: number): Promise<void> {
  const number = tf.tidy(() => {
    const x = tf.fill([batch * 100_000], 0.5)
    const dy = tf.fill([batch * 100_000], 2)
    return tf.slice(tf.grad((u) => tf.square(tf.relu(tf.mul(u, u))))(x, dy), 0, 1)
  })
  expect(await number.data()).toEqual(Float32Array.of(1)) // 4 x³ dy
  number.dispose()
}

describe('the memory that webgpu holds', () => {
  it('does not grow after the second step of work that repeats itself, which finds its buffers again', async () => {
    const held: number[] = []
    for (let i = 0; i < 6; i++) {
      await step(2)
      held.push(memory().numBytesAllocatedInGPU)
    }
    expect(held.slice(2)).toEqual(held.slice(2).map(() => held[1]))
  })

  it('is not asked for anew by a step that uploads, computes and reads, after the second of its kind', async () => {
    const { device } = tf.backend() as unknown as { device: GPUDevice }
    const images = Float32Array.from({ length: 3 * 1000 }, (_, i) => i)
    const whole = async () => {
      const result = tf.tidy(() => tf.add(tf.tensor(images, [3, 1000]), tf.mul(tf.tensor2d([1, 2, 3], [3, 1], 'int32'), tf.tensor([true, false, true], [3, 1], 'bool'))))
      expect((await result.data()).slice(1000, 1003)).toEqual(Float32Array.of(1000, 1001, 1002))
      result.dispose()
    }
    await whole()
    await whole()
    const spy = vi.spyOn(device, 'createBuffer')
    for (let i = 0; i < 5; i++) await whole()
    expect(spy).not.toHaveBeenCalled()
    spy.mockRestore()
  })

  it('is at most twice what was in use at its height, or 64 MiB, over twelve batch sizes, which all together would take three times as much', async () => {
    const heights: number[] = []
    const limit = () => Math.max(2 ** 26, 2 * Math.max(...heights))
    for (let batch = 5; batch <= 16; batch++) {
      heights.push(await heightOf(() => step(batch)))
      expect(memory().numBytesAllocatedInGPU).toBeLessThanOrEqual(limit())
    }
    expect(heights.reduce((sum, height) => sum + height, 0)).toBeGreaterThan(3 * limit())
  })
})
