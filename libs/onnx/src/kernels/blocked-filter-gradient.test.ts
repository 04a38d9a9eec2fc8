import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { conv2d, grad, mul, setBackend, sum, tensor, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inputValues, readTensors } from '../host-forms'
import { lowerGraph } from '../lower/lower-graph'
import { encodeModel } from '../model/encode-model'
import { probeBlockedConvolution } from '../run/blocked-convolution'
import type { HostTensor } from '../run/host-tensor'
import { openSession } from '../run/session'
import { holdSharedWorker } from '../run/shared-worker'
import { trace } from '../trace/trace'

let block: number | undefined
const worker = holdSharedWorker()
beforeAll(async () => {
  await setBackend('cpu')
  const support = await probeBlockedConvolution()
  block = 'block' in support ? support.block : undefined
})
afterAll(() => worker.release())

interface Case {
  readonly batch: number
  readonly image: readonly [height: number, width: number]
  readonly ins: number
  readonly outs: number
  readonly window: readonly [rows: number, columns: number]
  readonly strides: number
  readonly pad: 'same' | 'valid' | number
  /** Whether it is made in blocks: where samples and channels fill blocks of 16. */
  readonly inBlocks: boolean
}

const usual = { batch: 16, image: [5, 6], ins: 16, outs: 16, window: [3, 3], strides: 1, pad: 'same', inBlocks: true } as const
const cases: readonly (Case & { readonly name: string })[] = [
  { ...usual, name: '3 × 3' },
  { ...usual, name: 'three blocks of samples', batch: 48 },
  { ...usual, name: 'one channel to 16', ins: 1 },
  { ...usual, name: '16 channels to one, whose taps come out backwards', outs: 1 },
  { ...usual, name: '32 channels to 16, whose taps come out backwards', ins: 32, batch: 32 },
  { ...usual, name: '16 channels to 48', outs: 48 },
  { ...usual, name: '1 × 1', window: [1, 1], outs: 32 },
  { ...usual, name: '1 × 1, 32 channels to 16', window: [1, 1], ins: 32 },
  { ...usual, name: '2 × 3 without zeros around', window: [2, 3], pad: 'valid' },
  { ...usual, name: '2 × 3 padded on one side more, 32 channels to 16', window: [2, 3], ins: 32 },
  { ...usual, name: '3 × 3 in steps of two, even and odd edge', strides: 2, pad: 1, image: [6, 7] },
  { ...usual, name: '2 × 2 in steps of two that do not reach the last row', window: [2, 2], strides: 2, pad: 'valid', image: [7, 6] },
  { ...usual, name: '2 × 2 in steps of three that do not reach the last column', window: [2, 2], strides: 3, pad: 'valid', image: [5, 6], ins: 32 },
  { ...usual, name: '3 × 3 on one pixel', image: [1, 1] },
  { ...usual, name: 'a batch that fills no block', batch: 12, inBlocks: false },
  { ...usual, name: 'channels that fill no block', ins: 12, outs: 12, inBlocks: false },
]

/** Numbers in [−1, 1] without a pattern. */
const numbers = (shape: readonly number[], phase: number): HostTensor =>
  ({ shape, data: Float32Array.from({ length: shape.reduce((product, length) => product * length, 1) }, (_, i) => Math.sin(phase + 12.9898 * i * (1 + i / 1013))) })

/** dW of ½ Σ (W ∗ x)², and x through a convolution of one pixel, so that it lies in blocks where its channels fill them. */
const gradientOf = ({ strides, pad }: Case) => ({ x, w, mix }: Record<string, Tensor>): { dw: Tensor } => {
  const images = conv2d(x as Tensor4D, mix as Tensor4D, 1, 'valid')
  const convolve = (filter: Tensor) => conv2d(images, filter as Tensor4D, strides, pad, 'NHWC', 1, typeof pad === 'number' ? 'floor' : undefined)
  return { dw: grad((filter) => sum(mul(convolve(filter), convolve(filter))))(w) }
}

describe.each(cases)('the gradient of a filter: $name', (each) => {
  const { batch, image, ins, outs, window } = each
  const feeds = { x: numbers([batch, ...image, ins], 1), w: numbers([...window, ins, outs], 2), mix: numbers([1, 1, ins, ins], 3) }
  const graphWith = (size: number) => lowerGraph(trace(gradientOf(each), inputValues(Object.fromEntries(Object.entries(feeds).map(([name, { shape }]) => [name, { shape, dtype: 'float32' as const }])))), { block: size })

  it('is what it is eagerly, to 1e-5 of its largest number', async (context) => {
    if (block === undefined) return context.skip('onnxruntime has no blocked convolutions here')
    const { dw: expected } = await readTensors(tidy(() => gradientOf(each)(Object.fromEntries(Object.entries(feeds).map(([name, { data, shape }]) => [name, tensor(data, [...shape])])))))
    const session = await openSession(encodeModel(graphWith(block)), { threads: 2 })
    try {
      const { dw } = await session.run(feeds)
      expect(dw.shape).toEqual(expected.shape)
      const largest = Math.max(...expected.data.map(Math.abs))
      expect(Math.max(...dw.data.map((number, i) => Math.abs(number - expected.data[i])))).toBeLessThan(1e-5 * largest)
    } finally {
      await session.close()
    }
  })

  it(`is ${each.inBlocks ? '' : 'not '}made in blocks`, () => {
    const threeDimensional = graphWith(16).nodes.some(({ operator, attributes: { strides } }) => operator === 'Conv' && strides !== undefined && 'ints' in strides && strides.ints.length === 3)
    expect(threeDimensional).toBe(!each.inBlocks)
  })
})
