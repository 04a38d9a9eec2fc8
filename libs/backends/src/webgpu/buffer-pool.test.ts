import { describe, expect, it } from 'vitest'
import { BufferPool, type BufferPoolOptions } from './buffer-pool'

interface FakeBuffer { readonly size: number; readonly usage: number; destroyed: boolean }

/** A pool over a device that only counts. */
function counted(options: BufferPoolOptions) {
  const made: FakeBuffer[] = []
  const createBuffer = ({ size, usage }: GPUBufferDescriptor) => {
    const buffer = { size, usage, destroyed: false, destroy: () => void (buffer.destroyed = true) }
    made.push(buffer)
    return buffer as unknown as GPUBuffer
  }
  const pool = new BufferPool({ createBuffer }, options)
  return { pool, made, alive: () => made.filter(({ destroyed }) => !destroyed).reduce((sum, { size }) => sum + size, 0) }
}
const storage = 128

/** Work that takes buffers of sizes in proportion to a batch, holds some for long and others for a moment, and gives all of them back. */
function step(pool: BufferPool, batch: number): void {
  const held: GPUBuffer[] = []
  for (let layer = 1; layer <= 20; layer++) {
    held.push(pool.acquireBuffer(100 * batch * (1 + (layer % 3)), storage))
    const moments = [pool.acquireBuffer(16, 64), pool.acquireBuffer(10 * batch, storage)]
    moments.forEach((buffer) => pool.releaseBuffer(buffer))
  }
  while (held.length > 0) {
    const gradient = pool.acquireBuffer(held[held.length - 1].size, storage)
    pool.releaseBuffer(held.pop() as GPUBuffer)
    pool.releaseBuffer(gradient)
  }
}

describe('a pool of buffers', () => {
  it('gives work that repeats itself the same buffers again: none is made after the first step', () => {
    const { pool, made } = counted({ atLeast: 0, requests: 50 })
    step(pool, 8)
    const { length } = made
    for (let i = 0; i < 100; i++) step(pool, 8)
    expect(made).toHaveLength(length)
    expect(pool.numBytesUsed).toBe(0)
    expect(made.some(({ destroyed }) => destroyed)).toBe(false)
  })

  it('holds at most twice what recent work used at its height, over any number of batch sizes, and never destroys what is in use', () => {
    const { pool, made, alive } = counted({ atLeast: 0, requests: 100 })
    const kept = pool.acquireBuffer(12_345, storage) as unknown as FakeBuffer
    const height = 12_345 + 20 * 100 * 32 * 3 // no batch is larger than 32
    for (let i = 0; i < 200; i++) {
      step(pool, 1 + ((7 * i) % 32))
      expect(alive()).toBe(pool.numBytesAllocated)
      expect(alive()).toBeLessThanOrEqual(2 * height)
      expect(kept.destroyed).toBe(false)
    }
    expect(made.reduce((sum, { size }) => sum + size, 0)).toBeGreaterThan(10 * height)
  })

  it('gives memory back where small work follows large, after the requests that count as recent', () => {
    const { pool, alive } = counted({ atLeast: 1000, requests: 100 })
    step(pool, 32)
    const large = alive()
    for (let i = 0; i < 10; i++) step(pool, 1)
    const heightOfSmall = 20 * 100 * 2 + 10 + 16 + 300
    expect(alive()).toBeLessThan(2 * heightOfSmall + 1000)
    expect(large).toBeGreaterThan(10 * alive())
  })

  it('destroys those that lie idle the longest first', () => {
    const { pool, made } = counted({ atLeast: 300, times: 0 })
    const [a, b, c, d] = [1, 2, 3, 4].map((i) => pool.acquireBuffer(100 + i, storage))
    for (const buffer of [b, d, a, c]) pool.releaseBuffer(buffer)
    expect(made.map(({ destroyed }) => destroyed)).toEqual([false, true, false, true])
    expect(pool.acquireBuffer(101, storage)).toBe(a)
  })

  it('keeps at least what it may whatever is in use, makes a new one where reuse is false, and knows what it holds', () => {
    const { pool, made } = counted({ atLeast: 1000 })
    const buffer = pool.acquireBuffer(400, storage)
    pool.releaseBuffer(buffer)
    expect([pool.getNumUsedBuffers(), pool.getNumFreeBuffers(), pool.numBytesUsed, pool.numBytesAllocated]).toEqual([0, 1, 0, 400])
    expect(pool.acquireBuffer(400, 64)).not.toBe(buffer) // of another usage
    const fresh = pool.acquireBuffer(400, storage, true, false)
    expect(fresh).not.toBe(buffer)
    pool.releaseBuffer(fresh, false)
    expect(made.map(({ destroyed }) => destroyed)).toEqual([false, false, true])
    expect(pool.numBytesAllocated).toBe(800)
    pool.dispose()
    expect(made.every(({ destroyed }) => destroyed)).toBe(true)
    expect([pool.getNumUsedBuffers(), pool.getNumFreeBuffers(), pool.numBytesUsed, pool.numBytesAllocated]).toEqual([0, 0, 0, 0])
    pool.releaseBuffer(buffer) // too late, and no error: its tensor outlived the device
  })
})
