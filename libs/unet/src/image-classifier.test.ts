import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { fillNormal, InvalidArgumentError, ShapeError, type Params } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { add, dispose, grads, mul, setBackend, sum, tensor, tensor4d, zeros, type Scalar, type Tensor } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { imageClassifier } from './image-classifier'

beforeAll(() => setBackend('cpu'))

const small = { height: 5, width: 6, channels: 2, classes: 3, widths: [3, 4], features: 5 }
const network = imageClassifier(small)
const batch = 2
const shape: [number, number, number, number] = [batch, small.height, small.width, small.channels]

const normals = (count: number, stream: string): Float32Array => {
  const values = new Float32Array(count)
  fillNormal(values, count, { seed: 5, stream, step: 0, firstSample: 0, draw: 0 })
  return values
}

const x = normals(batch * small.height * small.width * small.channels, 'x')

/** Parameters with every entry random, the biases and the logits' kernel too; seed 5. */
const randomParams = (): Params =>
  Object.fromEntries(Object.entries(network.init(0)).map(([name, { shape: own, size }]) => [name, tensor(normals(size, name).map((v) => 0.5 * v), own)]))

type HostArrays = Readonly<Record<string, Float64Array>>

const onHost = async (tensors: Params): Promise<HostArrays> =>
  Object.fromEntries(await Promise.all(Object.entries(tensors).map(async ([name, value]) => [name, Float64Array.from(await value.data())] as const)))

/** A number and by how much float32 arithmetic may miss it. */
interface Bounded { readonly value: number; readonly error: number }

const unit = 2 ** -24

/** Σ a·w + bias with the error of summing in float32 in any order. */
function weighted(terms: readonly (readonly [Bounded, number])[], bias: number): Bounded {
  const value = terms.reduce((total, [a, w]) => total + a.value * w, bias)
  const size = terms.reduce((total, [a, w]) => total + (Math.abs(a.value) + a.error) * Math.abs(w), Math.abs(bias))
  return { value, error: terms.reduce((total, [a, w]) => total + a.error * Math.abs(w), 0) + (terms.length + 2) * unit * size }
}

const silu = ({ value, error }: Bounded): Bounded => {
  const result = value / (1 + Math.exp(-value))
  return { value: result, error: 1.1 * error + 4 * unit * Math.abs(result) } // |SiLU'| < 1.1
}

/** An image, or what a convolution made of it: rows × columns × channels. */
interface Plane { readonly rows: number; readonly columns: number; readonly channels: number; readonly at: readonly Bounded[] }

/** SiLU of a convolution of stride 2, padded by half the kernel on every side, as PyTorch does. */
function convolved({ rows, columns, channels, at }: Plane, size: number, kernel: Float64Array, bias: Float64Array): Plane {
  const out = bias.length
  const [outRows, outColumns] = [Math.ceil(rows / 2), Math.ceil(columns / 2)]
  const edge = (size - 1) / 2
  const result: Bounded[] = []
  for (let r = 0; r < outRows; r++) {
    for (let c = 0; c < outColumns; c++) {
      for (let o = 0; o < out; o++) {
        const terms: [Bounded, number][] = []
        for (let i = 0; i < size; i++) {
          for (let j = 0; j < size; j++) {
            const [row, column] = [2 * r + i - edge, 2 * c + j - edge]
            if (row < 0 || row >= rows || column < 0 || column >= columns) continue
            for (let k = 0; k < channels; k++) {
              terms.push([at[(row * columns + column) * channels + k], kernel[((i * size + j) * channels + k) * out + o]])
            }
          }
        }
        result.push(silu(weighted(terms, bias[o])))
      }
    }
  }
  return { rows: outRows, columns: outColumns, channels: out, at: result }
}

