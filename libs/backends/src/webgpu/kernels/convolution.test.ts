import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { madeNumbers } from '../../made-numbers.fixture'
import { onGpu } from '../on-gpu.fixture'
import { convolveForward } from './forward-convolution'
import { filterGradient } from './filter-gradient'
import { inputGradient } from './input-gradient'
import { wideTiles, type ProductTile } from './product-tile'
import { referenceConvolution } from './reference-convolution.fixture'

type Padding = 'same' | 'valid' | number | [[number, number], [number, number], [number, number], [number, number]]
type Shape4D = [number, number, number, number]

interface Convolution {
  readonly input: Shape4D
  readonly filter: Shape4D
  readonly strides: number | [number, number]
  readonly pad: Padding
}

onGpu()
afterEach(() => void vi.restoreAllMocks())

/** The names of the shaders that run meanwhile. */
function watchPrograms(): () => string[] {
  const spy = vi.spyOn(tf.backend() as unknown as { recordAndSubmit(program: object): void }, 'recordAndSubmit') // private in tfjs
  return () => spy.mock.calls.map(([program]) => program.constructor.name)
}

interface Operands { readonly x: Float32Array; readonly filter: Float32Array; readonly dy: Float32Array }

/** What the kernels give: those that are registered, or ours with a tile that they might not choose. */
async function computed({ input, filter, strides, pad }: Convolution, numbers: Operands, outShape: readonly number[], tile?: ProductTile) {
  const [x, w, dy] = [tf.tensor(numbers.x, input), tf.tensor(numbers.filter, filter), tf.tensor(numbers.dy, [...outShape])]
  const attrs = { strides, pad, dataFormat: 'NHWC' }
  const run = { shape: tf.backend_util.computeConv2DInfo(input, filter, strides, 1, pad), backend: tf.backend() as WebGPUBackend, tile }
  const [y, dw, dx] = tile === undefined
    ? [
        tf.engine().runKernel('Conv2D', { x, filter: w }, { ...attrs, dilations: 1 }) as tf.Tensor,
        tf.engine().runKernel('Conv2DBackpropFilter', { x, dy }, { ...attrs, filterShape: filter }) as tf.Tensor,
        tf.engine().runKernel('Conv2DBackpropInput', { dy, filter: w }, { ...attrs, inputShape: input }) as tf.Tensor,
      ] as const
    : [convolveForward(x, w, undefined, run), filterGradient(x, dy, run), inputGradient(dy, w, run)] as const
  expect([y.shape, dw.shape, dx.shape]).toEqual([outShape, filter, input])
  const [forward, forFilter, forInput] = (await Promise.all([y, dw, dx].map(({ dataId }) => tf.backend().read(dataId)))) as [Float32Array, Float32Array, Float32Array]
  for (const result of [y, dw, dx]) if (result instanceof tf.Tensor) result.dispose()
    else tf.backend().disposeData(result.dataId)
  tf.dispose([x, w, dy])
  return { output: forward, filter: forFilter, input: forInput }
}

/** A float32 sum of n rounded products is off by at most γₙ Σ |product|, in whatever order it is added; γₙ = n u / (1 − n u), u = 2⁻²⁴ (Higham 2002, 3.1). */
const gamma = (terms: number) => (terms * 2 ** -24) / (1 - terms * 2 ** -24)

/** A convolution and both gradients against float64, by the bound of float32 sums; and, if asked for, a second time to the bit. */
async function expectConvolution(convolution: Convolution, { twice = false, tile }: { twice?: boolean; tile?: ProductTile } = {}): Promise<void> {
  const { input, filter, strides, pad } = convolution
  const shape = tf.backend_util.computeConv2DInfo(input, filter, strides, 1, pad)
  const numbers: Operands = { x: madeNumbers(input, 1), filter: madeNumbers(filter, 2), dy: madeNumbers(shape.outShape, 3) }
  const expected = referenceConvolution(numbers.x, numbers.filter, numbers.dy, shape)
  const actual = await computed(convolution, numbers, shape.outShape, tile)
  const beyond = (values: Float32Array, exact: Float64Array, sizes: Float64Array, terms: number) =>
    exact.reduce((count, value, i) => count + (Math.abs((values[i] ?? NaN) - value) <= gamma(terms) * (sizes[i] ?? NaN) ? 0 : 1), 0) // NaN counts
  expect({
    convolution,
    output: beyond(actual.output, expected.output, expected.outputSizes, filter[0] * filter[1] * filter[2] + 1),
    filter: beyond(actual.filter, expected.filter, expected.filterSizes, input[0] * shape.outHeight * shape.outWidth + 1),
    input: beyond(actual.input, expected.input, expected.inputSizes, filter[0] * filter[1] * filter[3] + 1),
  }).toEqual({ convolution, output: 0, filter: 0, input: 0 })
  if (twice) expect(await computed(convolution, numbers, shape.outShape)).toEqual(actual)
}

