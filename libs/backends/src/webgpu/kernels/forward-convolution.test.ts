import { backend_util } from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planForward } from './forward-convolution'
import { columnsOf, rowsOf } from './product-tile'

const most = 65_535

describe('the plan of a convolution', () => {
  it('covers every pixel and every channel, within WebGPU’s limits, for images of up to 2⁴⁰ numbers (seed 1, 500 shapes)', () => {
    const size = (max: number) => fc.integer({ min: 1, max })
    fc.assert(fc.property(fc.record({ batch: size(4096), edge: size(512), outputs: size(1024), stride: size(3) }), ({ batch, edge, outputs, stride }) => {
      const { tile, dispatch: [x, y, z] } = planForward(backend_util.computeConv2DInfo([batch, edge, edge, 8], [3, 3, 8, outputs], stride, 1, 'same'), most)
      expect(x).toBe(Math.ceil(outputs / columnsOf(tile)))
      expect(y * z * rowsOf(tile)).toBeGreaterThanOrEqual(batch * Math.ceil(edge / stride) ** 2)
      expect((y * z - z) * rowsOf(tile)).toBeLessThan(batch * Math.ceil(edge / stride) ** 2)
      expect(Math.max(x, y, z)).toBeLessThanOrEqual(most)
    }), { seed: 1, numRuns: 500 })
  })
})