/** The definition in float64, from loops, for one image. */
function reference(host: HostArrays, image: Float64Array): { readonly features: Bounded[]; readonly logits: Bounded[] } {
  const input: Plane = { rows: small.height, columns: small.width, channels: small.channels, at: Array.from(image, (value) => ({ value, error: 0 })) }
  const first = convolved(input, 5, host['conv.0.kernel'], host['conv.0.bias'])
  const second = convolved(first, 3, host['conv.1.kernel'], host['conv.1.bias'])
  const layer = (from: readonly Bounded[], name: string) =>
    Array.from(host[`${name}.bias`], (bias, j, all = host[`${name}.bias`]) =>
      weighted(from.map((a, i) => [a, host[`${name}.kernel`][i * all.length + j]] as const), bias))
  const features = layer(second.at, 'features').map(silu)
  return { features, logits: layer(features, 'logits') }
}

const imageOf = (images: Float64Array, i: number): Float64Array => images.subarray((i * images.length) / batch, ((i + 1) * images.length) / batch)

describe('the image classifier', () => {
  it('is its definition, evaluated in float64 by loops, to the rounding errors that the float64 path adds up', async () => {
    const params = randomParams()
    const { logits, features } = network.apply(params, tensor4d(x, shape))
    expect([logits.shape, features.shape]).toEqual([[batch, 3], [batch, 5]])
    const host = await onHost(params)
    const outputs = { logits: await logits.data(), features: await features.data() }
    for (let i = 0; i < batch; i++) {
      const expected = reference(host, imageOf(Float64Array.from(x), i))
      for (const name of ['logits', 'features'] as const) {
        expected[name].forEach(({ value, error }, j) => {
          expect(error).toBeLessThan(1e-2 * Math.max(1, Math.abs(value))) // so that the bound says something
          expect(Math.abs(outputs[name][i * expected[name].length + j] - value)).toBeLessThanOrEqual(error)
        })
      }
    }
  })

  it('has gradients in every parameter and in x that are central differences of the float64 definition (1e-4 of the largest)', async () => {
    const params = randomParams()
    const names = Object.keys(params)
    const [a, b] = [normals(batch * 3, 'a'), normals(batch * 5, 'b')]
    const loss = (...tensors: Tensor[]): Scalar => {
      const { logits, features } = network.apply(Object.fromEntries(names.map((name, i) => [name, tensors[i]])), tensors[names.length])
      return add(sum(mul(logits, tensor(a, [batch, 3]))), sum(mul(features, tensor(b, [batch, 5])))) as Scalar
    }
    const gradients = grads(loss)([...names.map((name) => params[name]), tensor4d(x, shape)])
    const host: HostArrays = { ...(await onHost(params)), x: Float64Array.from(x) }
    const dot = (values: readonly Bounded[], weights: Float32Array, i: number) =>
      values.reduce((total, { value }, j) => total + value * weights[i * values.length + j], 0)
    const exactLoss = (at: HostArrays) =>
      [0, 1].reduce((total, i) => {
        const { logits, features } = reference(at, imageOf(at['x'], i))
        return total + dot(logits, a, i) + dot(features, b, i)
      }, 0)
    const h = 1e-5
    for (const [k, name] of [...names, 'x'].entries()) {
      const gradient = await gradients[k].data()
      const differences = host[name].map((value, i) => {
        const shifted = (step: number) => exactLoss({ ...host, [name]: host[name].with(i, value + step) })
        return (shifted(h) - shifted(-h)) / (2 * h)
      })
      const largest = Math.max(...differences.map(Math.abs))
      expect(largest).toBeGreaterThan(0)
      differences.forEach((difference, i) => expect(Math.abs(gradient[i] - difference)).toBeLessThan(1e-4 * largest))
    }
  })

  it('judges each image alone: a batch is its images one by one, bit for bit', async () => {
    const params = randomParams()
    const whole = await network.apply(params, tensor4d(x, shape)).logits.data()
    const half = x.length / 2
    for (const i of [0, 1]) {
      const alone = network.apply(params, tensor4d(x.subarray(i * half, (i + 1) * half), [1, 5, 6, 2]))
      expect(await alone.logits.data()).toEqual(whole.slice(3 * i, 3 * i + 3))
    }
  })

  it('by default has kernels of 16, 32 and 64 channels and 64 features', () => {
    const params = imageClassifier({ height: 28, width: 28, channels: 1, classes: 10 }).init(0)
    expect(Object.entries(params).map(([name, { shape: own }]) => [name, own])).toEqual([
      ['conv.0.kernel', [5, 5, 1, 16]], ['conv.0.bias', [16]],
      ['conv.1.kernel', [3, 3, 16, 32]], ['conv.1.bias', [32]],
      ['conv.2.kernel', [3, 3, 32, 64]], ['conv.2.bias', [64]],
      ['features.kernel', [1024, 64]], ['features.bias', [64]],
      ['logits.kernel', [64, 10]], ['logits.bias', [10]],
    ])
  })

  it('its summary counts parameters and multiply-adds: 89,802 and 665,280 for MNIST', () => {
    expect(imageClassifier({ height: 28, width: 28, channels: 1, classes: 10 }).summary()).toMatch(/total +89,802 +665,280$/)
  })

  it('starts with logits of 0, kernels N(0, 2/inputs) (seed 3, 5 standard errors) and the same bits for the same seed', async () => {
    const wide = imageClassifier({ height: 8, width: 8, channels: 3, classes: 4, widths: [32, 48], features: 40 })
    const params = wide.init(3)
    const host = await onHost(params)
    for (const [name, inputs] of [['conv.0.kernel', 75], ['conv.1.kernel', 288], ['features.kernel', 192]] as const) {
      const n = host[name].length
      const variance = host[name].reduce((total, value) => total + value ** 2, 0) / n
      expect(Math.abs(variance / (2 / inputs) - 1)).toBeLessThan(5 * Math.sqrt(2 / n))
    }
    for (const name of ['conv.0.bias', 'conv.1.bias', 'features.bias', 'logits.kernel', 'logits.bias']) expect(new Set(host[name])).toEqual(new Set([0]))
    expect(new Set(await wide.apply(params, tensor(normals(192, 'image'), [1, 8, 8, 3])).logits.data())).toEqual(new Set([0]))
    expect(await onHost(wide.init(3))).toEqual(host)
    expect((await onHost(wide.init(4)))['conv.0.kernel']).not.toEqual(host['conv.0.kernel'])
  })

  it('leaves nothing behind but logits and features, and its arguments alive', async () => {
    const params = randomParams()
    const images = tensor4d(x, shape)
    const leak = await tensorLeak(() => {
      const { logits, features } = network.apply(params, images)
      dispose([logits, features])
    })
    expect(leak).toEqual(noLeak)
    expect([images, ...Object.values(params)].some(({ isDisposed }) => isDisposed)).toBe(false)
    expect(await tensorLeak(() => dispose(network.init(1)))).toEqual(noLeak)
  })
})

