import { openBackend, type Backend } from '@sbgm/backends'
import { labelLogProbabilityGradient } from '@sbgm/guidance'
import { fillNormal, InvalidArgumentError, type Params } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { noisyClassifier } from '@sbgm/unet'
import { dispose, tensor, tensor1d, tidy } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eagerCompute } from '../compute/eager-compute'
import { onnxCompute } from '../compute/onnx-compute'
import { imagesAtHand } from '../judges/judge'
import { openClassifier } from './open-classifier'

let backend: Backend
let params: Params
const size = { height: 8, width: 8, channels: 1 }
const network = noisyClassifier({ ...size, classes: 4, baseWidth: 8, multipliers: [1, 2] })
const normals = (length: number, stream: string): Float32Array => {
  const values = new Float32Array(length)
  fillNormal(values, length, { seed: 1, stream, step: 0, firstSample: 0, draw: 0 })
  return values
}

beforeAll(async () => {
  backend = await openBackend({ engine: 'wasm' })
  const initial = network.init(1)
  params = tidy(() => Object.fromEntries(Object.entries(initial).map(([name, { shape, size: count }]) => [name, tensor(normals(count, name).map((value) => 0.3 * value), shape)])))
  dispose({ ...initial })
})
afterAll(async () => {
  dispose({ ...params })
  await backend.close()
})

const count = 10
const times = Float64Array.from({ length: count }, (_, i) => (i + 0.5) / count)
const labels = Array.from({ length: count }, (_, i) => i % 4)
const images = normals(count * 64, 'images')
const batchOf = (indices: readonly number[]) => tensor(Float32Array.from(indices.flatMap((i) => Array.from(images.subarray(64 * i, 64 * i + 64)))), [indices.length, 8, 8, 1])
const everyone = Array.from({ length: count }, (_, i) => i)

describe.each([['eagerly', eagerCompute], ['compiled', onnxCompute({ threads: 2 })]] as const)('an open classifier, %s', (_, compute) => {
  const opened = () => openClassifier(compute, { network, params }, size, 4)

  it('has the gradient of ln p(label | x) that @sbgm/guidance has eagerly (1e-4 of its size), each sample at its own time and label, in any batch', async () => {
    const classifier = opened()
    const gradientOf = async (indices: readonly number[]): Promise<Float32Array> => {
      const x = batchOf(indices)
      const found = await classifier.labelGradient(indices.map((i) => labels[i]))(x, Float64Array.from(indices, (i) => times[i]))
      const values = Float32Array.from(await found.data())
      expect(found.shape).toEqual(x.shape)
      dispose([x, found])
      return values
    }
    const x = batchOf(everyone)
    const eager = await labelLogProbabilityGradient((y, t) => network.apply(params, y, t), labels, { classes: 4 })(x, times)
    const expected = await eager.data()
    const largest = Math.max(...Array.from(expected, Math.abs))
    expect(largest).toBeGreaterThan(1e-3)
    const all = await gradientOf(everyone)
    all.forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThan(1e-4 * largest))
    const three = await gradientOf([7, 2, 9])
    three.forEach((value, i) => expect(Math.abs(value - expected[64 * [7, 2, 9][Math.floor(i / 64)] + (i % 64)])).toBeLessThan(1e-4 * largest))
    dispose([x, eager])
    await classifier.close()
  })

  it('takes one label for all samples, and refuses one that is no class, and another number of them than of samples', async () => {
    const classifier = opened()
    const x = batchOf([0, 1, 2])
    const at = new Float64Array(3).fill(0.4)
    const [one, each] = [await classifier.labelGradient(2)(x, at), await classifier.labelGradient([2, 2, 2])(x, at)]
    expect(await one.data()).toEqual(await each.data())
    for (const wrong of [4, -1, 1.5, NaN]) {
      expect(() => classifier.labelGradient(wrong)).toThrow(InvalidArgumentError)
      expect(() => classifier.labelGradient([0, wrong])).toThrow(/label must be an integer from 0 to 3/)
    }
    await expect(classifier.labelGradient([0, 1])(x, at)).rejects.toThrow(/labels must be one for each of the 3 samples/)
    dispose([x, one, each])
    await classifier.close()
  })

  it('classifies: the logits of the network at that time (1e-4 of the largest), also of more images than it takes at once', async () => {
    const classifier = opened()
    const many = Float32Array.from({ length: 260 * 64 }, (_, i) => images[i % images.length])
    const found = await classifier.classify(imagesAtHand(many, size), 0.3)
    const expected = await tidy(() => network.apply(params, batchOf(everyone), tensor1d(new Float32Array(count).fill(0.3)))).data()
    const largest = Math.max(...Array.from(expected, Math.abs))
    expect(found).toHaveLength(260 * 4)
    found.forEach((value, i) => expect(Math.abs(value - expected[i % (4 * count)])).toBeLessThan(1e-4 * largest))
    await classifier.close()
  })

  it('leaves no tensor behind, may be closed unused and twice, and stops by the signal with its reason', async () => {
    const reason = new Error('enough')
    expect(await tensorLeak(async () => {
      const classifier = opened()
      const x = batchOf([0, 1, 2])
      const gradient = await classifier.labelGradient(1)(x, new Float64Array(3).fill(0.4))
      dispose([x, gradient])
      await expect(classifier.classify(imagesAtHand(images, size), 0.3, AbortSignal.abort(reason))).rejects.toBe(reason)
      await classifier.classify(imagesAtHand(images, size), 0.3)
      await classifier.close()
      await classifier.close()
      await opened().close()
    })).toEqual(noLeak)
  })
})
