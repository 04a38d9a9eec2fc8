import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { onGpu } from '../on-gpu.fixture'

onGpu()

const computed = async (of: typeof tf.sin, values: Float32Array) => {
  const x = tf.tensor1d(values)
  const result = of(x)
  const numbers = await result.data()
  tf.dispose([x, result])
  return numbers
}

describe.each([['sine', tf.sin, Math.sin], ['cosine', tf.cos, Math.cos]] as const)('%s on webgpu', (_name, of, exact) => {
  it('is right to 1.5 · 2⁻²³ of 1 at 100,000 points from −12,000 to 12,000, and as near to its zeros', async () => {
    const spread = Float32Array.from({ length: 50_000 }, (_, i) => 12_000 * Math.sinh(8 * (i / 25_000 - 1)) / Math.sinh(8))
    const multiples = Float32Array.from({ length: 50_000 }, (_, i) => (Math.PI / 2) * (i % 7_600) * (i % 2 === 0 ? 1 : -1) + (i % 13) * 1e-4)
    for (const values of [spread, multiples]) {
      const numbers = await computed(of, values)
      const worst = values.reduce((most, value, i) => Math.max(most, Math.abs((numbers[i] ?? NaN) - exact(value))), 0)
      expect(worst).toBeLessThan(1.5 * 2 ** -23)
      expect(numbers.some(Number.isNaN)).toBe(false)
    }
  })

  it('of whole numbers that were cast to float32, which TensorFlow.js does in name alone, is that of the numbers', async () => {
    const whole = tf.tensor1d([0, 1, -2, 3], 'int32')
    const result = tf.tidy(() => of(tf.cast(whole, 'float32')))
    ;(await result.data()).forEach((value, i) => expect(Math.abs(value - exact([0, 1, -2, 3][i] ?? NaN))).toBeLessThan(1.5 * 2 ** -23))
    tf.dispose([whole, result])
  })

  it('keeps the shape, takes no numbers at all, and beyond 12,000 is what WGSL has', async () => {
    const [x, nothing] = [tf.tensor2d([[0, 1, 2], [3, 4, 5]]), tf.tensor1d([])]
    const [result, empty] = [of(x), of(nothing)]
    expect([result.shape, empty.shape]).toEqual([[2, 3], [0]])
    ;(await result.data()).forEach((value, i) => expect(Math.abs(value - exact(i))).toBeLessThan(1.5 * 2 ** -23))
    tf.dispose([x, nothing, result, empty])
    const far = await computed(of, Float32Array.of(2e4, -3e6))
    far.forEach((value) => expect(Math.abs(value)).toBeLessThanOrEqual(1.01))
  })
})
