import * as tf from '@tensorflow/tfjs-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { noAdapter, offerSwiftShader } from '../../../../../tools/software-gpu'
import type { Backend } from '../../backend'
import { openBackend } from '../../open-backend'
import { referenceGradients } from './reference-convolution'

type Padding = 'same' | 'valid' | number | [[number, number], [number, number], [number, number], [number, number]]
type Shape4D = [number, number, number, number]

interface Convolution {
  readonly input: Shape4D
  readonly filter: Shape4D
  readonly strides: number | [number, number]
  readonly pad: Padding
}

let gpu: Backend | undefined
let missing: string | undefined
beforeAll(async () => {
  offerSwiftShader()
  gpu = await openBackend({ engine: 'webgpu', allowSoftwareAdapter: true }).catch((error: unknown) => void (missing = noAdapter(String(error))))
  tf.env().set('IS_TEST', true) // each kernel is checked for data left behind
}, 60_000)
beforeEach((context) => void (missing !== undefined && context.skip(missing)))
afterEach(() => void vi.restoreAllMocks())
afterAll(async () => {
  tf.env().set('IS_TEST', false)
  await gpu?.close()
})

/** Numbers in [−1, 1) from a linear congruential generator (Numerical Recipes constants). */
function made(shape: readonly number[], seed: number): Float32Array {
  let state = seed >>> 0
  return Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  })
}

/** The names of the shaders that run meanwhile. */
function watchPrograms(): () => string[] {
  const spy = vi.spyOn(tf.backend() as unknown as { recordAndSubmit(program: object): void }, 'recordAndSubmit') // private in tfjs
  return () => spy.mock.calls.map(([program]) => program.constructor.name)
}

const kernels = ['Conv2DBackpropFilter', 'Conv2DBackpropInput'] as const
interface Operands { readonly x: Float32Array; readonly filter: Float32Array; readonly dy: Float32Array }

async function gradientsOf({ input, filter, strides, pad }: Convolution, numbers: Operands, outShape: readonly number[]): Promise<{ readonly input: Float32Array; readonly filter: Float32Array }> {
  const [x, w, dy] = [tf.tensor(numbers.x, input), tf.tensor(numbers.filter, filter), tf.tensor(numbers.dy, [...outShape])]
  const attrs = { strides, pad, dataFormat: 'NHWC' }
  const dw: tf.Tensor = tf.engine().runKernel(kernels[0], { x, dy }, { ...attrs, filterShape: filter })
  const dx: tf.Tensor = tf.engine().runKernel(kernels[1], { dy, filter: w }, { ...attrs, inputShape: input })
  expect([dw.shape, dx.shape]).toEqual([filter, input])
  const [forFilter, forInput] = await Promise.all([dw.data(), dx.data()])
  tf.dispose([x, w, dy, dw, dx])
  return { filter: forFilter as Float32Array, input: forInput as Float32Array }
}

/** A float32 sum of n rounded products is off by at most γₙ Σ |product|, in whatever order it is added; γₙ = n u / (1 − n u), u = 2⁻²⁴ (Higham 2002, 3.1). */
const gamma = (terms: number) => (terms * 2 ** -24) / (1 - terms * 2 ** -24)

/** Both gradients against float64, by the bound of float32 sums; and, if asked for, a second time to the bit. */
async function expectGradients(convolution: Convolution, { twice = false } = {}): Promise<void> {
  const { input, filter, strides, pad } = convolution
  const shape = tf.backend_util.computeConv2DInfo(input, filter, strides, 1, pad)
  const numbers: Operands = { x: made(input, 1), filter: made(filter, 2), dy: made(shape.outShape, 3) }
  const expected = referenceGradients(numbers.x, numbers.filter, numbers.dy, shape)
  const actual = await gradientsOf(convolution, numbers, shape.outShape)
  const beyond = (values: Float32Array, exact: Float64Array, sizes: Float64Array, terms: number) =>
    exact.reduce((count, value, i) => count + (Math.abs((values[i] ?? NaN) - value) <= gamma(terms) * (sizes[i] ?? NaN) ? 0 : 1), 0) // NaN counts
  expect({
    convolution,
    filter: beyond(actual.filter, expected.filter, expected.filterSizes, input[0] * shape.outHeight * shape.outWidth + 1),
    input: beyond(actual.input, expected.input, expected.inputSizes, filter[0] * filter[1] * filter[3] + 1),
  }).toEqual({ convolution, filter: 0, input: 0 })
  if (twice) expect(await gradientsOf(convolution, numbers, shape.outShape)).toEqual(actual)
}

