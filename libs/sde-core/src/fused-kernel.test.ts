import '@tensorflow/tfjs-backend-cpu'
import { registerKernel, setBackend, tensor1d, unregisterKernel, type TensorInfo } from '@tensorflow/tfjs-core'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { fusedKernel } from './fused-kernel'
import { noLeak, tensorLeak } from './testing/tensor-leak'

beforeAll(() => setBackend('cpu'))
const name = 'sbgm.Test'
let registered = ''
const provide = (backendName: string, outputs: 'one' | 'two') => {
  registered = backendName
  const kernelFunc = ({ inputs, attrs, backend }: { inputs: Record<string, TensorInfo>, attrs?: unknown, backend: unknown }) => {
    const made = () => (backend as { makeTensorInfo(shape: number[], dtype: string, values: Float32Array): TensorInfo }).makeTensorInfo(inputs['x'].shape, 'float32', Float32Array.of((attrs as { value: number }).value))
    return outputs === 'one' ? made() : [made(), made()]
  }
  registerKernel({ kernelName: name, backendName, kernelFunc: kernelFunc as never })
}
afterEach(() => {
  if (registered !== '') unregisterKernel(name, registered)
  registered = ''
})

describe('a fused kernel', () => {
  it('is none where the active backend has none of that name, though another may have one', () => {
    expect(fusedKernel(name)).toBeUndefined()
    provide('elsewhere', 'one')
    expect(fusedKernel(name)).toBeUndefined()
  })

  it.each(['one', 'two'] as const)('runs with its inputs and attributes, and gives its tensors as a list: %s; the tensors are the caller\'s, and nothing else is left', async (outputs) => {
    provide('cpu', outputs)
    const x = tensor1d([1])
    const run = () => fusedKernel(name)?.({ x }, { value: 3 }) ?? []
    const made = run()
    expect(made).toHaveLength(outputs === 'one' ? 1 : 2)
    for (const tensor of made) expect(await tensor.data()).toEqual(Float32Array.of(3))
    expect(await tensorLeak(() => run().forEach((tensor) => tensor.dispose()))).toEqual(noLeak)
  })
})