describe('convolutions and their gradients on webgpu', () => {
  it('are those of float64 to rounding, and the same to the bit a second time, for the images of a UNet: edges 28, 14 and 7, channels 1 to 128, strides 1 and 2', async () => {
    for (const [edge, inputs, outputs, kernel, strides] of [
      [28, 1, 32, 3, 1], [28, 32, 32, 3, 1], [28, 32, 1, 3, 1], [28, 32, 32, 3, 2], [14, 64, 64, 3, 1], [14, 64, 64, 3, 2], [14, 128, 64, 1, 1], [7, 128, 64, 3, 1],
    ] as const) await expectConvolution({ input: [2, edge, edge, inputs], filter: [kernel, kernel, inputs, outputs], strides, pad: 'same' }, { twice: true })
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
          await expectConvolution({ input: [batch, rows, columns, inputs], filter: [height, width, inputs, outputs], strides, pad })
        }
  }, 120_000)

  it('are those of float64 to rounding with every tile of 32 columns or more, whole and in part, at strides 1 and 2, and with channels that are multiples of 4 or not', async () => {
    for (const [which, tile] of wideTiles.entries()) {
      const [inputs, outputs] = which % 2 === 0 ? [36, 68] as const : [35, 67] as const
      await expectConvolution({ input: [3, 9, 8, inputs], filter: [3, 3, inputs, outputs], strides: 1 + (which % 3 === 0 ? 1 : 0), pad: 'same' }, { tile })
    }
  }, 120_000)

  it('come from our shaders, as does conv2dTranspose; gradients of NCHW images from the stock ones, as right as before', async () => {
    const names = watchPrograms()
    const used = () => names().filter((name) => !name.startsWith('Transpose'))
    const [x, filter, dy] = [tf.tensor(madeNumbers([2, 5, 4, 3], 1), [2, 5, 4, 3]), tf.tensor(madeNumbers([3, 3, 3, 2], 2), [3, 3, 3, 2]), tf.tensor(madeNumbers([2, 5, 4, 2], 3), [2, 5, 4, 2])]
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

  it('with a bias are fused in our shader; with dilation, an activation, a bias of another shape or in NCHW they come from the stock ones, as right as before', async () => {
    const names = watchPrograms()
    const [x, filter, bias] = [tf.tensor4d(madeNumbers([2, 6, 7, 3], 1), [2, 6, 7, 3]), tf.tensor4d(madeNumbers([3, 3, 3, 5], 2), [3, 3, 3, 5]), tf.tensor1d(madeNumbers([5], 3))]
    const fused = (activation: 'linear' | 'relu', b: tf.Tensor = bias) => tf.fused.conv2d({ x, filter, strides: 1, pad: 'same', bias: b, activation })
    const images = tf.transpose(x, [0, 3, 1, 2]) as tf.Tensor4D
    const used = () => names().filter((name) => !name.startsWith('Transpose'))
    const ours = [fused('linear'), tf.conv2d(x, filter, 1, 'same')] as const
    expect(used()).toEqual(['Convolution', 'Convolution'])
    const scalar = tf.scalar(0.5)
    const stock = [fused('relu'), tf.conv2d(x, filter, 1, 'same', 'NHWC', 2), tf.conv2d(images, filter, 1, 'same', 'NCHW'), fused('linear', scalar)] as const
    expect(used().filter((name) => name === 'Convolution')).toHaveLength(2)
    const derived = [tf.relu(ours[0]), tf.transpose(stock[2], [0, 2, 3, 1]), tf.add(tf.sub(stock[3], scalar), bias)]
    const [linear, plain, relu, clipped, transposed, biased] = (await Promise.all([...ours, stock[0], ...derived].map((tensor) => tensor.data()))) as Float32Array[]
    for (const [actual, expected] of [[clipped, relu], [plain, transposed], [linear, biased]] as [Float32Array, Float32Array][])
      actual.forEach((value, i) => expect(Math.abs(value - (expected[i] ?? NaN))).toBeLessThanOrEqual(2 * gamma(31) * 29)) // 27 products, bias and scalar below 1, in either
    tf.dispose([x, filter, bias, images, scalar, ...ours, ...stock, ...derived])
  })

  it('are empty for an empty batch, and a filter’s gradient is zero, where the stock kernels fail', async () => {
    const convolution: Convolution = { input: [0, 4, 4, 3], filter: [3, 3, 3, 2], strides: 1, pad: 'same' }
    const none = new Float32Array()
    expect(await computed(convolution, { x: none, filter: madeNumbers(convolution.filter, 1), dy: none }, [0, 4, 4, 2])).toEqual({ output: none, filter: new Float32Array(54), input: none })
  })

  it('leave no tensor and no data behind, and keep their buffers for the next step', async () => {
    const step = async () => {
      const convolution: Convolution = { input: [4, 14, 14, 8], filter: [3, 3, 8, 8], strides: 1, pad: 'same' }
      await computed(convolution, { x: madeNumbers(convolution.input, 1), filter: madeNumbers(convolution.filter, 2), dy: madeNumbers(convolution.input, 3) }, convolution.input)
    }
    const held = () => ({ ...tf.memory(), data: tf.backend().numDataIds() })
    for (let i = 0; i < 2; i++) await step()
    const before = held()
    for (let i = 0; i < 5; i++) await step()
    expect(held()).toEqual(before)
  })
})
