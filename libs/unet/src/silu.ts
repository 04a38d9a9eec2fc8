import { mul, sigmoid, tidy, type Tensor } from '@tensorflow/tfjs-core'

/** SiLU, x · sigmoid(x). @see Elfwing et al. 2017, arXiv:1702.03118. */
export const silu = <T extends Tensor>(x: T): T => tidy(() => mul(x, sigmoid(x)) as T)
