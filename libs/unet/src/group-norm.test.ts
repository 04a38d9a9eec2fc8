import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { fillNormal } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import {
  add, dispose, getKernel, grad, grads, mean, mul, registerKernel, reshape, rsqrt, setBackend, square, sub, sum, tensor, tensor1d, tensor4d, unregisterKernel,
  type DataId, type DataType, type Tensor, type Tensor2D, type Tensor4D, type TensorInfo,
} from '@tensorflow/tfjs-core'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { groupNorm } from './group-norm'

beforeAll(() => setBackend('cpu'))

const [batch, height, width, channels] = [3, 4, 6, 6]
const normals = (size: number, stream: string) => {
  const values = new Float32Array(size)
  fillNormal(values, size, { seed: 3, stream, step: 0, firstSample: 0, draw: 0 })
  return values
}
const size = batch * height * width * channels
const images = (mean = 0, std = 1) => normals(size, 'x').map((value) => mean + std * value)
const scale = normals(channels, 'scale')
const shift = normals(channels, 'shift')
const offset = normals(batch * channels, 'offset')

/** The definition in float64. */
function reference(x: ArrayLike<number>, groups: number, offsets?: ArrayLike<number>): Float64Array {
  const members = channels / groups
  const at = (n: number, pixel: number, c: number) => (n * height * width + pixel) * channels + c
  const out = new Float64Array(x.length)
  for (let n = 0; n < batch; n++) {
    for (let g = 0; g < groups; g++) {
      const places = Array.from({ length: height * width * members }, (_, i) => [Math.floor(i / members), g * members + (i % members)] as const)
      const values = places.map(([pixel, c]) => x[at(n, pixel, c)] + (offsets?.[n * channels + c] ?? 0))
      const mu = values.reduce((a, b) => a + b, 0) / values.length
      const variance = values.reduce((a, b) => a + (b - mu) ** 2, 0) / values.length
      places.forEach(([pixel, c], i) => {
        out[at(n, pixel, c)] = scale[c] * (values[i] - mu) / Math.sqrt(variance + 1e-5) + shift[c]
      })
    }
  }
  return out
}

const apply = (groups: number, x: Tensor4D, gamma: Tensor, beta: Tensor, added?: Tensor2D): Tensor4D =>
  groupNorm('n', { shape: [height, width, channels], groups }).apply({ 'n.scale': gamma, 'n.shift': beta }, x, added)

const evaluate = async (groups: number, x: Float32Array, offsets?: Float32Array) =>
  apply(groups, tensor4d(x, [batch, height, width, channels]), tensor1d(scale), tensor1d(shift), offsets && (tensor(offsets, [batch, channels]) as Tensor2D)).data()

/** Runs with the cpu backend's mean over the pixels of images replaced by one that adds in float32, as compiled backends do. */
async function withFloat32Means(run: () => Promise<void>): Promise<void> {
  const stock = getKernel('Mean', 'cpu')
  unregisterKernel('Mean', 'cpu')
  registerKernel({
    kernelName: 'Mean',
    backendName: 'cpu',
    kernelFunc({ inputs, backend }) {
      const { x } = inputs as { x: TensorInfo }
      const cpu = backend as unknown as Storage
      const values = cpu.data.get(x.dataId).values
      const sums = new Float32Array(batch * channels)
      values.forEach((value, i) => { sums[Math.floor(i / (height * width * channels)) * channels + (i % channels)] += value })
      return cpu.makeTensorInfo([batch, channels], 'float32', sums.map((total) => total / (height * width)))
    },
  })
  try {
    await run()
  } finally {
    unregisterKernel('Mean', 'cpu')
    registerKernel(stock)
  }
}

interface Storage {
  readonly data: { get(id: DataId): { readonly values: Float32Array } }
  makeTensorInfo(shape: number[], dtype: DataType, values: Float32Array): TensorInfo
}

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>) => Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i])))

describe('group normalisation', () => {
  it.each([1, 2, 3, 6])('is its definition in float64 to 1e-5, with %s groups, with and without an offset', async (groups) => {
    expect(largestDifference(await evaluate(groups, images()), reference(images(), groups))).toBeLessThan(1e-5)
    expect(largestDifference(await evaluate(groups, images(), offset), reference(images(), groups, offset))).toBeLessThan(1e-5)
  })

  it.each([[100, 0.01], [-3e4, 1], [1e-3, 1e-6], [0, 1e4]])('keeps its digits for images of mean %s and std %s, where sums are of float32, too (1e-4)', async (mu, std) => {
    const x = images(mu, std)
    expect(largestDifference(await evaluate(2, x), reference(x, 2))).toBeLessThan(1e-4)
    await withFloat32Means(async () => {
      expect(largestDifference(await evaluate(2, x), reference(x, 2))).toBeLessThan(1e-4)
    })
  })

  it('of one colour is the shift', async () => {
    const output = await evaluate(2, new Float32Array(size).fill(0.7))
    expect(largestDifference(output, Float64Array.from({ length: size }, (_, i) => shift[i % channels]))).toBeLessThan(1e-4)
  })

  it.each([1, 3])('has the gradients that the tape gives of the textbook form (1e-5 of the largest; %s groups)', async (groups) => {
    const weights = tensor(normals(size, 'weights'), [batch, height, width, channels])
    const textbook = (x: Tensor, gamma: Tensor, beta: Tensor, added: Tensor) => {
      const grouped = reshape(add(x, reshape(added, [batch, 1, 1, channels])), [batch, height * width, groups, channels / groups])
      const centred = sub(grouped, mean(grouped, [1, 3], true))
      const normal = mul(centred, rsqrt(add(mean(square(centred), [1, 3], true), 1e-5)))
      return add(mul(reshape(normal, x.shape), gamma), beta)
    }
    const at = [tensor(images(0.5, 2), [batch, height, width, channels]), tensor1d(scale), tensor1d(shift), tensor(offset, [batch, channels])]
    const expected = grads((x, gamma, beta, added) => sum(mul(weights, textbook(x, gamma, beta, added))))(at)
    const actual = grads((x, gamma, beta, added) => sum(mul(weights, apply(groups, x as Tensor4D, gamma, beta, added as Tensor2D))))(at)
    for (const [i, gradient] of expected.entries()) {
      const wanted = await gradient.data()
      expect(actual[i].shape).toEqual(at[i].shape)
      expect(largestDifference(await actual[i].data(), wanted)).toBeLessThan(1e-5 * Math.max(...wanted.map(Math.abs), 1))
    }
  })

  it('leaves nothing behind but what it returns, its gradient neither', async () => {
    const at = [tensor(images(), [batch, height, width, channels]), tensor1d(scale), tensor1d(shift)] as const
    expect(await tensorLeak(() => dispose(apply(2, at[0] as Tensor4D, at[1], at[2])))).toEqual(noLeak)
    const gradient = grads((x, gamma, beta) => sum(apply(2, x as Tensor4D, gamma, beta)))
    expect(await tensorLeak(() => dispose(gradient([...at])))).toEqual(noLeak)
  })
})

