import '@tensorflow/tfjs-layers'
import { openBackend, type Backend } from '@sbgm/backends'
import { fillNormal, predictor, vpSde, type Params } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { unet } from '@sbgm/unet'
import { dispose, mul, neg, tensor, tidy, type Tensor } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { eagerCompute } from './eager-compute'
import { onnxCompute } from './onnx-compute'
import { openDifferentiable } from './open-differentiable'

let backend: Backend
beforeAll(async () => {
  backend = await openBackend({ engine: 'wasm' })
})
afterAll(() => backend.close())

const sde = vpSde()
const network = unet({ height: 4, width: 4, channels: 1, predicts: 'noise', baseWidth: 8, multipliers: [1, 2], blocksPerLevel: 1 })
const normals = (shape: readonly number[], stream: string) => {
  const data = new Float32Array(shape.reduce((product, axis) => product * axis, 1))
  fillNormal(data, data.length, { seed: 1, stream, step: 0, firstSample: 0, draw: 0 })
  return tensor(data, [...shape])
}
/** Weights none of which is zero, as some are at a network's start. */
const stirred = (): Params => tidy(() => {
  const initial = network.init(1)
  const weights = Object.fromEntries(Object.entries(initial).map(([name, { shape }]) => [name, mul(normals(shape, name), 0.3)]))
  dispose({ ...initial })
  return weights
})
const close = async (a: Tensor, b: Tensor): Promise<void> => {
  const [found, expected] = [Array.from(await a.data()), Array.from(await b.data())]
  const largest = Math.max(...expected.map(Math.abs))
  expect(largest).toBeGreaterThan(0.01)
  expect(Math.max(...expected.map((value, i) => Math.abs(value - found[i])))).toBeLessThan(1e-4 * largest)
}

it.each([['eager', eagerCompute], ['compiled', onnxCompute({ threads: 2 })]] as const)('%s, prediction and product are those of TensorFlow.js (1e-4 of the largest), whatever v, in batches of any size, and nothing is left behind', async (_, compute) => {
  const params = stirred()
  const eager = predictor(network, params, sde)
  expect(await tensorLeak(async () => {
    const model = openDifferentiable(compute, network, params, sde, { tMin: 1e-3, rows: 2 })
    for (const batch of [3, 1]) {
      const [x, v] = [normals([batch, 4, 4, 1], 'x'), normals([batch, 4, 4, 1], 'v')]
      const t = Float64Array.from({ length: batch }, (_value, i) => 0.2 + 0.3 * i)
      for (const covector of [v, (prediction: Tensor) => neg(prediction)]) {
        const [found, expected] = [await model.vectorJacobian(x, t, covector), await eager.vectorJacobian(x, t, covector)]
        await close(found.prediction, expected.prediction)
        await close(found.product, expected.product)
        dispose([found.prediction, found.product, expected.prediction, expected.product])
      }
      const [found, expected] = [await model.evaluate(x, t), await eager.evaluate(x, t)]
      await close(found, expected)
      dispose([x, v, found, expected])
    }
    await model.close()
    await model.close()
  })).toEqual(noLeak)
  dispose({ ...params })
})
