import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { onGpu } from '../on-gpu.fixture'

onGpu()

describe('a vector on webgpu, taken apart and put together by kernels of its own,', () => {
  it('gives parts of every shape to the bit, and they give the vector; more of them than a dispatch binds, too', async () => {
    const cases: readonly (readonly number[])[][] = [
      [[5]],
      [[1], [999], [], [3, 100], [2, 5, 7, 10]],
      Array.from({ length: 61 }, (_, i) => [1 + (i % 5), 20 + i]),
      [[3, 3, 100, 200], [7], [300, 100]],
    ]
    for (const shapes of cases) {
      const sizes = shapes.map((shape) => shape.reduce((size, axis) => size * axis, 1))
      const data = Float32Array.from({ length: sizes.reduce((sum, size) => sum + size, 0) }, (_, i) => i + 0.25)
      const flat = tf.tensor1d(data)
      const parts: tf.Tensor[] = tf.engine().runKernel('sbgm.Unflatten', { flat }, { shapes } as unknown as tf.NamedAttrMap)
      expect(parts.map(({ shape }) => shape)).toEqual(shapes)
      let from = 0
      for (const [i, part] of parts.entries()) expect(await part.data()).toEqual(data.slice(from, (from += sizes[i])))
      const copies = parts.map((part) => tf.mul(part, 1)) // results, in buffers of their own
      const joined: tf.Tensor = tf.engine().runKernel('sbgm.Flatten', { ...copies } as unknown as tf.NamedTensorMap)
      expect(joined.shape).toEqual([data.length])
      expect(await joined.data()).toEqual(data)
      tf.dispose([flat, joined, ...parts, ...copies])
      expect(tf.memory().numTensors).toBe(0)
    }
  })
})
