import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { fillNormal, InvalidArgumentError, ShapeError, type Params } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { dispose, grads, mul, setBackend, sum, tensor, tensor1d, tensor2d, tidy, type Scalar, type Tensor } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { scoreMlp } from './score-mlp'

beforeAll(() => setBackend('cpu'))

const small = { dim: 2, width: 5, layers: 3, timeFeatures: 4 }
const network = scoreMlp({ ...small, predicts: 'noise' })
const x = [[0.5, -1.2], [2, 0.1], [-0.7, 3]].map((row) => row.map(Math.fround))
const t = [0.001, 0.02, 0.05].map(Math.fround)

const normals = (count: number, stream: string): Float32Array => {
  const values = new Float32Array(count)
  fillNormal(values, count, { seed: 5, stream, step: 0, firstSample: 0, draw: 0 })
  return values
}

/** Parameters of the small network with every entry random, the output's too; seed 5. */
const randomParams = (): Params =>
  Object.fromEntries(Object.entries(network.init(0)).map(([name, { shape, size }]) => [name, tensor(normals(size, name), shape)]))

type HostParams = Readonly<Record<string, Float64Array>>

const onHost = async (params: Params): Promise<HostParams> =>
  Object.fromEntries(await Promise.all(Object.entries(params).map(async ([name, value]) => [name, Float64Array.from(await value.data())] as const)))

/** A number and by how much float32 arithmetic may miss it. */
interface Bounded { readonly value: number, readonly error: number }

const unit = 2 ** -24

/** The network's definition in float64, with a running bound of the rounding errors of a float32 evaluation. */
function reference(params: HostParams, row: readonly number[], time: number): Bounded[] {
  const exact = (value: number): Bounded => ({ value, error: 0 })
  const product = (input: readonly Bounded[], kernel: Float64Array): Bounded[] => {
    const width = kernel.length / input.length
    return Array.from({ length: width }, (_, j) => {
      const terms = input.map(({ value, error }, i) => ({ value: value * kernel[i * width + j], error: error * Math.abs(kernel[i * width + j]) }))
      const size = terms.reduce((total, { value, error }) => total + Math.abs(value) + error, 0)
      const error = terms.reduce((total, term) => total + term.error, 0) + (input.length + 1) * unit * size
      return { value: terms.reduce((total, { value }) => total + value, 0), error }
    })
  }
  const plus = (a: Bounded, b: Bounded): Bounded => {
    const value = a.value + b.value
    return { value, error: a.error + b.error + unit * Math.abs(value) }
  }
  const silu = ({ value, error }: Bounded): Bounded => {
    const result = value / (1 + Math.exp(-value))
    return { value: result, error: 1.1 * error + 4 * unit * Math.abs(result) } // |SiLU'| < 1.1
  }
  const angles = [0, 1].map((k) => (1000 * time) / 100 ** k)
  const embedding = [Math.cos, Math.sin].flatMap((wave) => angles.map((angle) => ({ value: wave(angle), error: 2 * unit * angle + unit })))
  const layer = (input: readonly Bounded[], name: string) =>
    product(input, params[`${name}.kernel`]).map((sum, j) => plus(sum, exact(params[`${name}.bias`][j])))
  const fromTime = product(embedding, params['time.kernel'])
  let h = layer(row.map(exact), 'input').map((value, j) => silu(plus(value, fromTime[j])))
  for (const name of ['hidden.0', 'hidden.1']) h = layer(h, name).map(silu)
  return layer(h, 'output')
}

