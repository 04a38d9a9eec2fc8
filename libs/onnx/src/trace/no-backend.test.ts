import '@tensorflow/tfjs-backend-cpu'
import { add, getBackend, relu, tensor1d } from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { onnxModel } from '../export-onnx'

it('where no backend was chosen yet, tracing chooses none: TensorFlow.js does when it first computes', async () => {
  await onnxModel((_, { x }) => ({ y: relu(x) }), {}, { inputs: { x: { shape: ['batch'] } } })
  expect(await add(tensor1d([1, 2]), 1).array()).toEqual([2, 3])
  expect(getBackend()).toBe('cpu')
})
