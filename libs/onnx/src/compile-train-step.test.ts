import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import {
  add, conv2d, div, matMul, mean, memory, mul, reshape, scalar, setBackend, sigmoid, slice, split, sqrt, square, squaredDifference, sub, sum, tensor, tensor1d,
  tidy, valueAndGrad, type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D,
} from '@tensorflow/tfjs-core'
import { afterEach, beforeAll, expect, it, vi } from 'vitest'
import { compileTrainStep, type CompiledRun, type StepArray, type StepTensors, type StepVectors, type TraceableStep } from './compile-train-step'
import * as tracing from './trace/trace'

beforeAll(() => setBackend('cpu'))

/** 1 → 16 → 16 (residual) → 32 at half the size → one number: convolutions that onnxruntime may take in blocks, and some that it may not. */
const shapes = { first: [3, 3, 1, 16], second: [3, 3, 16, 16], shift: [16], down: [3, 3, 16, 32], out: [32, 1] }
const sizes = Object.values(shapes).map((shape) => shape.reduce((product, length) => product * length, 1))
const total = sizes.reduce((sum, size) => sum + size, 0)

function network(flat: Tensor1D, x: Tensor4D): Tensor {
  const [first, second, shift, down, out] = split(flat, sizes).map((part, i) => reshape(part, Object.values(shapes)[i]))
  const silu = (h: Tensor4D): Tensor4D => mul(h, sigmoid(h))
  const a = silu(conv2d(x, first as Tensor4D, 1, 1))
  const centred = sub(a, mean(a, [1, 2], true))
  const b = add(conv2d(silu(add(centred, shift)), second as Tensor4D, 1, 1), a)
  const c = silu(conv2d(b as Tensor4D, down as Tensor4D, 2, 1))
  return matMul(mean(c, [1, 2]) as Tensor2D, out as Tensor2D)
}

const step: TraceableStep & { rates(): readonly number[] } = {
  layout: { total },
  rates: () => [0.01],
  run: (tensors, { x, y }, rates) => tidy(() => {
    const { value, grad } = valueAndGrad((flat) => mean(squaredDifference(network(flat as Tensor1D, x as Tensor4D), y)))(tensors.parameters)
    const norm = sqrt(sum(square(grad))) as Scalar
    const first = add(mul(tensors.first, 0.9), mul(grad, 0.1))
    const second = add(mul(tensors.second, 0.99), mul(square(grad), 0.01))
    const parameters = sub(tensors.parameters, mul(slice(rates, 0, 1), div(first, add(sqrt(second), 1e-3))))
    const average = add(mul(tensors.average, 0.5), mul(parameters, 0.5))
    return { tensors: { parameters, average, first, second } as StepTensors, loss: value as Scalar, gradientNorm: norm }
  }),
}

/** Numbers without a pattern, in [−scale, scale]. */
const numbers = (count: number, key: number, scale = 1): Float32Array => Float32Array.from({ length: count }, (_, i) => scale * Math.sin(12.9898 * (i + 1) + 78.233 * key))
const start = (): StepVectors => ({ parameters: numbers(total, 1, 0.2), average: numbers(total, 1, 0.2), first: new Float32Array(total), second: new Float32Array(total) })
const batchOf = (count: number, key: number): Record<string, StepArray> => ({
  x: { data: numbers(count * 64, key), shape: [count, 8, 8, 1] },
  y: { data: numbers(count, key + 1), shape: [count, 1] },
})

const open: CompiledRun[] = []
async function begin(vectors = start()): Promise<CompiledRun> {
  const run = await compileTrainStep(step, { threads: 2 }).begin(vectors)
  open.push(run)
  return run
}
afterEach(async () => void (await Promise.all(open.splice(0).map((run) => run.end()))))