describe('bad input', () => {
  it.each([
    ['height', 0], ['width', 2.5], ['channels', -1], ['features', NaN], ['classes', 1], ['classes', 2.5],
  ])('%s = %d is refused by name, with its value', (name, value) => {
    expect(() => imageClassifier({ ...small, [name]: value })).toThrow(InvalidArgumentError)
    expect(() => imageClassifier({ ...small, [name]: value })).toThrow(new RegExp(`^${name} must be .*; got ${value}\\.$`))
  })

  it('widths that are none or no positive integers are refused', () => {
    expect(() => imageClassifier({ ...small, widths: [] })).toThrow('widths must be a list of at least one number of channels; got [].')
    expect(() => imageClassifier({ ...small, widths: [4, 0] })).toThrow('widths[1] must be a positive integer; got 0.')
  })

  it('images of another size or rank, and parameters of another network, are refused by name', () => {
    const params = network.init(0)
    expect(() => network.apply(params, zeros([1, 6, 6, 2]))).toThrow('x must have shape (batch, 5, 6, 2); got (1, 6, 6, 2).')
    expect(() => network.apply(params, zeros([5, 6, 2]))).toThrow(ShapeError)
    const other = imageClassifier({ ...small, features: 6 }).init(0)
    expect(() => network.apply(other, zeros(shape))).toThrow('the parameter features.kernel must have shape (16, 5); got (16, 6).')
    const { 'conv.1.bias': left, ...incomplete } = params
    expect(() => network.apply(incomplete, zeros(shape))).toThrow('those of this network, with conv.1.bias')
    left.dispose()
  })
})
