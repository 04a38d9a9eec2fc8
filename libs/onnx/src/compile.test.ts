import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import {
  add, cast, conv2d, depthwiseConv2d, grad, grads, greater, image, memory, mul, ones, scalar, setBackend, square, sub, sum, tensor, tensor1d, tensor2d, zeros,
  type Tensor, type Tensor4D,
} from '@tensorflow/tfjs-core'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { compile } from './compile'
import { compileForward } from './compile-forward'
import { OnnxRuntimeMissingError } from './run/onnxruntime-missing-error'
import type { HostTensor } from './run/host-tensor'
import * as onnxruntime from './run/onnxruntime'
import * as tracing from './trace/trace'
import type { TracedFunction } from './trace/trace'

beforeAll(() => setBackend('cpu'))

const cubeSlope = ({ x }: Record<string, Tensor>) => ({ slope: grad((each: Tensor) => sum(mul(square(each), each)))(x) })

it('a compiled gradient is the closed form: d/dx Σ x³ = 3 x²', async () => {
  const compiled = await compile(cubeSlope, { x: { shape: [3], dtype: 'float32' } })
  const { slope } = await compiled.run({ x: tensor1d([1, -2, 0.5]) })
  expect(Array.from(await slope.data())).toEqual([3, 12, 0.75])
  expect(compiled.engine).toBe('onnxruntime')
  await compiled.close()
})

it('is traced once for each signature of shapes and types', async () => {
  const traced = vi.spyOn(tracing, 'trace')
  const compiled = await compile(cubeSlope)
  const slopeAt = async (values: number[]) => Array.from((await compiled.runArrays({ x: { data: Float32Array.from(values), shape: [values.length] } })).slope.data)
  expect([await slopeAt([1, 2]), await slopeAt([3, 4]), await slopeAt([1]), await slopeAt([2])]).toEqual([[3, 12], [27, 48], [3], [12]])
  expect(traced).toHaveBeenCalledTimes(2)
  traced.mockRestore()
  await compiled.close()
})

it('an output may have the name of an input, be an input, or be a constant', async () => {
  const compiled = await compile(({ x, y }) => ({ x: add(x, y), y, one: scalar(1), z: x }))
  const outputs = await compiled.run({ x: tensor1d([1, 2]), y: tensor1d([10, 20]) })
  const values = Object.fromEntries(await Promise.all(Object.entries(outputs).map(async ([name, value]) => [name, Array.from(await value.data())] as const)))
  expect(values).toEqual({ x: [11, 22], y: [10, 20], one: [1], z: [1, 2] })
  await compiled.close()
})

it('eagerly it gives the same, on tensors and on arrays, and leaves no tensor behind', async () => {
  const before = memory().numTensors
  const [eager, compiled] = [await compile(cubeSlope, undefined, { engine: 'eager' }), await compile(cubeSlope)]
  const x = { data: Float32Array.of(0.1, 0.2, 0.3, 0.4), shape: [2, 2] }
  const [a, b] = [await eager.runArrays({ x }), await compiled.runArrays({ x })]
  expect(a.slope.shape).toEqual(b.slope.shape)
  a.slope.data.forEach((value, i) => expect(Math.abs(value - b.slope.data[i])).toBeLessThanOrEqual(2 ** -23 * Math.abs(value)))
  const given = tensor2d([[1, 2]])
  const { slope } = await eager.run({ x: given })
  expect(Array.from(await slope.data())).toEqual([3, 12])
  slope.dispose()
  given.dispose()
  await Promise.all([eager.close(), compiled.close(), eager.close()])
  expect([eager.engine, eager.reason, memory().numTensors]).toEqual(['eager', 'asked for by name.', before])
})

