import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { setBackend } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compile, type Compiled } from '../compile'
import { elementwiseCases } from './elementwise-cases.fixture'
import type { KernelCase } from './kernel-case.fixture'
import { channelsFirst, isImages, judge } from './kernel-judge.fixture'
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
        it(each.name, () => judge(each, (x) => x, 'cpu'))
        if (each.operands.some(isImages)) it(`${each.name}, channels first`, () => judge(each, channelsFirst, 'cpu'))
      }
    })
  }
})
