import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { madeNumbers } from '../made-numbers.fixture'
import fc from 'fast-check'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import '@tensorflow/tfjs-layers'
import { installWasmConvolutionGradients } from './convolution'

type Padding = 'same' | 'valid' | number | [[number, number], [number, number], [number, number], [number, number]]
type Shape4D = [number, number, number, number]

interface Convolution {
  readonly input: Shape4D
  readonly filter: Shape4D
  readonly strides: number | [number, number]
  readonly pad: Padding
}

const made = (shape: number[], seed: number): tf.Tensor => tf.tensor(madeNumbers(shape, seed), shape)

const outputOf = ({ input, filter, strides, pad }: Convolution) =>
  tf.backend_util.computeConv2DInfo(input, filter, strides, 1, pad).outShape

async function on<Result>(backend: string, work: () => Result): Promise<Result> {
  await tf.setBackend(backend)
  return tf.tidy(work as () => tf.TensorContainer) as Result
}

/** The convolution and its two gradients, of numbers or of their absolute values. */
function results({ input, filter, strides, pad }: Convolution, of: (x: tf.Tensor) => tf.Tensor): Float32Array[] {
  const [x, w] = [of(made(input, 1)) as tf.Tensor4D, of(made(filter, 2)) as tf.Tensor4D]
  const dy = of(made(outputOf({ input, filter, strides, pad }), 3))
  const [dx, dw] = tf.grads((u, v) => tf.conv2d(u as tf.Tensor4D, v as tf.Tensor4D, strides, pad))([x, w], dy)
  return [tf.conv2d(x, w, strides, pad), dx, dw].map((tensor) => Float32Array.from(tensor?.dataSync() ?? []))
}

/**
 * A float32 sum of n products is off by at most n 2⁻²⁴ Σ |product|, in either backend; the sums of absolute values are the
 * same convolution of absolute values.
 */
async function expectAgreement(convolution: Convolution): Promise<void> {
  const { input, filter } = convolution
  const [, height, width] = outputOf(convolution)
  const terms = [filter[0] * filter[1] * filter[2], filter[0] * filter[1] * filter[3], input[0] * height * width]
  const actual = await on('wasm', () => results(convolution, (x) => x))
  const expected = await on('cpu', () => results(convolution, (x) => x))
  const sizes = await on('cpu', () => results(convolution, tf.abs))
  const worst = expected.map((values, which) => {
    expect(actual[which]?.length).toBe(values.length)
    return Math.max(...values.map((value, index) => {
      const bound = 2 * (terms[which] ?? 0) * 2 ** -24 * (sizes[which]?.[index] ?? 0)
      const difference = Math.abs(value - (actual[which]?.[index] ?? NaN))
      return difference <= bound * 1.001 ? 0 : difference - bound // 1.001: the bounds are rounded sums, too; NaN stays
    }))
  })
  expect({ convolution, worst }).toEqual({ convolution, worst: [0, 0, 0] })
}

let uninstall: () => void = () => undefined
beforeAll(async () => {
  tf.env().set('IS_TEST', true) // the cpu backend advertises itself otherwise; and each kernel is checked for data left behind
  await tf.setBackend('wasm')
  uninstall = installWasmConvolutionGradients()
})
afterAll(() => {
  uninstall()
  tf.env().set('IS_TEST', false)
})

