import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { conv2d, grad, mul, sum, type Tensor4D } from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { inputValues } from '../host-forms'
import { lowerGraph } from '../lower/lower-graph'
import { encodeModel } from '../model/encode-model'
import { openSession } from '../run/session'
import { trace } from '../trace/trace'
import { floats } from './kernel-case.fixture'

it("a filter's gradient whose patches of two images are more than are gathered at a time is the processor's, to 1e-5 of the largest number", async () => {
  const feeds = { x: floats([2, 64, 64, 9]), dy: floats([2, 64, 64, 1], [-1, 1], 2) }
  const form = (shape: readonly number[]) => ({ shape, dtype: 'float32' as const })
  const graph = trace(({ filter, x, dy }) => ({ gradient: grad((weights) => sum(mul(conv2d(x as Tensor4D, weights as Tensor4D, 1, 'same'), dy)))(filter) }),
    inputValues({ filter: form([31, 31, 9, 1]), x: form(feeds.x.shape), dy: form(feeds.dy.shape) })) // 141 MB of patches for each image
  const gradients = await Promise.all((['webgpu', 'cpu'] as const).map(async (device) => {
    const lowered = lowerGraph(graph, { device })
    expect(lowered.nodes.filter(({ operator }) => operator === 'Gather').length, device).toBe(device === 'webgpu' ? 2 : 0)
    const session = await openSession(encodeModel({ ...lowered, inputs: lowered.inputs.filter(({ name }) => name !== 'filter') })) // graphs for either run on the processor
    const { gradient } = await session.run(feeds)
    await session.close()
    return gradient
  }))
  const [patches, plain] = gradients.map(({ data }) => Array.from(data))
  const largest = plain.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  expect(largest).toBeGreaterThan(1)
  expect(patches.reduce((most, value, i) => Math.max(most, Math.abs(value - plain[i])), 0)).toBeLessThan(1e-5 * largest)
})