describe('the score network', () => {
  it('is its definition, evaluated in float64, to the rounding errors that the float64 path adds up', async () => {
    const params = randomParams()
    const output = network.apply(params, tensor2d(x), tensor1d(t))
    expect(output.shape).toEqual([3, 2])
    const values = await output.data()
    const host = await onHost(params)
    x.forEach((row, i) => {
      reference(host, row, t[i]).forEach(({ value, error }, j) => {
        expect(error).toBeLessThan(1e-2 * Math.max(1, Math.abs(value))) // so that the bound says something
        expect(Math.abs(values[2 * i + j] - value)).toBeLessThanOrEqual(error)
      })
    })
  })

  it('has gradients in every parameter and in x that are central differences of the float64 definition (1e-4 of the largest)', async () => {
    const params = randomParams()
    const names = Object.keys(params)
    const c = [0.3, -1, 0.8, 2, -0.4, 0.6]
    const scalarLoss = (...tensors: Tensor[]): Scalar => {
      const named = Object.fromEntries(names.map((name, i) => [name, tensors[i]]))
      return sum(mul(network.apply(named, tensors[names.length], tensor1d(t)), tensor2d(c, [3, 2]))) as Scalar
    }
    const gradients = grads(scalarLoss)([...names.map((name) => params[name]), tensor2d(x)])
    const host = { ...(await onHost(params)), x: Float64Array.from(x.flat()) }
    const lossInFloat64 = (at: typeof host) =>
      t.reduce((total, time, i) => {
        const [first, second] = reference(at, [...at.x.slice(2 * i, 2 * i + 2)], time)
        return total + c[2 * i] * first.value + c[2 * i + 1] * second.value
      }, 0)
    const h = 1e-5
    for (const [k, name] of [...names, 'x'].entries()) {
      const gradient = await gradients[k].data()
      const values: Float64Array = host[name as keyof typeof host]
      const differences = values.map((value, i) => {
        const shifted = (step: number) => lossInFloat64({ ...host, [name]: values.with(i, value + step) })
        return (shifted(h) - shifted(-h)) / (2 * h)
      })
      const largest = Math.max(...differences.map(Math.abs))
      expect(largest).toBeGreaterThan(0)
      differences.forEach((difference, i) => expect(Math.abs(gradient[i] - difference)).toBeLessThan(1e-4 * largest))
    }
  })

  it('at 64 times the times and a 64th of timeScale is the same, bit for bit, and 1000 is the default', async () => {
    const params = randomParams()
    const evaluate = async (options: { readonly timeScale?: number }, times: readonly number[]) =>
      [...(await scoreMlp({ ...small, predicts: 'noise', ...options }).apply(params, tensor2d(x), tensor1d([...times])).data())]
    const late = t.map((time) => 64 * time)
    const expected = await evaluate({}, t)
    expect(await evaluate({ timeScale: 1000 / 64 }, late)).toEqual(expected)
    expect(await evaluate({ timeScale: 1000 }, t)).toEqual(expected)
    expect(await evaluate({}, late)).not.toEqual(expected)
  })

  it('starts as the zero function, whatever x and t', async () => {
    const params = network.init(3)
    expect(new Set(await network.apply(params, tensor2d(x), tensor1d(t)).data())).toEqual(new Set([0]))
  })

  it('is pure: the same output twice, bit for bit, and each sample alone as in its batch', async () => {
    const params = randomParams()
    const evaluate = async (rows: number[][], times: number[]) => [...(await network.apply(params, tensor2d(rows), tensor1d(times)).data())]
    const together = await evaluate(x, t)
    expect(await evaluate(x, t)).toEqual(together)
    expect((await Promise.all(x.map((row, i) => evaluate([row], [t[i]])))).flat()).toEqual(together)
  })

  it('refuses labels, which it cannot tell apart, and parameters that are not its own', () => {
    const params = randomParams()
    const label = tensor1d([0, 1, 2], 'int32')
    expect(() => network.apply(params, tensor2d(x), tensor1d(t), { label })).toThrow('conditions.label must be left out, since this network has no classes')
    expect(() => network.apply({ ...params, other: label }, tensor2d(x), tensor1d(t))).toThrow("leave these out; got ['other'].")
  })

  it('leaves nothing behind but what it returns', async () => {
    const params = randomParams()
    const [inputs, times] = [tensor2d(x), tensor1d(t)]
    expect(await tensorLeak(() => dispose(network.apply(params, inputs, times)))).toEqual(noLeak)
    expect(await tensorLeak(() => dispose({ ...network.init(1) }))).toEqual(noLeak)
    expect(await tensorLeak(() => expect(() => network.apply(params, times, times)).toThrow(ShapeError))).toEqual(noLeak)
  })
})

