import { openBackend } from '@sbgm/backends'
import { fillNormal, type Params } from '@sbgm/sde-core'
import { parametersFromHost, parametersToHost, type HostArray } from '@sbgm/training'
import { unet } from '@sbgm/unet'
import { dispose, grads, mul, square, sum, tensor, tensor1d, tidy, type Scalar, type Tensor } from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'

const network = unet({ height: 28, width: 28, predicts: 'noise', baseWidth: 8, groups: 4 }) // two features to a group: of one alone the normalisation would take away what it is told of the time

const normals = (stream: string, shape: readonly number[]): HostArray => {
  const data = new Float32Array(shape.reduce((size, axis) => size * axis, 1))
  fillNormal(data, data.length, { seed: 4, stream, step: 0, firstSample: 0, draw: 0 })
  return { data, shape }
}

/** Output and all gradients of a loss on one engine; no weight is zero. */
async function derivatives(engine: 'cpu' | 'wasm'): Promise<Readonly<Record<string, HostArray>>> {
  const backend = await openBackend({ engine })
  try {
    const like = network.init(1)
    const arrays = Object.fromEntries(Object.entries(like).map(([name, { shape }]) => {
      const { data } = normals(name, shape)
      return [name, { data: data.map((value) => 0.1 * value), shape }]
    }))
    const params = parametersFromHost(arrays, like)
    const names = Object.keys(params)
    const results = tidy(() => {
      const x = tensor(normals('x', [2, 28, 28, 1]).data, [2, 28, 28, 1])
      const weights = tensor(normals('weights', [2, 28, 28, 1]).data, [2, 28, 28, 1])
      const t = tensor1d([0.1, 0.8])
      const named = (tensors: readonly Tensor[]): Params => Object.fromEntries(names.map((name, i) => [name, tensors[i]]))
      const loss = (...tensors: Tensor[]) => sum(mul(weights, square(network.apply(named(tensors), tensors[names.length], t)))) as Scalar
      const gradients = grads(loss)([...names.map((name) => params[name]), x])
      return { output: network.apply(params, x, t), ...named(gradients), x: gradients[names.length] } as Params
    })
    const host = await parametersToHost(results)
    dispose([{ ...results }, { ...params }, { ...like }])
    return host
  } finally {
    await backend.close()
  }
}

it('a UNet says the same on wasm as on cpu, and has the same gradients: within 1e-4 of the largest number of each, or 1e-7 of all (batch 2)', async () => {
  const [cpu, wasm] = [await derivatives('cpu'), await derivatives('wasm')]
  expect(Object.keys(wasm)).toEqual(Object.keys(cpu))
  const largestOf = ({ data }: HostArray) => data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  const overall = Math.max(...Object.values(cpu).map(largestOf))
  for (const [name, { data, shape }] of Object.entries(cpu)) {
    const largest = largestOf({ data, shape })
    const difference = data.reduce((most, value, i) => Math.max(most, Math.abs(value - wasm[name].data[i])), 0)
    if (name !== 'middle.attention.key.bias') expect(largest, name).toBeGreaterThan(1e-6 * overall) // that one changes nothing: softmax ignores a shift
    expect(difference, name).toBeLessThan(Math.max(1e-4 * largest, 1e-7 * overall))
  }
})