/** The same step eagerly, on host vectors. */
async function eagerStep(vectors: StepVectors, batch: Record<string, StepArray>) {
  const given = Object.fromEntries(Object.entries(vectors).map(([name, data]) => [name, tensor1d(data)])) as StepTensors
  const { tensors, loss, gradientNorm } = step.run(given, Object.fromEntries(Object.entries(batch).map(([name, { data, shape }]) => [name, tensor(data, [...shape], 'float32')])), tensor1d([0.01]))
  const after = Object.fromEntries(await Promise.all(Object.entries(tensors).map(async ([name, value]) => [name, (await value.data()) as Float32Array] as const)))
  return { vectors: after as StepVectors, loss: (await loss.data())[0], gradientNorm: (await gradientNorm.data())[0] }
}

const largestDifference = (a: Float32Array, b: Float32Array): number => a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i])), 0)
const bits = (vectors: StepVectors) => Object.values(vectors).map((data) => Buffer.from(data.buffer).toString('base64'))

it('three steps give what they give eagerly, to 1e-5 of what they change', async () => {
  const run = await begin()
  let eager = { vectors: start(), loss: 0, gradientNorm: 0 }
  for (let key = 0; key < 3; key++) {
    const report = await run.run(batchOf(4, key), [0.01])
    eager = await eagerStep(eager.vectors, batchOf(4, key))
    expect(Math.abs(report.loss / eager.loss - 1)).toBeLessThan(1e-5)
    expect(Math.abs(report.gradientNorm / eager.gradientNorm - 1)).toBeLessThan(1e-5)
  }
  const vectors = await run.read()
  expect(largestDifference(vectors.parameters, eager.vectors.parameters)).toBeLessThan(1e-5 * largestDifference(start().parameters, eager.vectors.parameters))
  expect(largestDifference(vectors.second, eager.vectors.second)).toBeLessThan(1e-5 * Math.max(...eager.vectors.second))
})

it('the same steps give the same bits, also when the run is read in the middle and begun anew from there', async () => {
  const whole = await begin()
  for (let key = 0; key < 4; key++) await whole.run(batchOf(4, key), [0.01])
  const first = await begin()
  for (let key = 0; key < 2; key++) await first.run(batchOf(4, key), [0.01])
  const second = await begin(await first.read())
  for (let key = 2; key < 4; key++) await second.run(batchOf(4, key), [0.01])
  expect(bits(await second.read())).toEqual(bits(await whole.read()))
})

it('calls are carried out in the order in which they are made, whatever a call waits for: a read, another batch size, the end', async () => {
  const run = await begin()
  const twice = () => [run.run(batchOf(4, 0), [0.01]), run.read(), run.run(batchOf(3, 1), [0.01]), run.run(batchOf(4, 2), [0.01]), run.read()] as const
  const [, first, , , second] = await Promise.all(twice())
  const [, third, , , fourth] = await Promise.all(twice()) // its first step is posted at once, those behind it are not
  const end = run.end()
  await expect(run.run(batchOf(4, 0), [0.01])).rejects.toThrow('must not be used after its end')
  await end
  const again = await begin()
  for (const [middle, last] of [[first, second], [third, fourth]]) {
    await again.run(batchOf(4, 0), [0.01])
    expect(bits(await again.read())).toEqual(bits(middle))
    await again.run(batchOf(3, 1), [0.01])
    await again.run(batchOf(4, 2), [0.01])
    expect(bits(await again.read())).toEqual(bits(last))
  }
})

it('a batch of another size goes on from the same state', async () => {
  const run = await begin()
  await run.run(batchOf(4, 0), [0.01])
  const between = await run.read()
  const { loss } = await run.run(batchOf(3, 1), [0.01])
  const eager = await eagerStep(between, batchOf(3, 1))
  expect(Math.abs(loss / eager.loss - 1)).toBeLessThan(1e-5)
  expect(largestDifference((await run.read()).parameters, eager.vectors.parameters)).toBeLessThan(1e-6)
  await expect(run.run(batchOf(4, 2), [0.01])).resolves.toBeDefined()
})

