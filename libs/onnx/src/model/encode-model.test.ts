import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { readByPython } from '../../python-onnx'
import { encodeModel } from './encode-model'
import { openLength, unknownLength, type OnnxConstant, type OnnxGraph, type OnnxNode, type OnnxValue } from './onnx-graph'

const node = (operator: string, inputs: readonly string[], outputs: readonly string[], attributes: OnnxNode['attributes'] = {}): OnnxNode =>
  ({ operator, domain: '', inputs, outputs, attributes })

/** Constants of every element type, their extreme numbers among them, and an empty list and a scalar. */
const constants: readonly OnnxConstant[] = [
  { name: 'floats', type: 'float32', shape: [2, 2], data: Float32Array.of(0.5, -0, 3.4028234663852886e38, 1.401298464324817e-45) },
  { name: 'integers', type: 'int32', shape: [3], data: Int32Array.of(-(2 ** 31), 0, 2 ** 31 - 1) },
  { name: 'long integers', type: 'int64', shape: [3], data: BigInt64Array.of(-1n, 2n ** 40n, -(2n ** 63n)) },
  { name: 'flags', type: 'bool', shape: [2, 1], data: Uint8Array.of(1, 0) },
  { name: 'nothing', type: 'float32', shape: [0], data: new Float32Array(0) },
  { name: 'number', type: 'float32', shape: [], data: Float32Array.of(7) },
]
const echoes: OnnxGraph = {
  inputs: [],
  constants,
  nodes: constants.map(({ name }) => node('Identity', [name], [`${name}, again`])),
  outputs: constants.map(({ name, type, shape }) => ({ name: `${name}, again`, type, shape })),
}

const numbersOf = (data: OnnxConstant['data']): (number | bigint)[] => [...(data as Iterable<number | bigint>)]

const header = {
  name: 'échos', producer: 'a test', producerVersion: '1.2', description: 'gives constants back: Σ √ᾱ',
  metadata: { 'trained on': 'nothing', empty: '', '': 'no key' },
}

const images: OnnxValue = { name: 'x', type: 'float32', shape: [openLength, 1, 2, 2] }
const enlarged: OnnxGraph = {
  inputs: [images],
  constants: [{ name: 'scales', type: 'float32', shape: [4], data: Float32Array.of(1, 1, 2, 2) }],
  nodes: [
    node('Resize', ['x', '', 'scales'], ['large'], { mode: { string: 'nearest' }, coordinate_transformation_mode: { string: 'asymmetric' }, nearest_mode: { string: 'floor' } }),
    node('LeakyRelu', ['large'], ['leaky'], { alpha: { float: 0.25 } }),
    node('Concat', ['leaky', 'leaky'], ['twice'], { axis: { int: 0 } }),
    node('Transpose', ['twice'], ['turned'], { perm: { ints: [0, 3, 2, 1] } }),
  ],
  outputs: [{ name: 'turned', type: 'float32', shape: [unknownLength, 4, 4, 1] }],
}

describe('onnxruntime reads what was written', () => {
  it('constants of every type and of any shape, bit for bit', async () => {
    const session = await InferenceSession.create(encodeModel(echoes, header))
    const results = await session.run({})
    for (const { name, shape, type, data } of constants) {
      const { dims, type: read, data: numbers } = results[`${name}, again`]
      expect({ dims, type: read, data: numbersOf(numbers as Float32Array) }).toEqual({ dims: shape, type, data: numbersOf(data) })
    }
    await session.release()
  })

  it('attributes of every kind, inputs that are left out, and axes that are open', async () => {
    const session = await InferenceSession.create(encodeModel(enlarged))
    expect(session.inputMetadata).toMatchObject([{ name: 'x', type: 'float32', shape: ['batch', 1, 2, 2] }])
    expect(session.outputMetadata).toMatchObject([{ name: 'turned', type: 'float32' }])
    for (const batch of [1, 3]) {
      const x = Float32Array.from({ length: 4 * batch }, (_, i) => i - 4)
      const { turned: { dims, data } } = await session.run({ x: new Tensor('float32', x, [batch, 1, 2, 2]) })
      const leaky = (value: number) => (value < 0 ? value / 4 : value)
      const expected = Array.from({ length: 2 * batch * 16 }, (_, i) => {
        const [sample, column, row] = [Math.floor(i / 16) % batch, Math.floor(i / 4) % 4, i % 4]
        return leaky(x[4 * sample + 2 * Math.floor(row / 2) + Math.floor(column / 2)])
      })
      expect(dims).toEqual([2 * batch, 4, 4, 1])
      expect(Array.from(data as Float32Array)).toEqual(expected)
    }
    await session.release()
  })
})

describe('Python\'s onnx package reads what was written', () => {
  it('header, constants, types and shapes, and its checker takes it', (context) => {
    const model = readByPython(encodeModel(echoes, header))
    if (!model) return context.skip('no Python with the package onnx')
    const { producer, producerVersion, description, metadata, name: graph } = header
    expect(model).toMatchObject({ irVersion: 8, operatorSets: { '': 17 }, producer: [producer, producerVersion], description, graph, metadata })
    const typeNames = { float32: 'FLOAT', int32: 'INT32', int64: 'INT64', bool: 'BOOL' }
    for (const { name, type, shape, data } of constants) {
      expect(model.initializers[name]).toEqual([typeNames[type], shape, numbersOf(data).map((number) => (type === 'bool' ? number === 1 : Number(number)))])
      expect(model.outputs[`${name}, again`]).toEqual([typeNames[type], shape])
    }
  })

  it('open axes: one that has a name, and one that has none', (context) => {
    const model = readByPython(encodeModel(enlarged, { openAxis: 'samples' }))
    if (!model) return context.skip('no Python with the package onnx')
    expect(model.inputs).toEqual({ x: ['FLOAT', ['samples', 1, 2, 2]] })
    expect(model.outputs).toEqual({ turned: ['FLOAT', [null, 4, 4, 1]] })
  })

  it('another operator set than ONNX\' own, where a node is of it', (context) => {
    const foreign: OnnxGraph = { ...enlarged, nodes: enlarged.nodes.map((each) => (each.operator === 'LeakyRelu' ? { ...each, domain: 'com.example' } : each)) }
    const model = readByPython(encodeModel(foreign))
    if (!model) return context.skip('no Python with the package onnx')
    expect(model.operatorSets).toEqual({ '': 17, 'com.example': 1 })
  })
})