it('parameters are bound as they are when it is compiled, whatever becomes of them, on either engine', async () => {
  for (const engine of ['onnxruntime', 'eager'] as const) {
    const before = memory().numTensors
    const params = { slope: scalar(2), offset: tensor1d([1, 1]) }
    const compiled = await compileForward(({ slope, offset }, { x }) => ({ y: add(mul(slope, x), offset) }), params, undefined, { engine })
    Object.values(params).forEach((value) => value.dispose())
    const { y } = await compiled.runArrays({ x: { data: Float32Array.of(3, 4), shape: [2] } })
    expect(Array.from(y.data)).toEqual([7, 9])
    await compiled.close()
    expect(memory().numTensors).toBe(before)
  }
})

it('an eager output that is an input or a parameter is a tensor of its own, and bools that became floats come out as floats', async () => {
  const weight = scalar(2)
  const compiled = await compileForward(({ w }, { x }) => ({ w, x, above: cast(greater(x, 0), 'float32') }), { w: weight }, undefined, { engine: 'eager' })
  const x = { data: Float32Array.of(3, -1), shape: [2] }
  for (let i = 0; i < 2; i++) {
    expect(await compiled.runArrays({ x })).toEqual({ w: { data: Float32Array.of(2), shape: [] }, x, above: { data: Float32Array.of(1, 0), shape: [2] } })
  }
  const given = tensor1d([1])
  const outputs = await compiled.run({ x: given })
  Object.values(outputs).forEach((value) => value.dispose())
  expect([given.isDisposed, weight.isDisposed]).toEqual([false, false])
  await compiled.close()
})

it('arrays are taken as they are when it is called', async () => {
  const compiled = await compile(({ x }) => ({ y: mul(x, 2) }), undefined, { engine: 'onnxruntime' })
  for (let i = 0; i < 2; i++) {
    const x = { data: Float32Array.of(3, 4), shape: [2] }
    const result = compiled.runArrays({ x })
    x.data.fill(9)
    expect(Array.from((await result).y.data)).toEqual([6, 8])
    expect(x.data.length).toBe(2)
  }
  await compiled.close()
})

it('an input and a parameter may have the same name', async () => {
  const compiled = await compileForward(({ x: fixed }, { x }) => ({ x: sub(x, fixed) }), { x: scalar(1) })
  expect(Array.from((await compiled.runArrays({ x: { data: Float32Array.of(5), shape: [1] } })).x.data)).toEqual([4])
  await compiled.close()
})

it('integers and bools go in and come out as such', async () => {
  const compiled = await compile(({ i, b }) => ({ i: add(i, tensor([1], [1], 'int32')), b }))
  const { i, b } = await compiled.runArrays({ i: { data: Int32Array.of(3, -4), shape: [2] }, b: { data: Uint8Array.of(1, 0), shape: [2] } })
  expect([i.data, b.data]).toEqual([Int32Array.of(4, -3), Uint8Array.of(1, 0)])
  await compiled.close()
})

it('without onnxruntime-node it runs eagerly and says why; asked for by name, it refuses', async () => {
  const missing = vi.spyOn(onnxruntime, 'loadOnnxRuntime').mockRejectedValue(new OnnxRuntimeMissingError('Cannot find package.'))
  const compiled = await compile(cubeSlope)
  expect([compiled.engine, compiled.reason]).toEqual(['eager', expect.stringContaining('Install onnxruntime-node@')])
  const { slope } = await compiled.run({ x: tensor1d([2]) })
  expect(Array.from(await slope.data())).toEqual([12])
  await expect(compile(cubeSlope, undefined, { engine: 'onnxruntime' })).rejects.toThrow(OnnxRuntimeMissingError)
  missing.mockRestore()
})

it('a function that fails for one shape works for the next', async () => {
  const compiled = await compile(({ x }) => {
    if (x.shape[0] === 2) throw new Error('no pairs')
    return { y: mul(x, 2) }
  })
  await expect(compiled.run({ x: tensor1d([1, 2]) })).rejects.toThrow('no pairs')
  expect(Array.from((await compiled.runArrays({ x: { data: Float32Array.of(1), shape: [1] } })).y.data)).toEqual([2])
  await compiled.close()
})

