import { backend_util } from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planInputGradient } from './input-gradient'
import { columnsOf, rowsOf } from './product-tile'

const most = 65_535

describe('the plan of an input’s gradient', () => {
  it('covers every pixel of every phase and every channel, within WebGPU’s limits, for images of up to 2⁴⁰ numbers (seed 1, 500 shapes)', () => {
    const size = (max: number) => fc.integer({ min: 1, max })
    fc.assert(fc.property(fc.record({ batch: size(4096), edge: size(512), inputs: size(1024), stride: size(3) }), ({ batch, edge, inputs, stride }) => {
      const shape = backend_util.computeConv2DInfo([batch, edge, edge, inputs], [3, 3, inputs, 8], stride, 1, 'same')
      const { tile, dispatch: [x, y, z] } = planInputGradient(shape, most)
      expect(x).toBe(stride * stride * Math.ceil(inputs / columnsOf(tile)))
      expect(y * z * rowsOf(tile)).toBeGreaterThanOrEqual(batch * Math.ceil(edge / stride) ** 2)
      expect((y * z - z) * rowsOf(tile)).toBeLessThan(batch * Math.ceil(edge / stride) ** 2)
      expect(Math.max(x, y, z)).toBeLessThanOrEqual(most)
    }), { seed: 1, numRuns: 500 })
  })

  it.each([
    [28, 1, 1], [28, 32, 1], [28, 96, 1], [28, 32, 2], [14, 64, 1], [14, 64, 2], [7, 64, 1], [28, 256, 1],
  ])('has at least 384 workgroups for a batch of 128 and of 512: edge %i, channels %i, stride %i', (edge, inputs, stride) => {
    for (const batch of [128, 512]) {
      const [x, y, z] = planInputGradient(backend_util.computeConv2DInfo([batch, edge, edge, inputs], [3, 3, inputs, 64], stride, 1, 'same'), most).dispatch
      expect(x * y * z).toBeGreaterThanOrEqual(384)
    }
  })
})
