import type { VectorSpace } from '@sbgm/sde-core'

/** factors[0] · x + factors[1] · prediction; frees the prediction, whatever happens. */
export function combinePrediction<X>(space: VectorSpace<X>, factors: readonly [number, number], x: X, prediction: X): X {
  try {
    return space.combine(factors, [x, prediction])
  } finally {
    space.release(prediction)
  }
}
