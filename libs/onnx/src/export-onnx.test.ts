import '@tensorflow/tfjs-backend-cpu'
import {
  add, avgPool, cast, concat, conv2d, cumprod, getBackend, matMul, mean, memory, mul, ones, randomNormal, relu, reshape, setBackend, sigmoid, slice, split, sub, sum, tensor, tidy, transpose, zeros,
  type Tensor2D, type Tensor4D,
} from '@tensorflow/tfjs-core'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { InferenceSession, Tensor as NodeTensor } from 'onnxruntime-node'
import { env, InferenceSession as WebSession, Tensor as WebTensor } from 'onnxruntime-web'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readByPython, runByPython } from '../python-onnx'
import { exportOnnx, onnxModel, type ExportOptions } from './export-onnx'
import type { ForwardFunction } from './forward-function'
import { readTensors } from './host-forms'
import type { HostTensor } from './run/host-tensor'

const folder = mkdtempSync(join(tmpdir(), 'sbgm-onnx-'))
beforeAll(() => {
  env.wasm.numThreads = 1
  return setBackend('cpu')
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Numbers in [−1, 1) that look random, the same for the same seed. */
const numbers = (count: number, seed: number) => Float32Array.from({ length: count }, (_, i) => (Math.sin((i + 1) * 12.9898 + seed) * 43758.5453) % 1)
const host = (shape: readonly number[], seed: number): HostTensor => ({ shape, data: numbers(shape.reduce((a, b) => a * b, 1), seed) })

/** A small network for images: convolutions, channels split and joined, a skip, a product over pixels, two outputs. */
const network: ForwardFunction = ({ first, second, bias, linear }, { x, t }) => {
  const batch = x.shape[0]
  const features = add(relu(conv2d(x as Tensor4D, first as Tensor4D, 1, 'same')), reshape(sigmoid(t), [batch, 1, 1, 1]))
  const halves = split(features as Tensor4D, 2, 3)
  const smaller = avgPool(conv2d(concat([halves[1], halves[0]], 3) as Tensor4D, second as Tensor4D, 2, 1), 2, 2, 'valid')
  const rows = reshape(smaller, [-1, 4]) as Tensor2D
  const attended = matMul(reshape(rows, [batch, 4, 4]), reshape(rows, [batch, 4, 4]), false, true)
  const logits = add(matMul(reshape(smaller, [batch, -1]) as Tensor2D, linear as Tensor2D), bias)
  return { logits, weights: transpose(mul(attended, 0.5), [0, 2, 1]) }
}
const params: Readonly<Record<string, HostTensor>> = {
  'first': host([3, 3, 2, 4], 1), 'second': host([3, 3, 4, 4], 2), 'bias': host([3], 3), 'linear': host([16, 3], 4),
}
const inputs: ExportOptions['inputs'] = { x: { shape: ['batch', 8, 8, 2] }, t: { shape: ['batch'] } }
const header = { name: 'network', producer: 'a test', producerVersion: '3', description: 'a small network', metadata: { 'data set': 'none' } }

const tensors = (arrays: Readonly<Record<string, HostTensor>>) =>
  Object.fromEntries(Object.entries(arrays).map(([name, { data, shape }]) => [name, tensor(data, [...shape], data instanceof Int32Array ? 'int32' : data instanceof Uint8Array ? 'bool' : 'float32')]))

/** What the function gives on the cpu backend. */
async function eager(forward: ForwardFunction, own: Readonly<Record<string, HostTensor>>, given: Readonly<Record<string, HostTensor>>) {
  const [weights, feeds] = [tensors(own), tensors(given)]
  const results = tidy(() => ({ ...forward(weights, feeds) }))
  return readTensors(results)
}

const runtimes = {
  'onnxruntime-node': { create: (model: Uint8Array) => InferenceSession.create(model), Tensor: NodeTensor },
  'onnxruntime-web': { create: (model: Uint8Array) => WebSession.create(model), Tensor: WebTensor },
}

/** What a runtime gives. */
async function run(name: keyof typeof runtimes, model: Uint8Array, given: Readonly<Record<string, HostTensor>>): Promise<Record<string, HostTensor>> {
  const { create, Tensor: OrtTensor } = runtimes[name]
  const session = await create(model)
  const type = ({ data }: HostTensor) => (data instanceof Float32Array ? 'float32' : data instanceof Int32Array ? 'int32' : 'bool')
  const feeds = Object.fromEntries(Object.entries(given).map(([key, value]) => [key, new OrtTensor(type(value), value.data, value.shape)]))
  const results = await (session as InferenceSession).run(feeds as Record<string, NodeTensor>)
  await session.release()
  return Object.fromEntries(Object.entries(results).map(([key, { data, dims }]) => [key, { data: data as Float32Array, shape: dims }]))
}

/** Within float32 rounding of sums of a few hundred products of numbers of this size. */
function expectClose(actual: Readonly<Record<string, HostTensor>>, expected: Readonly<Record<string, HostTensor>>) {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort())
  for (const [name, { data, shape }] of Object.entries(expected)) {
    expect([name, actual[name].shape]).toEqual([name, shape])
    const values = Array.from(data)
    const largest = Math.max(...values.map(Math.abs))
    values.forEach((value, i) => expect(Math.abs(actual[name].data[i] - value)).toBeLessThanOrEqual(100 * 2 ** -24 * largest))
  }
}

describe('an exported model', () => {
  it.each(Object.keys(runtimes) as (keyof typeof runtimes)[])('gives in %s what eager TensorFlow.js gives, for batches of 1 and 4', async (runtime) => {
    const model = await onnxModel(network, params, { inputs, ...header })
    for (const batch of [1, 4]) {
      const given = { x: host([batch, 8, 8, 2], batch), t: host([batch], 10 * batch) }
      expectClose(await run(runtime, model, given), await eager(network, params, given))
    }
  })

  it('gives the same in Python\'s onnxruntime', async (context) => {
    const given = [1, 4].map((batch) => ({ x: host([batch, 8, 8, 2], batch), t: host([batch], 10 * batch) }))
    const runs = runByPython(await onnxModel(network, params, { inputs }), given)
    if (!runs) return context.skip('no Python with the package onnxruntime')
    for (const [i, results] of runs.entries()) expectClose(results, await eager(network, params, given[i]))
  })

  it('passes Python\'s checker; weights under their own names and shapes, an open batch, standard operators, what the file says of itself', async (context) => {
    const model = readByPython(await onnxModel(network, params, { inputs, ...header }))
    if (!model) return context.skip('no Python with the package onnx')
    expect(model).toMatchObject({ irVersion: 8, operatorSets: { '': 17 }, producer: ['a test', '3'], description: header.description, graph: 'network', metadata: header.metadata })
    expect(model.inputs).toEqual({ x: ['FLOAT', ['batch', 8, 8, 2]], t: ['FLOAT', ['batch']] })
    expect(model.outputs).toEqual({ logits: ['FLOAT', ['batch', 3]], weights: ['FLOAT', ['batch', 4, 4]] })
    for (const [name, { data, shape }] of Object.entries(params)) expect(model.initializers[name]).toEqual(['FLOAT', shape, Array.from(data.slice(0, 8))])
    expect(new Set(model.nodes.map(([, domain]) => domain))).toEqual(new Set(['']))
  })

  it('has the same bytes for the same function and parameters, tensors or arrays', async () => {
    const weights = tensors(params)
    const [once, again] = [await onnxModel(network, params, { inputs }), await onnxModel(network, weights, { inputs })]
    expect(Buffer.compare(once, again)).toBe(0)
    expect(Object.values(weights).every(({ isDisposed }) => !isDisposed)).toBe(true)
  })

  it('may have a batch of one size, and then takes no other', async () => {
    const model = await onnxModel(network, params, { inputs, batch: 2 })
    const given = { x: host([2, 8, 8, 2], 5), t: host([2], 6) }
    expectClose(await run('onnxruntime-node', model, given), await eager(network, params, given))
    await expect(run('onnxruntime-node', model, { x: host([3, 8, 8, 2], 5), t: host([3], 6) })).rejects.toThrow(/dimension|Got: 3 Expected: 2/i)
  })

  it('takes inputs and parameters of every type, and inputs without a batch', async () => {
    const forward: ForwardFunction = ({ table, flags }, { rows, scale, mask }) =>
      ({ scaled: mul(add(rows, table), scale), both: cast(mul(cast(mask, 'int32'), cast(flags, 'int32')), 'bool') })
    const own = { table: { shape: [3], data: Int32Array.of(1, -2, 2 ** 30) }, flags: { shape: [2], data: Uint8Array.of(1, 0) } }
    const model = await onnxModel(forward, own, { inputs: {
      rows: { shape: ['batch', 3], dtype: 'int32' }, scale: { shape: [], dtype: 'int32' }, mask: { shape: ['batch', 2], dtype: 'bool' },
    } })
    const given = {
      rows: { shape: [2, 3], data: Int32Array.of(1, 2, 3, 4, 5, -6) }, scale: { shape: [], data: Int32Array.of(-1) }, mask: { shape: [2, 2], data: Uint8Array.of(1, 1, 0, 0) },
    }
    expect(await run('onnxruntime-node', model, given)).toMatchObject({
      scaled: { shape: [2, 3], data: Int32Array.of(-2, 0, -3 - 2 ** 30, -5, -3, 6 - 2 ** 30) },
      both: { shape: [2, 2], data: Uint8Array.of(1, 0, 0, 0) },
    })
  })

  it('computes from the input what depends on the batch size: slices, splits, broadcasts, a batch that is doubled or on another axis', async () => {
    const forward: ForwardFunction = ({ row }, { x }) => {
      const [batch] = x.shape
      const doubled = concat([x, mul(x, 2)], 0)
      const [first, second] = split(doubled, 2, 0)
      return {
        doubled,
        difference: sub(second, first),
        repeated: add(zeros([batch, 3]), row),
        columns: slice(x, [0, 1], [batch, 2]),
        upper: slice(doubled, [0, 0], [batch, 3]),
        turned: transpose(x),
        ones: ones(x.shape),
        cube: reshape(mul(reshape(x, [batch, 1, 3]), reshape(transpose(x), [1, batch, 3])), [batch, 1, batch, 3]),
      }
    }
    const own = { row: host([3], 1) }
    const model = await onnxModel(forward, own, { inputs: { x: { shape: ['batch', 3] } } })
    const read = readByPython(model)
    if (read) expect(Object.values(read.outputs).map(([, shape]) => shape)).toEqual([[null, 3], ['batch', 3], ['batch', 3], ['batch', 2], ['batch', 3], [3, 'batch'], ['batch', 3], ['batch', 1, 'batch', 3]])
    for (const batch of [1, 2, 5]) {
      const given = { x: host([batch, 3], batch) }
      expectClose(await run('onnxruntime-node', model, given), await eager(forward, own, given))
    }
  })

  it('of a function that returns its input, a parameter, or one tensor twice has an output for each', async () => {
    const forward: ForwardFunction = ({ weight }, { x }) => {
      const y = relu(x)
      return { same: x, weight2: weight, y, y2: y }
    }
    const model = await onnxModel(forward, { weight: host([2], 1) }, { inputs: { x: { shape: ['batch'] } } })
    const results = await run('onnxruntime-node', model, { x: { shape: [2], data: Float32Array.of(-1, 2) } })
    const y = Float32Array.of(0, 2)
    expect(results).toMatchObject({ same: { data: Float32Array.of(-1, 2) }, weight2: { data: host([2], 1).data }, y: { data: y }, y2: { data: y } })
  })

  it('keeps parameters that are 0 or 1', async () => {
    const model = await onnxModel(({ shift, scale }, { x }) => ({ y: mul(add(x, shift), scale) }), { shift: { shape: [1], data: Float32Array.of(0) }, scale: { shape: [], data: Float32Array.of(1) } },
      { inputs: { x: { shape: ['batch', 1] } } })
    for (const name of ['shift', 'scale']) expect(Buffer.from(model).includes(name)).toBe(true)
  })

  it('leaves no tensor and no other backend behind', async () => {
    const before = memory().numTensors
    await onnxModel(network, params, { inputs })
    await expect(onnxModel(() => { throw new Error('no') }, params, { inputs })).rejects.toThrow('no')
    expect([memory().numTensors, getBackend()]).toEqual([before, 'cpu'])
  })
})

describe('exportOnnx', () => {
  const one: ForwardFunction = (_, { x }) => ({ y: relu(x) })
  const options: ExportOptions = { inputs: { x: { shape: ['batch'] } } }

  it('writes the bytes of onnxModel over what is there, to a path or a file URL, and leaves nothing beside', async () => {
    const path = join(folder, 'a.onnx')
    writeFileSync(path, 'older and longer'.repeat(100))
    await exportOnnx(one, {}, path, options)
    await exportOnnx(one, {}, pathToFileURL(join(folder, 'b ü.onnx')), options)
    const bytes = Buffer.from(await onnxModel(one, {}, options))
    expect(readFileSync(path).equals(bytes)).toBe(true)
    expect(readFileSync(join(folder, 'b ü.onnx')).equals(bytes)).toBe(true)
    expect(readdirSync(folder).sort()).toEqual(['a.onnx', 'b ü.onnx'])
  })

  it('leaves what is there when it fails', async () => {
    const path = join(folder, 'kept.onnx')
    writeFileSync(path, 'kept')
    await expect(exportOnnx((_, { x }) => ({ y: relu(x), 'value/1': x }), {}, path, options)).rejects.toThrow('Rename it.')
    await expect(exportOnnx(one, {}, join(folder, 'no', 'such.onnx'), options)).rejects.toThrow('ENOENT')
    await expect(exportOnnx(one, {}, folder, options)).rejects.toThrow(/EISDIR|EPERM|ENOTEMPTY/)
    expect(readFileSync(path, 'utf8')).toBe('kept')
    expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([])
  })
})

describe('is refused with what to do', () => {
  const open = { inputs: { x: { shape: ['batch', 3] } } } as const
  const refusal = (forward: ForwardFunction, options: ExportOptions = open, own: Readonly<Record<string, HostTensor>> = {}) =>
    onnxModel(forward, own, options).then(() => 'exported', (error: unknown) => String(error))

  it('a constant that depends on the batch size, by its node; a fixed size is exported', async () => {
    const forward: ForwardFunction = (_, { x }) => ({ y: mul(sum(x, 0), 1 / x.shape[0]) })
    const said = await refusal(forward)
    expect(said).toMatch(/^TraceError: .*node \d+ \(Mul\) has the constant \[0\.0322\d+\] and \[0\.0270\d+\] at batch 31 and 37\. .*batch: 64/)
    const model = await onnxModel(forward, {}, { ...open, batch: 4 })
    const x = host([4, 3], 1)
    expectClose(await run('onnxruntime-node', model, { x }), await eager(forward, {}, { x }))
  })

  it.each<[string, ForwardFunction, RegExp]>([
    ['one number per sample from inside', (_, { x }) => ({ y: mul(x, tensor(numbers(x.shape[0], 1), [x.shape[0], 1])) }), /\(Mul\) has the constant float32 of shape \(31, 1\) and float32 of shape \(37, 1\)/],
    ['a list of lengths that is no multiple', (_, { x }) => ({ y: slice(x, [x.shape[0] - 1, 0], [1, 3]) }), /\(Slice\) has the constant \[30, 0\] and \[36, 0\]/],
    ['another number of nodes', (_, { x }) => ({ y: x.shape[0] > 32 ? relu(sigmoid(x)) : sigmoid(x) }), /node 2 \(Relu\) is missing and Relu/],
    ['a number of steps that grows with the batch', (_, { x }) => ({ y: cumprod(x, 0) }), /at batch 31 and 37/],
    ['another operator', (_, { x }) => ({ y: x.shape[0] > 32 ? relu(x) : sigmoid(x) }), /node 1 \(Sigmoid\) is Sigmoid and Relu/],
    ['another attribute', (_, { x }) => ({ y: mean(x, x.shape[0] > 32 ? 0 : 1) }), /\(ReduceMean\) has the axes/],
    ['another input', (_, { x }) => ({ y: sub(relu(x), x.shape[0] > 32 ? relu(x) : x) }), /\(Sub\) has another input 2/],
  ])('%s', async (_name, forward, expected) => expect(await refusal(forward)).toMatch(expected))

  it('what cannot be traced', async () => {
    expect(await refusal((_, { x }) => ({ y: mul(x, randomNormal([3])) }))).toContain('must not draw random numbers')
  })

  it('names that are there twice, are empty, or are those of nodes', async () => {
    const one: ForwardFunction = (_, { x }) => ({ y: relu(x) })
    expect(await refusal((_, { x }) => ({ x: relu(x) }))).toContain('got x as input and as output. Rename one.')
    expect(await refusal(one, open, { y: host([1], 1) })).toContain('got y as output and as parameter. Rename one.')
    expect(await refusal((_, { x }) => ({ '': relu(x) }))).toContain("got the output ''. Rename it.")
    expect(await refusal(one, open, { 'constant/3': host([1], 1) })).toContain("got the parameter 'constant/3'. Rename it.")
  })

  it('a parameter with too few numbers', async () => {
    expect(await refusal((_, { x }) => ({ y: x }), open, { w: { shape: [3], data: new Float32Array(2) } })).toContain('got 2 for w, (3).')
  })

  it('a parameter that is none', async () => {
    expect(await refusal((_, { x }) => ({ y: x }), open, { w: 3 as unknown as HostTensor })).toContain('A parameter must be a tensor or an array of the host, { data, shape }; got 3 for w.')
  })

  it('a shape or a batch that is no length', async () => {
    const one: ForwardFunction = (_, { x }) => ({ y: relu(x) })
    expect(await refusal(one, { inputs: { x: {} } } as unknown as ExportOptions)).toContain("The shape of the input x must be positive integers or 'batch'; got undefined. Write { x: { shape: […] } }.")
    expect(await refusal(one, {} as ExportOptions)).toContain("inputs must be the forms of the function's inputs by name; got undefined. Write { inputs: { x: { shape: ['batch', …] } } }.")
    expect(await refusal(one, { inputs: { x: { shape: [-1, 3] } } })).toContain("The shape of the input x must be positive integers or 'batch'; got -1. Write ['batch', 3] for a length that is open.")
    expect(await refusal(one, { ...open, batch: 0 })).toContain('batch must be a positive integer; got 0.')
  })
})