describe('the gradients of convolutions on webgpu', () => {
  it('are those of float64 to rounding, and the same to the bit a second time, for the images of a UNet: edges 28, 14 and 7, channels 1 to 128, strides 1 and 2', async () => {
    for (const [edge, inputs, outputs, kernel, strides] of [
      [28, 1, 32, 3, 1], [28, 32, 32, 3, 1], [28, 32, 1, 3, 1], [28, 32, 32, 3, 2], [14, 64, 64, 3, 1], [14, 64, 64, 3, 2], [14, 128, 64, 1, 1], [7, 128, 64, 3, 1],
    ] as const) await expectGradients({ input: [2, edge, edge, inputs], filter: [kernel, kernel, inputs, outputs], strides, pad: 'same' }, { twice: true })
  }, 120_000)

  it('are those of float64 to rounding for kernels of 1 to 5 by 1 to 5: strides, paddings, odd sizes, channels 1 to 36, batches 1 and 3', async () => {
    const paddings: Padding[] = ['same', 'valid', 1, [[0, 0], [1, 2], [0, 3], [0, 0]]]
    const channels: readonly (readonly [number, number])[] = [[1, 8], [3, 1], [8, 3], [4, 8], [1, 1], [5, 13], [20, 36]]
    let round = 0
    for (const [height, width] of [[1, 1], [3, 3], [5, 5], [1, 3], [3, 2]] as const)
      for (const strides of [1, 2, [1, 2], 3] as (number | [number, number])[])
        for (const pad of paddings) {
          const [inputs, outputs] = channels[round % channels.length] as [number, number]
          const [rows, columns] = [[7, 6], [5, 9], [6, 5]][round % 3] as [number, number]
          const batch = round++ % 2 === 0 ? 1 : 3
          await expectGradients({ input: [batch, rows, columns, inputs], filter: [height, width, inputs, outputs], strides, pad })
        }
  }, 120_000)

  it('come from our shaders, as does conv2dTranspose; those of NCHW images from the stock ones, as right as before', async () => {
    const names = watchPrograms()
    const used = () => names().filter((name) => !name.startsWith('Transpose'))
    const [x, filter, dy] = [tf.tensor(made([2, 5, 4, 3], 1), [2, 5, 4, 3]), tf.tensor(made([3, 3, 3, 2], 2), [3, 3, 3, 2]), tf.tensor(made([2, 5, 4, 2], 3), [2, 5, 4, 2])]
    const gradients = (dataFormat: string, from: (tensor: tf.Tensor) => tf.Tensor) => [
      tf.engine().runKernel('Conv2DBackpropFilter', { x: from(x), dy: from(dy) }, { strides: 1, pad: 'same', dataFormat, filterShape: [3, 3, 3, 2] }) as tf.Tensor,
      tf.engine().runKernel('Conv2DBackpropInput', { dy: from(dy), filter }, { strides: 1, pad: 'same', dataFormat, inputShape: from(x).shape }) as tf.Tensor,
    ]
    const ours = gradients('NHWC', (tensor) => tensor)
    expect(used()).toEqual(['FilterGradient', 'InputGradient'])
    ours.push(tf.conv2dTranspose(dy as tf.Tensor4D, filter as tf.Tensor4D, [2, 5, 4, 3], 1, 'same'))
    expect(used().slice(2)).toEqual(['InputGradient'])
    const [stockFilter, stockInput] = gradients('NCHW', (tensor) => tf.transpose(tensor, [0, 3, 1, 2])) as [tf.Tensor, tf.Tensor]
    expect(used().slice(3)).toEqual(['Conv2DDerFilterProgram', 'Conv2DDerInputProgram'])
    const images = tf.transpose(stockInput, [0, 2, 3, 1])
    const expected = await Promise.all([stockFilter, images, images].map((tensor) => tensor.data()))
    for (const [which, tensor] of ours.entries()) {
      const terms = [40, 18, 18][which] as number
      ;(await tensor.data()).forEach((value, i) => expect(Math.abs(value - (expected[which]?.[i] ?? NaN))).toBeLessThanOrEqual(2 * gamma(terms + 1) * terms)) // of products below 1
    }
    tf.dispose([x, filter, dy, ...ours, stockFilter, stockInput, images])
  })

  it('leave no tensor and no data behind, and keep their buffers for the next step', async () => {
    const step = async () => {
      const convolution: Convolution = { input: [4, 14, 14, 8], filter: [3, 3, 8, 8], strides: 1, pad: 'same' }
      await gradientsOf(convolution, { x: made(convolution.input, 1), filter: made(convolution.filter, 2), dy: made(convolution.input, 3) }, convolution.input)
    }
    const held = () => ({ ...tf.memory(), data: tf.backend().numDataIds() })
    for (let i = 0; i < 2; i++) await step()
    const before = held()
    for (let i = 0; i < 5; i++) await step()
    expect(held()).toEqual(before)
  })
})
