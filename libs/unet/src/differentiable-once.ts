import { clone, customGrad, engine, type Tensor } from '@tensorflow/tfjs-core'

/**
 * For a gradient by hand that is no function of its saved tensors to the tape, and so would have a wrong gradient itself:
 * what comes in, `dy`, or what comes out, as a tensor that refuses to be differentiated. Where no tape runs any more, and so
 * nothing can be differentiated, it is the tensor itself.
 */
export const differentiableOnce = <T extends Tensor>(dy: T): T => (engine().state.gradientDepth > 0 ? (refusing(dy) as T) : dy)

const refusing = customGrad((dy) => ({
  value: clone(dy as Tensor),
  gradFunc: () => {
    throw new Error('The networks of @sbgm/unet must be differentiated once only; got a second derivative. Take differences of first ones.')
  },
}))
