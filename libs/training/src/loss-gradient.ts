import { fusedKernel, type Params } from '@sbgm/sde-core'
import { engine, valueAndGrad, zeros, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core'
import { checkVector, unflattenParameters, type ParameterLayout } from './flat-parameters'

/** A loss and its gradient in the vector of all parameters, shape (total,). */
export interface LossGradient {
  /** As the loss gave it. */
  readonly value: Tensor
  /** Zero where the loss has nothing to do with a parameter. */
  readonly gradient: Tensor
}

/**
 * The gradient of a loss of named parameters in the vector that they lie in. Where the active backend has the kernels `sbgm.Unflatten` and
 * `sbgm.Flatten` they take the vector apart and put the gradient together, and the tape begins behind the first and ends before the second; else
 * both are on the tape, composed. To be called inside a tidy.
 *
 * @throws ShapeError for a vector of another length than the layout's, what `loss` throws, and TensorFlow.js's error where it depends on no parameter
 */
export function lossGradient(loss: (params: Params) => Tensor, flat: Tensor1D, layout: ParameterLayout): LossGradient {
  checkVector(flat, layout)
  const [unflatten, flatten] = [fusedKernel('sbgm.Unflatten'), fusedKernel('sbgm.Flatten')]
  if (unflatten && flatten && !layout.sizes.includes(0)) {
    const parts = [...unflatten({ flat }, { shapes: layout.shapes })]
    const { value, grads } = engine().gradients(() => loss(Object.fromEntries(layout.names.map((name, i) => [name, parts[i]]))), parts, undefined, true)
    const found = grads as readonly (Tensor | undefined)[]
    const gradients = layout.shapes.map((shape, i) => found[i] ?? zeros([...shape]))
    if (found.some((gradient) => gradient !== undefined)) return { value, gradient: flatten(Object.fromEntries(gradients.entries()), {})[0] }
  }
  const { value, grad } = valueAndGrad((vector: Tensor) => loss(unflattenParameters(vector as Tensor1D, layout)))(flat)
  return { value, gradient: grad }
}