it('the two shapes of batches that came last stay compiled, such as full batches and the rest at the end of a data set', async () => {
  const traced = vi.spyOn(tracing, 'trace')
  const [run, again] = [await begin(), await begin()]
  for (const [count, traces] of [[4, 1], [3, 2], [4, 2], [3, 2], [2, 3], [3, 3], [4, 4]]) {
    await run.run(batchOf(count, count), [0.01])
    expect(traced).toHaveBeenCalledTimes(traces)
  }
  traced.mockRestore()
  for (const count of [4, 3, 4, 3, 2, 3, 4]) await again.run(batchOf(count, count), [0.01])
  expect(bits(await run.read())).toEqual(bits(await again.read()))
})

it('two runs of one step side by side do not see each other, and copy what they begin with', async () => {
  const vectors = start()
  const [a, b] = [await begin(vectors), await begin({ ...vectors, average: vectors.parameters })]
  vectors.parameters.fill(7)
  await a.run(batchOf(4, 0), [0.01])
  expect((await b.read()).parameters).toEqual(start().parameters)
  await a.end()
  await expect(b.run(batchOf(4, 0), [0.01])).resolves.toBeDefined()
})

it.each([0, 2.5])('threads: %d is refused before anything else', (threads) => {
  expect(() => compileTrainStep(step, { threads })).toThrow(`threads must be a positive integer; got ${threads}.`)
})

it('vectors of another length are refused at once', async () => {
  await expect(begin({ ...start(), second: new Float32Array(3) })).rejects.toThrow(`as the step's layout, ${total}; got 3 for second.`)
})

it.each<[string, unknown, string]>([
  ['missing', undefined, 'The input y must be an array of the host, { data, shape }; got undefined.'],
  ['shorter than its shape says', { data: new Float32Array(3), shape: [4, 1] }, 'Input \'y\' of shape (4, 1) must have 4 numbers; got 3.'],
])('an array of a batch that is %s is refused before anything is traced', async (_, y, message) => {
  const traced = vi.spyOn(tracing, 'trace')
  const run = await begin()
  await expect(run.run({ ...batchOf(4, 0), y: y as StepArray }, [0.01])).rejects.toThrow(message)
  expect(traced).not.toHaveBeenCalled()
  traced.mockRestore()
})

it('float64 batches are rounded', async () => {
  const [a, b] = [await begin(), await begin()]
  const batch = batchOf(4, 0)
  const doubles = Object.fromEntries(Object.entries(batch).map(([name, { data, shape }]) => [name, { data: Float64Array.from(data), shape }]))
  expect(await a.run(doubles, [0.01])).toEqual(await b.run(batch, [0.01]))
})

it('a loss that cannot be traced rejects the step and leaves the run as it was', async () => {
  const reading: TraceableStep = {
    ...step,
    run: (tensors, batch, rates) => {
      const { tensors: next, loss, gradientNorm } = step.run(tensors, batch, rates)
      return { tensors: next, loss: loss.dataSync()[0] > 0 ? loss : scalar(0), gradientNorm }
    },
  }
  const run = await compileTrainStep(reading).begin(start())
  open.push(run)
  await expect(run.run(batchOf(4, 0), [0.01])).rejects.toThrow('must not read the numbers of its tensors')
  expect((await run.read()).parameters).toEqual(start().parameters)
})

it('a run that was ended says so, and may be ended again; nothing is left of it in TensorFlow.js', async () => {
  const before = memory().numTensors
  const run = await begin()
  await run.run(batchOf(4, 0), [0.01])
  await run.end()
  await run.end()
  await expect(run.run(batchOf(4, 1), [0.01])).rejects.toThrow('must not be used after its end')
  await expect(run.read()).rejects.toThrow('must not be used after its end')
  expect(memory().numTensors).toBe(before)
})

it('a run that is ended while its first step is being compiled ends behind it', async () => {
  const run = await begin()
  const [report] = await Promise.all([run.run(batchOf(4, 0), [0.01]), run.end()])
  expect(Number.isFinite(report.loss)).toBe(true)
})

