import { backend_util } from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planFilterGradient } from './filter-gradient'
import { columnsOf, rowsOf } from './product-tile'

const planned = (input: [number, number, number, number], edge: number, outputs: number, stride = 1) => {
  const shape = backend_util.computeConv2DInfo(input, [edge, edge, input[3], outputs], stride, 1, 'same')
  return { shape, plan: planFilterGradient(shape), weights: edge * edge * input[3] * outputs, pixels: shape.batchSize * shape.outHeight * shape.outWidth }
}

describe('the plan of a filter’s gradient', () => {
  it('covers every weight and every pixel once, within WebGPU’s limits; partial sums take 16 MiB at most, and K / 64 times the filter (seed 1, 500 shapes)', () => {
    const size = (max: number) => fc.integer({ min: 1, max })
    fc.assert(fc.property(fc.record({ batch: size(2048), edge: size(96), inputs: size(1100), outputs: size(1100), kernel: size(7), stride: size(3) }), ({ batch, edge, inputs, outputs, kernel, stride }) => {
      const { plan, weights, pixels } = planned([batch, edge, edge, inputs], kernel, outputs, stride)
      const [across, down, splits] = plan.dispatch
      expect(across).toBe(Math.ceil(outputs / columnsOf(plan.tile)))
      expect(down).toBe(Math.ceil((kernel * kernel * inputs) / rowsOf(plan.tile)))
      expect(splits * plan.rowsPerSplit).toBeGreaterThanOrEqual(pixels)
      expect((splits - 1) * plan.rowsPerSplit).toBeLessThan(pixels)
      expect(Math.max(...plan.dispatch)).toBeLessThanOrEqual(65_535)
      if (splits > 1) expect(splits * weights).toBeLessThanOrEqual(Math.min(2 ** 22, (pixels / 64) * weights))
    }), { seed: 1, numRuns: 500 })
  })

  it.each([
    [28, 1, 32, 3, 1], [28, 32, 32, 3, 1], [28, 96, 32, 3, 1], [28, 32, 1, 3, 1], [28, 32, 32, 3, 2], [14, 64, 64, 3, 1], [14, 128, 64, 1, 1], [7, 64, 64, 3, 1], [28, 256, 256, 3, 1],
  ])('has at least 768 workgroups for a batch of 128 and of 512: edge %i, channels %i → %i, kernel %i, stride %i', (edge, inputs, outputs, kernel, stride) => {
    for (const batch of [128, 512]) {
      const [across, down, splits] = planned([batch, edge, edge, inputs], kernel, outputs, stride).plan.dispatch
      expect(across * down * splits).toBeGreaterThanOrEqual(768)
    }
  })
})
