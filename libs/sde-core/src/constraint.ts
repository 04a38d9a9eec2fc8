import type { Tensor } from '@tensorflow/tfjs-core'

/**
 * Something that holds of every state of a run, such as known pixels: applied after every update, at the time just reached.
 *
 * It borrows x and returns a new state of x's shape, owned by the caller. `noise` gives fresh standard normal noise in the shape
 * of `like`, owned by the constraint.
 */
export type Constraint<X = Tensor> = (x: X, t: number, noise: (like: X) => X) => X