describe('convolution and its gradients on wasm', () => {
  const strides = [1, 2, [1, 2]] as const
  const paddings: Padding[] = ['same', 'valid', 1, [[0, 0], [1, 2], [0, 3], [0, 0]]]
  const channels = [[1, 8], [3, 1], [8, 3], [3, 8], [8, 8], [1, 1], [5, 13]] as const
  for (const [height, width] of [[1, 1], [3, 3], [5, 5], [1, 3], [3, 2]] as const)
    it(`agree with the cpu backend to rounding for kernels of ${height}×${width}: strides, paddings, odd sizes, channels 1 to 13, batches 1 and 3`, async () => {
      let round = 0
      for (const stride of strides)
        for (const pad of paddings)
          for (const [inputs, outputs] of channels) {
            const [rows, columns] = [[7, 6], [5, 9], [6, 5]][round % 3] as [number, number]
            const batch = round++ % 2 === 0 ? 1 : 3
            const strides = typeof stride === 'number' ? stride : ([...stride] as [number, number])
            await expectAgreement({ input: [batch, rows, columns, inputs], filter: [height, width, inputs, outputs], strides, pad })
          }
    })

  it('agree with the cpu backend to rounding for any small shape (seed 1, 150 shapes)', async () => {
    const size = (max: number) => fc.integer({ min: 1, max })
    const shapes = fc.record({
      batch: size(3), height: size(9), width: size(9), inputs: size(18), outputs: size(18), kernelHeight: size(5), kernelWidth: size(5),
      strideHeight: size(3), strideWidth: size(3), top: fc.nat(4), bottom: fc.nat(4), left: fc.nat(4), right: fc.nat(4),
    }).filter(({ height, width, top, bottom, left, right, kernelHeight, kernelWidth }) =>
      height + top + bottom >= kernelHeight && width + left + right >= kernelWidth)
    await fc.assert(fc.asyncProperty(shapes, async (s) => expectAgreement({
      input: [s.batch, s.height, s.width, s.inputs],
      filter: [s.kernelHeight, s.kernelWidth, s.inputs, s.outputs],
      strides: [s.strideHeight, s.strideWidth],
      pad: [[0, 0], [s.top, s.bottom], [s.left, s.right], [0, 0]],
    })), { seed: 1, numRuns: 150 })
  })

  it('agree with the cpu backend to rounding where a row of outputs is walked in several blocks (2, 28, 28, 8) → 16', async () => {
    await expectAgreement({ input: [2, 28, 28, 8], filter: [3, 3, 8, 16], strides: 1, pad: 'same' })
  })

  it('give the gradients of two layers with bias end to end: conv2d of stride 2, then conv2dTranspose back', async () => {
    const gradients = () => {
      const loss = (x: tf.Tensor, w: tf.Tensor, b: tf.Tensor, v: tf.Tensor, c: tf.Tensor) => {
        const hidden = tf.sigmoid(tf.add(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, 'same'), b)) as tf.Tensor4D
        return tf.mean(tf.square(tf.add(tf.conv2dTranspose(hidden, v as tf.Tensor4D, [2, 7, 6, 3], 2, 'same'), c)))
      }
      const tensors = [made([2, 7, 6, 3], 1), made([3, 3, 3, 4], 2), made([4], 3), made([3, 3, 3, 4], 4), made([3], 5)]
      return tf.grads(loss as (...inputs: tf.Tensor[]) => tf.Tensor)(tensors).map((gradient) => Array.from(gradient.dataSync()))
    }
    const [actual, expected] = [await on('wasm', gradients), await on('cpu', gradients)]
    // gradients of numbers below 1, with at most 84 · 36 products in a chain
    expected.forEach((values, which) => values.forEach((value, index) =>
      expect(Math.abs((actual[which]?.[index] ?? NaN) - value)).toBeLessThan(84 * 36 * 2 ** -24)))
  })

  it('equal the cpu backend where the stock kernels still run: dilations, fused activations; and fused with a bias', async () => {
    const work = () => {
      const [x, filter, bias] = [made([2, 6, 7, 3], 1) as tf.Tensor4D, made([3, 3, 3, 5], 2) as tf.Tensor4D, made([5], 3)]
      const fused = (activation: 'linear' | 'relu') => tf.fused.conv2d({ x, filter, strides: 1, pad: 'same', bias, activation })
      return [tf.conv2d(x, filter, 1, 'same', 'NHWC', 2), fused('linear'), fused('relu')].map((tensor) => Array.from(tensor.dataSync()))
    }
    const [actual, expected] = [await on('wasm', work), await on('cpu', work)]
    expected.forEach((values, which) => values.forEach((value, index) =>
      expect(Math.abs((actual[which]?.[index] ?? NaN) - value)).toBeLessThan(2 * 28 * 28 * 2 ** -24)))
  })

  it.each(['x', 'filter', 'dy'])('hide no NaN and no infinity in %s: what is not finite on the cpu backend is not finite here, and without padding nothing else is', async (poisoned) => {
    for (const pad of ['valid', 'same'] as const)
      for (const [inputs, outputs] of [[1, 1], [3, 5], [8, 8]] as const)
        for (const strides of [1, 2])
          for (const poison of [NaN, Infinity]) {
            const finite = () => {
              const put = (tensor: tf.Tensor, name: string) => {
                const values = tensor.dataSync()
                if (name === poisoned) values[Math.floor(0.6 * values.length)] = poison
                return tf.tensor(values, tensor.shape)
              }
              const convolution: Convolution = { input: [2, 6, 7, inputs], filter: [3, 3, inputs, outputs], strides, pad }
              const [x, w] = [put(made(convolution.input, 1), 'x') as tf.Tensor4D, put(made(convolution.filter, 2), 'filter') as tf.Tensor4D]
              const [dx, dw] = tf.grads((u, v) => tf.conv2d(u as tf.Tensor4D, v as tf.Tensor4D, strides, pad))([x, w], put(made(outputOf(convolution), 3), 'dy'))
              return [tf.conv2d(x, w, strides, pad), dx, dw].flatMap((tensor) => Array.from(tensor?.dataSync() ?? [], Number.isFinite))
            }
            const [actual, expected] = [await on('wasm', finite), await on('cpu', finite)]
            expect(expected).toContain(false)
            expect(actual.filter((isFinite, index) => isFinite && expected[index] !== true)).toEqual([])
            if (pad === 'valid' && poisoned !== 'filter') expect(actual).toEqual(expected)
          }
  })

  it('are right while the wasm memory grows under them', async () => {
    await tf.setBackend('wasm')
    const heapBytes = () => (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm.HEAPU8.byteLength
    const identity = tf.tidy(() => tf.pad(tf.reshape(tf.eye(4), [1, 1, 4, 4]), [[1, 1], [1, 1], [0, 0], [0, 0]])) as tf.Tensor4D
    const x = made([1, 512, 512, 4], 1) as tf.Tensor4D
    const bytes = (tensor: tf.Tensor) => Buffer.from(tensor.dataSync().buffer)
    const numbers = bytes(x)
    const before = heapBytes()
    const kept: tf.Tensor[] = []
    while (heapBytes() < 1.5 * before) {
      const same = tf.conv2d(x, identity, 1, 'same') // its sums are one product with 1 and products with 0
      kept.push(same)
      expect(bytes(same).equals(numbers)).toBe(true)
    }
    tf.dispose([x, identity, ...kept])
  })

  it('leave nothing behind where there is no memory left for their result', async () => {
    await tf.setBackend('wasm')
    const module = (tf.backend() as unknown as { wasm: { _malloc(bytes: number): number; _free(address: number): void } }).wasm
    const [x, filter] = [made([1, 4, 4, 1], 1) as tf.Tensor4D, made([3, 3, 1, 1], 2) as tf.Tensor4D]
    const { _malloc: malloc, _free: free } = module
    for (const failing of [1, 2]) {
      const held = new Set<number>()
      const dataIds = tf.engine().backend.numDataIds()
      let calls = 0
      module._malloc = (bytes) => {
        const address = ++calls === failing ? 0 : malloc(bytes)
        if (address !== 0) held.add(address)
        return address
      }
      module._free = (address) => {
        held.delete(address)
        free(address)
      }
      try {
        expect(() => tf.conv2d(x, filter, 1, 'valid')).toThrow(/must have \d+ bytes of memory left/)
      } finally {
        Object.assign(module, { _malloc: malloc, _free: free })
      }
      expect([calls, held.size, tf.engine().backend.numDataIds()]).toEqual([failing, 0, dataIds])
    }
    tf.dispose([x, filter])
  })

  it('refuse or leave to the stock kernels what is not float32', async () => {
    await tf.setBackend('wasm')
    const attrs = { strides: 1, pad: 'valid', dataFormat: 'NHWC', filterShape: [3, 3, 1, 1] }
    const [x, dy] = [tf.zeros([1, 4, 4, 1], 'int32'), tf.zeros([1, 2, 2, 1])]
    expect(() => tf.engine().runKernel('Conv2DBackpropFilter', { x, dy }, attrs)).toThrow('x and dy must be float32 for the gradient of a filter on wasm; got int32 and float32.')
    tf.dispose([x, dy])
  })

  it('give empty results for an empty batch, and a filter’s gradient of zeros', async () => {
    for (const size of [1, 3]) {
      const [y, dx, dw] = await on('wasm', () => {
        const [x, filter] = [tf.zeros([0, 4, 4, 16]) as tf.Tensor4D, made([size, size, 16, 2], 1) as tf.Tensor4D]
        const conv = (u: tf.Tensor, v: tf.Tensor) => tf.conv2d(u as tf.Tensor4D, v as tf.Tensor4D, 1, 'same')
        return [conv(x, filter), ...tf.grads(conv)([x, filter])].map((tensor) => ({ shape: tensor.shape, values: new Set(tensor.dataSync()) }))
      })
      expect(y).toEqual({ shape: [0, 4, 4, 2], values: new Set() })
      expect(dx).toEqual({ shape: [0, 4, 4, 16], values: new Set() })
      expect(dw).toEqual({ shape: [size, size, 16, 2], values: new Set([0]) })
    }
  })

  it('refuse the gradient of a filter in NCHW with the remedy', async () => {
    await tf.setBackend('wasm')
    const attrs = { strides: 1, pad: 'same', dataFormat: 'NCHW', filterShape: [3, 3, 2, 2] }
    const [x, dy] = [made([1, 2, 4, 4], 1), made([1, 2, 4, 4], 2)]
    expect(() => tf.engine().runKernel('Conv2DBackpropFilter', { x, dy }, attrs)).toThrow("dataFormat must be 'NHWC'")
    tf.dispose([x, dy])
  })

  it('leave no tensor, no data and no wasm memory behind over 300 steps with new filters', async () => {
    await tf.setBackend('wasm')
    const step = (seed: number) => tf.tidy(() => {
      const loss = (x: tf.Tensor, w: tf.Tensor, v: tf.Tensor) =>
        tf.sum(tf.conv2d(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'), v as tf.Tensor4D, 2, 1))
      tf.grads(loss as (...inputs: tf.Tensor[]) => tf.Tensor)([made([4, 14, 14, 4], seed), made([3, 3, 4, 16], seed + 1), made([3, 3, 16, 8], seed + 2)])
    })
    const heapBytes = () => (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm.HEAPU8.byteLength
    for (let i = 0; i < 20; i++) step(i)
    const before = { ...tf.memory(), heap: heapBytes() }
    for (let i = 0; i < 300; i++) step(i)
    expect({ ...tf.memory(), heap: heapBytes() }).toEqual(before)
  })

  it('do not change their operands', async () => {
    const [before, after] = await on('wasm', () => {
      const [x, w] = [made([1, 5, 5, 3], 1), made([3, 3, 3, 4], 2)]
      const numbers = () => [...x.dataSync(), ...w.dataSync()]
      const first = numbers()
      tf.grads((u, v) => tf.conv2d(u as tf.Tensor4D, v as tf.Tensor4D, 1, 'same'))([x, w])
      return [first, numbers()]
    })
    expect(after).toEqual(before)
  })

  it('work again on a wasm backend that was freed and started anew', async () => {
    await tf.setBackend('wasm')
    const { factory, priority } = tf.engine().registryFactory['wasm'] ?? { factory: () => tf.backend(), priority: 2 }
    await tf.setBackend('cpu')
    tf.removeBackend('wasm')
    tf.registerBackend('wasm', factory, priority)
    await expectAgreement({ input: [1, 4, 4, 3], filter: [3, 3, 3, 8], strides: 1, pad: 'same' })
  })
})

describe('installWasmConvolutionGradients', () => {
  const names = ['Conv2D', 'FusedConv2D', 'Conv2DBackpropInput', 'Conv2DBackpropFilter'] as const
  const kernels = () => names.map((name) => tf.getKernel(name, 'wasm') as tf.KernelConfig | undefined)

  it('counts its holders: the stock kernels come back, and none where there was none, when the last one gives it up', () => {
    uninstall()
    const stock = kernels()
    expect(stock[3]).toBeUndefined() // if tfjs adds it, compare with it
    const [first, second] = [installWasmConvolutionGradients(), installWasmConvolutionGradients()]
    const installed = kernels()
    installed.forEach((kernel, index) => expect(kernel).not.toBe(stock[index]))
    first()
    first()
    expect(kernels()).toEqual(installed)
    second()
    kernels().forEach((kernel, index) => expect(kernel).toBe(stock[index]))
    uninstall = installWasmConvolutionGradients()
  })
})
