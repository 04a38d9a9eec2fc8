import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { add, conv2d, mean, mul, setBackend, square, sub, sum, tanh, tensor, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inputValues, readTensors } from '../host-forms'
import { encodeModel } from '../model/encode-model'
import type { OnnxGraph } from '../model/onnx-graph'
import { probeBlockedConvolution } from '../run/blocked-convolution'
import type { HostTensor } from '../run/host-tensor'
import { openSession } from '../run/session'
import { holdSharedWorker } from '../run/shared-worker'
import { trace } from '../trace/trace'
import { lowerGraph } from './lower-graph'

let block: number | undefined
const worker = holdSharedWorker()
beforeAll(async () => {
  await setBackend('cpu')
  const support = await probeBlockedConvolution()
  block = 'block' in support ? support.block : undefined
})
afterAll(() => worker.release())

/** Numbers in [−1, 1] without a pattern. */
const numbers = (shape: readonly number[], phase: number): HostTensor =>
  ({ shape, data: Float32Array.from({ length: shape.reduce((product, length) => product * length, 1) }, (_, i) => Math.sin(phase + 12.9898 * i * (1 + i / 1013))) })

const channels = 32
const feeds = {
  x: numbers([3, 5, 4, channels], 1), y: numbers([3, 5, 4, channels], 2), a: numbers([3, 1, 1, channels], 3), b: numbers([3, 1, 1, channels], 4),
  c: numbers([channels], 5), w: numbers([3, 3, channels, channels], 6),
}
type Inputs = { x: Tensor4D, y: Tensor4D, a: Tensor, b: Tensor, c: Tensor, w: Tensor4D }

interface Case {
  readonly name: string
  /** A function of two images that lie in blocks, and of others. */
  readonly of: (p: Tensor4D, q: Tensor4D, inputs: Inputs) => Tensor
  /** The operators that it takes, from p and q on. */
  readonly operators: string
}

const cases: readonly Case[] = [
  { name: 'p a + b', of: (p, _, { a, b }) => add(mul(p, a), b), operators: 'planes' },
  { name: 'b − p', of: (p, _, { b }) => sub(b, p), operators: 'planes' },
  { name: '(p − b) + c − 2', of: (p, _, { b, c }) => sub(add(sub(p, b), c), 2), operators: 'Sub Sub planes' }, // two of them per channel
  { name: 'p a − q b + c', of: (p, q, { a, b, c }) => add(sub(mul(p, a), mul(b, q)), c), operators: 'Neg planes planes' },
  { name: 'p − q + 1', of: (p, q) => add(sub(p, q), 1), operators: 'planes' },
  { name: 'p / 2 + 1', of: (p) => add(mul(p, 0.5), 1), operators: 'planes' },
  { name: '2 p', of: (p) => mul(p, 2), operators: 'Mul' },
  { name: '(q + p a) q, in which q is needed twice', of: (p, q, { a }) => mul(add(q, mul(p, a)), q), operators: 'planes Add Mul' },
  { name: 'p − (q − (p a − b))', of: (p, q, { a, b }) => sub(p, sub(q, sub(mul(p, a), b))), operators: 'Neg planes Sub' },
  { name: 'p + p', of: (p) => add(p, p), operators: 'Add' },
  { name: 'w ∗ p + q + c', of: (p, q, { w, c }) => add(add(conv2d(p, w, 1, 1), q), c), operators: 'Conv' },
  { name: 'w ∗ p + b, which is another for each sample', of: (p, _, { w, b }) => add(conv2d(p, w, 1, 1), b), operators: 'Conv Add' },
  { name: 'q − w ∗ p', of: (p, q, { w }) => sub(q, conv2d(p, w, 1, 1)), operators: 'Conv Sub' },
  { name: 'w ∗ p + p a − q', of: (p, q, { w, a }) => sub(add(conv2d(p, w, 1, 1), mul(p, a)), q), operators: 'planes Conv Sub' },
  { name: 'the mean of p q over the pixels', of: (p, q) => mean(mul(p, q), [1, 2]), operators: 'planes Mul' }, // the latter by 1 / pixels
  { name: 'the sum of p² over the pixels', of: (p) => sum(square(p), [1, 2], true), operators: 'planes' },
  { name: 'the sum of p q over pixels and samples', of: (p, q) => sum(mul(p, q), [0, 1, 2]), operators: 'planes ReduceSum' },
]

const traced = ({ of }: Case) => (given: Record<string, Tensor>): { value: Tensor } => {
  const inputs = given as unknown as Inputs
  const images = (x: Tensor4D): Tensor4D => tanh(conv2d(x, inputs.w, 1, 1))
  return { value: of(images(inputs.x), images(inputs.y), inputs) }
}
const forms = inputValues(Object.fromEntries(Object.entries(feeds).map(([name, { shape }]) => [name, { shape, dtype: 'float32' as const }])))

/** The operators of a graph that compute something, without those that make p and q. */
function operatorsOf({ nodes }: OnnxGraph): string {
  const begins = new Set(nodes.filter(({ operator }) => operator === 'Tanh').flatMap(({ inputs, outputs }) => [...inputs, ...outputs]))
  const computing = nodes.filter(({ operator, outputs: [output] }) => ['Conv', 'Add', 'Sub', 'Mul', 'Neg', 'ReduceSum', 'ReduceMean'].includes(operator) && !begins.has(output))
  return computing.map(({ operator, attributes: { group } }) => (group !== undefined && 'int' in group && group.int > 1 ? 'planes' : operator)).join(' ')
}

describe.each(cases)('images in blocks: $name', (each) => {
  it('is what it is eagerly, to 1e-5 of its largest number', async (context) => {
    if (block === undefined) return context.skip('onnxruntime has no blocked convolutions here')
    const { value: expected } = await readTensors(tidy(() => traced(each)(Object.fromEntries(Object.entries(feeds).map(([name, { data, shape }]) => [name, tensor(data, [...shape])])))))
    const graph = lowerGraph(trace(traced(each), forms), { block })
    const session = await openSession(encodeModel(graph), { threads: 2 })
    try {
      const { value } = await session.run(feeds)
      expect(value.shape).toEqual(expected.shape)
      const largest = Math.max(...expected.data.map(Math.abs))
      expect(Math.max(...value.data.map((number, i) => Math.abs(number - expected.data[i])))).toBeLessThan(1e-5 * largest)
    } finally {
      await session.close()
    }
  })

  it('takes few operators', () => expect(operatorsOf(lowerGraph(trace(traced(each), forms), { block: 16 }))).toBe(each.operators))
})
