import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { conv2d, dispose, engine, eye, reshape, setBackend, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compile, type Compiled } from '../compile'
import { elementTypeOf, type HostTensor } from '../run/host-tensor'
import { elementwiseCases } from './elementwise-cases.fixture'
import { asTensor, type KernelCase } from './kernel-case.fixture'
import { productCases } from './product-cases.fixture'
import { shapeCases } from './shape-cases.fixture'
import { kernels } from './table'

const cases = [...elementwiseCases, ...shapeCases, ...productCases]
const byKernel = new Map<string, KernelCase[]>()
for (const each of cases) byKernel.set(each.kernel, [...(byKernel.get(each.kernel) ?? []), each])

let held: Compiled // so that the worker outlives each case's session

beforeAll(async () => {
  await setBackend('cpu')
  held = await compile(({ x }) => ({ x }), { x: { shape: [1], dtype: 'float32' } }, { engine: 'onnxruntime' })
})
afterAll(() => held.close())

/** The same images, brought through a convolution that changes nothing: so they lie channels first when the kernel gets them. */
const channelsFirst = (x: Tensor): Tensor => {
  const channels = x.shape[3] as number
  return conv2d(x as Tensor4D, reshape(eye(channels), [1, 1, channels, channels]), 1, 'same')
}
const isImages = (host: HostTensor): boolean => host.shape.length === 4 && host.data instanceof Float32Array
const named = <T>(list: readonly T[]): Record<string, T> => Object.fromEntries(list.map((each, i) => [String(i), each]))

describe('the kernels in onnxruntime give what eager TensorFlow.js gives', () => {
  it('and every kernel of the table has a case', () => {
    expect(kernels.map(({ name }) => name).filter((name) => !byKernel.has(name))).toEqual([])
  })

  it('and every case is of a kernel of the table', () => {
    expect([...byKernel.keys()].filter((name) => !kernels.some((kernel) => kernel.name === name))).toEqual([])
  })

  for (const [kernel, ofKernel] of byKernel) {
    describe(kernel, () => {
      for (const each of ofKernel) {
        it(each.name, () => judge(each, (x) => x))
        if (each.operands.some(isImages)) it(`${each.name}, channels first`, () => judge(each, channelsFirst))
      }
    })
  }
})

/** Runs a case both ways and compares. */
async function judge({ kernel, operands, compute, ulps = 8, truth }: KernelCase, arranged: (x: Tensor) => Tensor): Promise<void> {
  const profile = await engine().profile(() => tidy(() => compute(...operands.map(asTensor))))
  expect(profile.kernelNames).toContain(kernel)
  const eager = [profile.result].flat() as Tensor[]
  const compiled = await compile((inputs) => {
    const tensors = Object.values(inputs)
    return named([compute(...tensors.map((x, i) => (isImages(operands[i]) ? arranged(x) : x)))].flat())
  }, undefined, { engine: 'onnxruntime', threads: 1 })
  try {
    const results = Object.values(await compiled.runArrays(named(operands)))
    expect(results.map((result) => [elementTypeOf(result), result.shape])).toEqual(eager.map(({ dtype, shape }) => [dtype, shape]))
    for (const [i, expected] of eager.entries()) expectClose(results[i].data, truth && i === 0 ? await truth(...operands) : expected.dataSync(), ulps)
  } finally {
    dispose(eager)
    await compiled.close()
  }
}

/** Each number within so many units in the last place of the largest; infinities, NaN, whole numbers and bools the very same. */
function expectClose(numbers: HostTensor['data'], expected: ArrayLike<number>, ulps: number): void {
  const finite = Array.from(expected).filter(Number.isFinite)
  const tolerance = numbers instanceof Float32Array ? ulps * 2 ** -23 * Math.max(0, ...finite.map(Math.abs)) : 0
  const wrong = Array.from(numbers).flatMap((number, i) => {
    const right = expected[i]
    const same = Object.is(number, right) || number === right || Math.abs(number - right) <= tolerance
    return same ? [] : [`at ${i}: ${number} for ${right}`]
  })
  expect(wrong, `tolerance ${tolerance}`).toEqual([])
}