describe('its parameters', () => {
  it('have the documented names and shapes, in the order of the layers', () => {
    expect(Object.entries(network.init(0)).map(([name, { shape }]) => `${name} (${shape.join(', ')})`)).toEqual([
      'input.kernel (2, 5)',
      'time.kernel (4, 5)',
      'input.bias (5)',
      'hidden.0.kernel (5, 5)',
      'hidden.0.bias (5)',
      'hidden.1.kernel (5, 5)',
      'hidden.1.bias (5)',
      'output.kernel (5, 2)',
      'output.bias (2)',
    ])
  })

  it.each([
    [{ dim: 1 }, 64 + 32 * 64 + 64 + 2 * (64 * 64 + 64) + 64 + 1], // the defaults: width 64, 3 layers, 32 time features
    [{ dim: 3, width: 7, layers: 1, timeFeatures: 2 }, 3 * 7 + 2 * 7 + 7 + 7 * 3 + 3],
  ])('of %o number %i', (options, count) => {
    const params = scoreMlp({ ...options, predicts: 'v' }).init(0)
    expect(Object.values(params).reduce((total, { size }) => total + size, 0)).toBe(count)
  })

  it('are the same bits for the same seed, and others for another', async () => {
    const [first, again, other] = await Promise.all([7, 7, 8].map((seed) => onHost(network.init(seed))))
    expect(again).toEqual(first)
    const random = ['input.kernel', 'time.kernel', 'hidden.0.kernel', 'hidden.1.kernel']
    random.forEach((name) => expect(other[name]).not.toEqual(first[name]))
    expect(first['hidden.0.kernel']).not.toEqual(first['hidden.1.kernel'])
  })

  it('start as N(0, 1/in), the time kernel as N(0, 2/timeFeatures): mean and std within 5 standard errors (seed 0, n ≥ 1536)', async () => {
    const wide = scoreMlp({ dim: 16, predicts: 'score', width: 96, layers: 2, timeFeatures: 24 })
    const params = await onHost(wide.init(0))
    for (const [name, variance] of [['input.kernel', 1 / 16], ['time.kernel', 1 / 12], ['hidden.0.kernel', 1 / 96]] as const) {
      const values = params[name]
      const n = values.length
      const std = Math.sqrt(variance)
      expect(Math.abs(values.reduce((total, value) => total + value, 0) / n)).toBeLessThan((5 * std) / Math.sqrt(n))
      const measured = Math.sqrt(values.reduce((total, value) => total + value ** 2, 0) / n)
      expect(Math.abs(measured - std)).toBeLessThan((5 * std) / Math.sqrt(2 * n))
    }
    for (const name of ['input.bias', 'hidden.0.bias', 'output.kernel', 'output.bias']) expect(new Set(params[name])).toEqual(new Set([0]))
  })
})

describe('bad input', () => {
  it.each([
    ['dim', 0], ['dim', 1.5], ['width', -1], ['layers', 0], ['layers', NaN], ['timeFeatures', 0], ['timeFeatures', 7],
    ['timeScale', 0], ['timeScale', -1], ['timeScale', Infinity], ['timeScale', NaN],
  ])('%s = %d is refused by name, with its value', (name, value) => {
    expect(() => scoreMlp({ dim: 1, predicts: 'score', [name]: value })).toThrow(InvalidArgumentError)
    expect(() => scoreMlp({ dim: 1, predicts: 'score', [name]: value })).toThrow(new RegExp(`^${name} must be .*; got ${value}\\.$`))
  })

  it('x of another rank or dimension, and t of another length or rank, are shape errors', () => {
    const params = network.init(0)
    const apply = (input: Tensor, times: Tensor) => () => network.apply(params, input, times as ReturnType<typeof tensor1d>)
    expect(apply(tensor1d([1, 2]), tensor1d([1, 1]))).toThrow('x must have shape (batch, 2); got (2).')
    expect(apply(tensor2d([[1, 2, 3]]), tensor1d([1]))).toThrow('x must have shape (batch, 2); got (1, 3).')
    expect(apply(tensor2d(x), tensor1d([1, 1]))).toThrow('t must have shape (3); got (2).')
    expect(apply(tensor2d(x), tensor2d([[1], [1], [1]]))).toThrow('t must have shape (3); got (3, 1).')
  })

  it('parameters of another network are refused, naming the first that differs or is missing', () => {
    const apply = (params: Params) => () => tidy(() => network.apply(params, tensor2d(x), tensor1d(t)))
    expect(apply(scoreMlp({ ...small, predicts: 'v', width: 6 }).init(0))).toThrow('the parameter input.kernel must have shape (2, 5); got (2, 6).')
    expect(apply(scoreMlp({ ...small, predicts: 'v', layers: 2 }).init(0))).toThrow('params must be those of this network, with hidden.1.kernel')
  })
})