it('is not used after its close, which would open sessions that nobody closes', async () => {
  for (const engine of ['onnxruntime', 'eager'] as const) {
    const compiled = await compileForward(({ slope }, { x }) => ({ y: mul(slope, x) }), { slope: scalar(2) }, undefined, { engine })
    await compiled.close()
    await expect(compiled.runArrays({ x: { data: Float32Array.of(1), shape: [1] } })).rejects.toThrow('must not be used after its close')
    await expect(compiled.run({ x: tensor1d([1]) })).rejects.toThrow('must not be used after its close')
  }
})

it('inputs, outputs and parameters may have any names', async () => {
  const names = ['', 'output/y', 'input/x', 'parameter/w', 'y', '__proto__']
  const compiled = await compileForward(
    ({ w }, inputs) => ({ y: names.reduce<Tensor>((sum, name) => add(sum, inputs[name]), w), '': inputs['output/y'], '__proto__x': w }), { 'w': scalar(100), 'parameter/w': scalar(9) })
  const outputs = await compiled.runArrays(Object.fromEntries(names.map((name, i) => [name, { data: Float32Array.of(2 ** i), shape: [] }])))
  expect(Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data[0]]))).toEqual({ 'y': 163, '': 2, '__proto__x': 100 })
  await compiled.close()
})

it('an input may have the name that a node would be given', async () => {
  const compiled = await compile((inputs) => ({ y: add(mul(inputs['value/0'], inputs['value/1']), inputs['constant/2']) }))
  const { y } = await compiled.runArrays({ 'value/0': { data: Float32Array.of(2), shape: [1] }, 'value/1': { data: Float32Array.of(3), shape: [1] }, 'constant/2': { data: Float32Array.of(4), shape: [1] } })
  expect(Array.from(y.data)).toEqual([10])
  await compiled.close()
})

it('examples whose shapes do not go together are refused when it is compiled, on either engine, and leave no tensor behind', async () => {
  const pair = (length: number) => ({ x: { shape: [2], dtype: 'float32' as const }, y: { shape: [length], dtype: 'float32' as const } })
  const w = tensor1d([1, 2, 3])
  const before = memory().numTensors
  for (const engine of ['onnxruntime', 'eager'] as const) {
    await expect(compile(({ x, y }) => ({ z: add(x, y) }), pair(3), { engine })).rejects.toThrow(/could not be broadcast together|Shapes must be equal or 1 along each axis/)
    await expect(compileForward(({ w: bound }, { x }) => ({ z: add(x, bound) }), { w }, { x: { shape: [2], dtype: 'float32' } }, { engine })).rejects.toThrow(/could not be broadcast together|Shapes must be equal or 1 along each axis/)
    await (await compile(({ x, y }) => ({ z: add(x, y) }), pair(2), { engine })).close()
    expect(memory().numTensors).toBe(before)
  }
  w.dispose()
})

it.each([0, -1, 1.5, NaN])('threads: %d is refused at once, on either engine', async (threads) => {
  const params = { slope: scalar(2) }
  const traced = vi.spyOn(tracing, 'trace')
  for (const engine of ['auto', 'eager'] as const) {
    await expect(compile(cubeSlope, { x: { shape: [3], dtype: 'float32' } }, { engine, threads })).rejects.toThrow(`threads must be a positive integer; got ${threads}.`)
    await expect(compileForward(({ slope }, { x }) => ({ y: mul(slope, x) }), params, undefined, { engine, threads })).rejects.toThrow(RangeError)
  }
  expect(traced).not.toHaveBeenCalled()
  traced.mockRestore()
  params.slope.dispose()
})

it('arrays of other element types are refused by name, on either engine', async () => {
  for (const engine of ['onnxruntime', 'eager'] as const) {
    const compiled = await compile(({ x }) => ({ y: mul(x, 2) }), undefined, { engine })
    const doubles = Float64Array.of(1) as unknown as Float32Array
    await expect(compiled.runArrays({ x: { data: doubles, shape: [1] } })).rejects.toThrow('must be a Float32Array, an Int32Array or a Uint8Array; got Float64Array')
    await compiled.close()
  }
})

