import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { add, concat, dispose, getKernel, mul, registerKernel, reshape, setBackend, slice, square, sum, tensor, tensor1d, tidy, unregisterKernel, type Scalar, type Tensor } from '@tensorflow/tfjs-core'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Params } from '@sbgm/sde-core'
import { parameterLayout } from './flat-parameters'
import { lossGradient } from './loss-gradient'

beforeAll(() => setBackend('cpu'))
const names = ['sbgm.Unflatten', 'sbgm.Flatten']
const asked: string[] = []
/** Kernels as a backend may bring them, here written in operations. */
const provide = () => {
  registerKernel({
    kernelName: names[0], backendName: 'cpu',
    kernelFunc({ inputs, attrs }) {
      asked.push(names[0])
      let from = 0
      return (attrs as unknown as { shapes: number[][] }).shapes.map((shape) => {
        const size = shape.reduce((product, axis) => product * axis, 1)
        from += size
        return tidy(() => reshape(slice((inputs as { flat: Tensor })['flat'], from - size, size), shape))
      })
    },
  })
  registerKernel({
    kernelName: names[1], backendName: 'cpu',
    kernelFunc({ inputs }) {
      asked.push(names[1])
      return tidy(() => concat((Object.values(inputs) as Tensor[]).map((part) => reshape(part, [-1]))))
    },
  })
}
afterEach(() => {
  asked.length = 0
  for (const name of names) if ((getKernel(name, 'cpu') as unknown) !== undefined) unregisterKernel(name, 'cpu')
})

const layout = parameterLayout({ a: tensor([[1, 2, 3], [4, 5, 6]]), unused: tensor1d([7, 8]), b: tensor1d([9]) })
const loss = ({ a, b }: Params) => sum(mul(square(a), add(b, 1))) as Scalar
const flat = () => tensor1d([1, 2, 3, 4, 5, 6, 7, 8, 9])
const compute = async (at: ReturnType<typeof flat>) => {
  const { value, gradient } = tidy(() => ({ ...lossGradient(loss, at, layout) }))
  const numbers = { value: await value.data(), gradient: await gradient.data(), shape: gradient.shape }
  dispose([value, gradient])
  return numbers
}

describe('the gradient in the vector of all parameters', () => {
  it('is the same with a backend\'s own kernels as composed, and zero where the loss does not use a parameter', async () => {
    const composed = await compute(flat())
    expect(asked).toEqual([])
    expect(composed).toEqual({ value: Float32Array.of(910), gradient: Float32Array.of(20, 40, 60, 80, 100, 120, 0, 0, 91), shape: [9] })
    provide()
    expect(await compute(flat())).toEqual(composed)
    expect(asked).toEqual(names)
  })

  it('refuses a loss that depends on no parameter in the same words', () => {
    const constant = () => sum(tensor1d([1])) as Scalar
    const composed = expect.objectContaining({ message: expect.stringContaining('Cannot compute gradient of y=f(x) with respect to x') as string }) as Error
    expect(() => tidy(() => ({ ...lossGradient(constant, flat(), layout) }))).toThrow(composed)
    provide()
    expect(() => tidy(() => ({ ...lossGradient(constant, flat(), layout) }))).toThrow(composed)
  })

  it('refuses a vector of another length in the same words', () => {
    const short = () => lossGradient(loss, tensor1d([1, 2, 3]), layout)
    const refusal = 'the parameter vector must have shape'
    expect(() => tidy(() => ({ ...short() }))).toThrow(refusal)
    provide()
    expect(() => tidy(() => ({ ...short() }))).toThrow(refusal)
    expect(asked).toEqual([])
  })

  it('leaves nothing behind but what it returns', async () => {
    provide()
    const at = flat()
    expect(await tensorLeak(() => dispose(tidy(() => ({ ...lossGradient(loss, at, layout) })) as unknown as Record<string, Tensor>))).toEqual(noLeak)
  })
})