describe('group normalisation on a backend with kernels of its own', () => {
  const shape: [number, number, number, number] = [batch, height, width, channels]
  const at = () => [tensor4d(images(), shape), tensor1d(scale), tensor1d(shift), tensor(offset, [batch, channels])] as const
  const calls: { kernel: string, inputs: Record<string, readonly number[]>, attributes: unknown }[] = []
  const provided = ['sbgm.GroupNorm', 'sbgm.GroupNormGrad']
  /** Kernels that note their call and give numbers that can be told apart: 7 forward; 1, 2, 3, 4 for the gradients in x, scale, shift and offset. */
  const provide = (names = provided) => names.forEach((kernelName) => registerKernel({
    kernelName,
    backendName: 'cpu',
    kernelFunc({ inputs, attrs, backend }) {
      const given = inputs as Record<string, TensorInfo>
      calls.push({ kernel: kernelName, inputs: Object.fromEntries(Object.entries(given).map(([name, info]) => [name, info.shape])), attributes: attrs })
      const filled = (like: TensorInfo, value: number) => (backend as unknown as Storage).makeTensorInfo(like.shape, 'float32', new Float32Array(like.shape.reduce((a, b) => a * b)).fill(value))
      if (kernelName === 'sbgm.GroupNorm') return filled(given['x'], 7)
      return ['x', 'scale', 'shift', 'offset'].filter((name) => name in given).map((name, i) => filled(given[name], i + 1))
    },
  }))
  afterEach(() => {
    calls.length = 0
    for (const name of provided) if ((getKernel(name, 'cpu') as unknown) !== undefined) unregisterKernel(name, 'cpu')
  })
  const layer = groupNorm('n', { shape: [height, width, channels], groups: 2, activation: 'silu' })
  const layered = (x: Tensor, gamma: Tensor, beta: Tensor, added?: Tensor) => layer.apply({ 'n.scale': gamma, 'n.shift': beta }, x as Tensor4D, added as Tensor2D)
  const attributes = { groups: 2, epsilon: 1e-5, activation: 'silu' }

  it('is what they give: asked with the inputs by name, activation and all, and the gradients go where they belong', async () => {
    provide()
    const [x, gamma, beta, added] = at()
    expect((await layered(x, gamma, beta, added).data()).every((value) => value === 7)).toBe(true)
    const inputs = { x: shape, scale: [channels], shift: [channels], offset: [batch, channels] }
    expect(calls).toEqual([{ kernel: 'sbgm.GroupNorm', inputs, attributes }])
    const gradients = grads((...given: Tensor[]) => sum(layered(given[0], given[1], given[2], given[3])))([x, gamma, beta, added])
    expect(calls[2]).toEqual({ kernel: 'sbgm.GroupNormGrad', inputs: { ...inputs, dy: shape }, attributes })
    for (const [i, gradient] of gradients.entries()) expect((await gradient.data()).every((value) => value === i + 1)).toBe(true)
    calls.length = 0
    grads((...given: Tensor[]) => sum(layered(given[0], given[1], given[2])))([x, gamma, beta])
    expect(calls.map((call) => Object.keys(call.inputs))).toEqual([['x', 'scale', 'shift'], ['x', 'scale', 'shift', 'dy']])
  })

  it('refuses a second derivative, and leaves nothing behind', async () => {
    provide()
    const [x, gamma, beta] = at()
    const twice = grad((u: Tensor) => sum(grad((v: Tensor) => sum(square(layered(v, gamma, beta))))(u)))
    expect(() => twice(x)).toThrow('must be differentiated once only')
    expect(await tensorLeak(() => dispose(grads((...given: Tensor[]) => sum(layered(given[0], given[1], given[2])))([x, gamma, beta])))).toEqual(noLeak)
  })

  it('is composed, to the bit, where one of them is missing', async () => {
    const [x, gamma, beta, added] = at()
    const composed = await layered(x, gamma, beta, added).data()
    provide(['sbgm.GroupNorm'])
    expect(await layered(x, gamma, beta, added).data()).toEqual(composed)
    expect(calls).toEqual([])
  })
})