describe.each(['onnxruntime', 'eager'] as const)('is refused before any work, by %s:', (engine) => {
  const twice: TracedFunction = vi.fn(({ x }: Record<string, Tensor>) => ({ y: mul(x, 2) }))
  afterEach(() => expect(twice).not.toHaveBeenCalled())

  it.each([[[-1, 3]], [[1.5]], [[NaN]], [['batch']]])('an example of shape %j', async (shape) => {
    await expect(compile(twice, { x: { shape: shape as number[], dtype: 'float32' } }, { engine }))
      .rejects.toThrow(`The shape of the input x must be whole numbers; got (${shape.join(', ')}). Give the length of each axis; another length is traced when it comes.`)
  })

  it('options where the examples stand, with where they belong', async () => {
    await expect(compile(twice, { device: 'webgpu' } as never)).rejects
      .toThrow('The example of the input device must be a tensor or { shape }; got webgpu. Options stand behind the examples, for which undefined will do.')
  })

  it.each<[string, unknown, string]>([
    ['a list of numbers', [1, 2], 'The input x must be an array of the host, { data, shape }; got 1,2. Write { x: { data: Float32Array.of(…), shape: […] } }, or use run for tensors.'],
    ['nothing', undefined, 'The input x must be an array of the host, { data, shape }; got undefined.'],
    ['a negative length', { data: new Float32Array(3), shape: [-1, 3] }, 'The shape of the input x must be whole numbers; got (-1, 3).'],
    ['more numbers than its shape says', { data: new Float32Array(3), shape: [2] }, 'Input \'x\' of shape (2) must have 2 numbers; got 3. Give its true shape.'],
    ['doubles', { data: Float64Array.of(1), shape: [1] }, 'must be a Float32Array, an Int32Array or a Uint8Array; got Float64Array'],
  ])('an array that is %s', async (_, x, message) => {
    const compiled = await compile(twice, undefined, { engine })
    await expect(compiled.runArrays({ x: x as HostTensor })).rejects.toThrow(message)
    await compiled.close()
  })

  it('what is no tensor, or none any more', async () => {
    const compiled = await compile(twice, undefined, { engine })
    await expect(compiled.run({ x: 3 as unknown as Tensor })).rejects.toThrow('The input x must be a tensor; got 3. Make one of it, or use runArrays for arrays of the host.')
    const x = tensor1d([1])
    x.dispose()
    await expect(compiled.run({ x })).rejects.toThrow('The input x must be a tensor that is not disposed; this one, float32 (1), was. Dispose it when the run has resolved.')
    await compiled.close()
  })
})

it('an engine of another name is refused, not taken for onnxruntime', async () => {
  await expect(compile(cubeSlope, undefined, { engine: 'gpu' as 'auto' })).rejects.toThrow("engine must be one of 'auto', 'onnxruntime', 'eager'; got 'gpu'.")
})

it('a batch of none gives what it gives eagerly: nothing of each sample, and gradients of filters that are zero', async () => {
  const filters = { full: ones([3, 3, 2, 4]), apart: ones([3, 3, 2, 2]) }
  const loss = (x: Tensor, full: Tensor, apart: Tensor) => {
    const larger = image.resizeBilinear(x as Tensor4D, [7, 9])
    return add(sum(square(conv2d(larger, full as Tensor4D, 1, 'same'))), sum(square(depthwiseConv2d(larger, apart as Tensor4D, 2, 'same'))))
  }
  const compiled = await compile(({ x, full, apart }) => {
    const [dx, dFull, dApart] = grads(loss)([x, full, apart])
    return { dx, dFull, dApart }
  }, undefined, { engine: 'onnxruntime' })
  const { dx, dFull, dApart } = await compiled.run({ x: zeros([0, 4, 4, 2]), ...filters })
  expect([dx.shape, Array.from(await dFull.data()), Array.from(await dApart.data())]).toEqual([[0, 4, 4, 2], new Array(72).fill(0), new Array(36).fill(0)])
  await compiled.close()
}, 20_000)
