import '@tensorflow/tfjs-backend-cpu'
import { grad, setBackend, square, sum, type Tensor } from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { inputValues } from '../host-forms'
import { trace } from './trace'

// Here nobody imports '@tensorflow/tfjs-layers': the core alone registers no gradients.

it('a gradient where none are registered is refused with what registers them', async () => {
  await setBackend('cpu')
  const slope = grad((x: Tensor) => sum(square(x)))
  expect(() => trace(({ x }) => ({ y: slope(x) }), inputValues({ x: { shape: [3], dtype: 'float32' } }))).toThrow(
    "Gradients must be registered before one is traced; TensorFlow.js has none of any kernel. Import '@tensorflow/tfjs-layers'")
})
