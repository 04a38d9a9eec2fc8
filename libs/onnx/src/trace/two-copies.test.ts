import '@tensorflow/tfjs-backend-cpu'
import { add, setBackend, sqrt } from '@tensorflow/tfjs-core'
import { expect, it, vi } from 'vitest'
import { onnxModel } from '../export-onnx'

it('two copies of the library in one process, as a program with modules of both kinds has them, trace one after the other', async () => {
  await setBackend('cpu')
  const warned = vi.spyOn(console, 'warn')
  vi.resetModules()
  const another = await import('../export-onnx')
  expect(another.onnxModel).not.toBe(onnxModel)
  const bytes = (model: typeof onnxModel) => model((_, { x }) => ({ y: add(sqrt(x), 1) }), {}, { inputs: { x: { shape: [2] } } })
  const [first, second, third] = [await bytes(onnxModel), await bytes(another.onnxModel), await bytes(onnxModel)]
  expect([second, third]).toEqual([first, first])
  expect(warned).not.toHaveBeenCalled()
})
