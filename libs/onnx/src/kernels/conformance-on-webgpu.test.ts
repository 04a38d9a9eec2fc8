import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { conv2d, cos, depthwiseConv2d, maxPool, grad, setBackend, sin, split, sum, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { noAdapterBy, offerSwiftShader } from '../../../../tools/software-gpu'
import { compile, type Compiled } from '../compile'
import { elementwiseCases } from './elementwise-cases.fixture'
import { floats, kernelCase, type KernelCase } from './kernel-case.fixture'
import { channelsFirst, isImages, judge } from './kernel-judge.fixture'
import { productCases } from './product-cases.fixture'
import { shapeCases } from './shape-cases.fixture'

/** What a GPU gets other nodes for than the processor. */
const lowered = ['Sin', 'Cos', 'Tan', 'Conv2D', 'Conv2DBackpropInput', 'Conv2DBackpropFilter', 'BatchMatMul', 'Sum', 'Mean', 'SplitV']
const ofImages = floats([3, 6, 5, 4])
const more: readonly KernelCase[] = [
  kernelCase('Sin', 'of a thousand radians', [floats([300], [-1000, 1000])], (x) => sin(x)),
  kernelCase('Cos', 'of a thousand radians', [floats([300], [-1000, 1000])], (x) => cos(x)),
  kernelCase('SplitV', 'into more parts than a shader has buffers for', [floats([60])], (x) => split(x, Array.from({ length: 60 }, () => 1))),
  kernelCase('SplitV', 'into parts of several lengths', [floats([2, 66])], (x) => split(x, Array.from({ length: 11 }, (_, i) => i + 1), 1)),
  kernelCase('Sum', 'over every run of axes', [ofImages], (x) => [[0], [1], [2], [3], [0, 1], [1, 2], [2, 3], [0, 1, 2], [1, 2, 3], [0, 3], [0, 1, 2, 3]].map((axes) => sum(x, axes))),
  kernelCase('Sum', 'over a row longer than one product adds', [floats([4, 70, 40, 3])], (x) => sum(x, [0, 1, 2]), { ulps: 64 }),
  kernelCase('Conv2D', '6 channels to 4', [floats([2, 6, 6, 6]), floats([3, 3, 6, 4])], (x, filter) => conv2d(x as Tensor4D, filter as Tensor4D, 1, 'same'), { ulps: 32 }),
  kernelCase('Conv2D', '33 channels to 8', [floats([1, 5, 5, 33]), floats([3, 3, 33, 8])], (x, filter) => conv2d(x as Tensor4D, filter as Tensor4D, 1, 'same'), { ulps: 32 }),
]
const cases = [...productCases, ...shapeCases, ...elementwiseCases, ...more].filter(({ kernel }) => lowered.includes(kernel))

let held: Compiled | undefined // so that the worker outlives each case's session
let missing = ''
beforeAll(async () => {
  offerSwiftShader()
  await setBackend('cpu')
  const options = { engine: 'onnxruntime', device: 'webgpu' } as const
  held = await compile(({ x }) => ({ x: sum(x) }), { x: { shape: [4], dtype: 'float32' } }, options).catch((error: Error) => void (missing = noAdapterBy(error)))
})
beforeEach((context) => void (missing !== '' && context.skip(missing)))
afterAll(() => held?.close())

describe("the kernels that are lowered for a GPU give on onnxruntime's WebGPU engine what eager TensorFlow.js gives", () => {
  it.each(lowered)('%s, in every case', async (kernel) => {
    const ofKernel = cases.filter((each) => each.kernel === kernel)
    expect(ofKernel.length).toBeGreaterThan(1)
    for (const each of ofKernel) {
      for (const arranged of each.operands.some(isImages) ? [(x: Tensor) => x, channelsFirst] : [(x: Tensor) => x]) {
        await judge(each, arranged, 'webgpu').catch((cause: unknown) => {
          throw new Error(`${each.name}: ${String(cause)}`, { cause })
        })
      }
    }
  })
})

it.each<readonly [string, (x: Tensor) => Tensor, string]>([
  ['the gradient of a maximum', grad((x) => sum(maxPool(x as Tensor4D, 2, 2, 'valid'))), 'MaxPoolGrad'],
  ['the gradient of a depthwise convolution', grad((x) => sum(depthwiseConv2d(x as Tensor4D, conv2d(x as Tensor4D, x as Tensor4D, 1, 'same') as Tensor4D, 1, 'same'))), 'DepthwiseConv2dNativeBackprop'],
])('%s, which that engine computes wrongly or not at all, is refused before anything runs', async (_name, fn, kernel) => {
  const compiling = compile(({ x }) => ({ y: fn(x) }), { x: { shape: [4, 4, 4, 4], dtype: 'float32' } }, { engine: 'onnxruntime', device: 'webgpu' })
  await expect(compiling).rejects.toThrow(new RegExp(`^onnxruntime's WebGPU engine must know every kernel of a function that it is to run; got ${kernel}.*Compile the function for the processor\\.$`))
})
