import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { broadcastBatch } from './batch-index'

describe('broadcastBatch', () => {
  it('repeats dimensions of 1 on either side', () => {
    const { shape, left, right } = broadcastBatch([2, 1], [3])
    expect(shape).toEqual([2, 3])
    expect([...left]).toEqual([0, 0, 0, 1, 1, 1])
    expect([...right]).toEqual([0, 1, 2, 0, 1, 2])
  })

  it('makes one product of two single matrices', () => {
    expect(broadcastBatch([], [])).toEqual({ shape: [], left: Int32Array.of(0), right: Int32Array.of(0) })
  })

  it('walks equal batches side by side (any shape up to 4 × 4 × 4)', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }), (batch) => {
      const { shape, left, right } = broadcastBatch(batch, batch)
      expect(shape).toEqual(batch)
      expect([...left]).toEqual([...left.keys()])
      expect(right).toEqual(left)
    }), { seed: 1 })
  })

  it('mirrors when its operands are swapped', () => {
    const [one, other] = [broadcastBatch([2, 1, 3], [4, 1]), broadcastBatch([4, 1], [2, 1, 3])]
    expect(one.shape).toEqual(other.shape)
    expect(one.left).toEqual(other.right)
    expect(one.right).toEqual(other.left)
  })

  it('refuses dimensions that differ, with both shapes and a remedy', () => {
    expect(() => broadcastBatch([2, 3], [2])).toThrow(
      new RangeError('Batch dimensions of a matMul must be equal or 1; got [2, 3] and [2]. Reshape or tile one of the operands.'),
    )
  })
})
