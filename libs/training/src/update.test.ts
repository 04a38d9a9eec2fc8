import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { dispose, neg, registerKernel, setBackend, square, sum, tensor1d, unregisterKernel, type Scalar, type TensorInfo } from '@tensorflow/tfjs-core'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { adamW, type AdamW } from './adam-w'
import { parameterLayout } from './flat-parameters'
import { trainStep, type Loss, type TrainingTensors } from './train-step'
import { updated } from './update'

const kernelName = 'sbgm.AdamWStep'
const calls: { inputs: Record<string, readonly number[]>, attributes: unknown }[] = []
beforeAll(() => setBackend('cpu'))
/** A kernel that notes its call and gives 1, 2, 3, 4 for parameters, average and both moments, and 5 for the norm. */
beforeEach(() =>
  registerKernel({
    kernelName,
    backendName: 'cpu',
    kernelFunc({ inputs, attrs, backend }) {
      const given = inputs as Record<string, TensorInfo>
      calls.push({ inputs: Object.fromEntries(Object.entries(given).map(([name, { shape }]) => [name, shape])), attributes: attrs })
      const filled = (shape: number[], value: number) =>
        (backend as unknown as { makeTensorInfo(shape: number[], dtype: string, values: Float32Array): TensorInfo }).makeTensorInfo(shape, 'float32', new Float32Array(shape[0] ?? 1).fill(value))
      return [filled([3], 1), filled([3], 2), filled([3], 3), filled([3], 4), filled([], 5)]
    },
  }))
afterEach(() => {
  calls.length = 0
  unregisterKernel(kernelName, 'cpu')
})

const layout = parameterLayout({ a: tensor1d([0, 0, 0]) })
const loss: Loss = ({ a }) => sum(square(a)) as Scalar
const tensors = (): TrainingTensors => {
  const made = () => tensor1d([1, 2, 3])
  return { parameters: made(), average: made(), first: made(), second: made() }
}
const rates = () => tensor1d([0.1, 1, 1, 0.5])

describe('a training step on a backend with a kernel of its own for what comes behind the gradient', () => {
  it('is what the kernel gives: asked with the tensors by name, the settings and the largest norm', async () => {
    const optimizer = adamW({ beta1: 0.5, weightDecay: 0.1 })
    const result = trainStep({ loss, layout, optimizer, clipNorm: 2 }).run(tensors(), {}, rates())
    const vector = [3]
    expect(calls).toEqual([{
      inputs: { parameters: vector, average: vector, first: vector, second: vector, gradient: vector, rates: [4] },
      attributes: { beta1: 0.5, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 2 },
    }])
    for (const [i, name] of (['parameters', 'average', 'first', 'second'] as const).entries()) expect(await result.tensors[name].data()).toEqual(new Float32Array(3).fill(i + 1))
    expect(await result.gradientNorm.data()).toEqual(Float32Array.of(5))
    expect(await result.loss.data()).toEqual(Float32Array.of(14))
  })

  it('keeps to a rule of another kind, one that is AdamW but for its update, too, and to what is composed of an empty vector', () => {
    const whole = adamW()
    const update: AdamW['update'] = (parameters, gradient, moments, numbers) => whole.update(parameters, neg(gradient), moments, numbers)
    for (const optimizer of [{ corrections: whole.corrections, update }, { ...whole, update }]) trainStep({ loss, layout, optimizer }).run(tensors(), {}, rates())
    expect(calls).toEqual([])
    const none = () => tensor1d([])
    const empty = { parameters: none(), average: none(), first: none(), second: none() }
    expect(updated({ tensors: empty, gradient: none(), rates: rates(), optimizer: whole, clipNorm: 1 }).tensors.parameters.shape).toEqual([0])
    expect(calls).toEqual([])
  })

  it('leaves nothing behind but what it returns', async () => {
    const [given, numbers] = [tensors(), rates()]
    const step = trainStep({ loss, layout, optimizer: adamW() })
    const run = () => {
      const { tensors: made, loss: value, gradientNorm } = step.run(given, {}, numbers)
      dispose([...Object.values(made), value, gradientNorm])
    }
    expect(await tensorLeak(run)).toEqual(noLeak)
  })
})
