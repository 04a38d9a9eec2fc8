import type { TwofoldOperation, VectorSpace } from '@sbgm/sde-core'
import { tensor, tidy, where, zerosLike, type Tensor } from '@tensorflow/tfjs-core'
import { maskBits, type KnownMask } from './known-mask'
import { linearOperator, reciprocal, type LinearOperator } from './linear-operator'

/** Settings of {@link pixelMask}. */
export interface PixelMaskOptions<X = Tensor> {
  /** Where the states live. */
  readonly space: VectorSpace<X>
  /** What is measured: 1 where it is, in the shape of one sample. */
  readonly mask: KnownMask
}

/**
 * The measurement of inpainting: the sample itself where it is measured, 0 elsewhere. Measurements have the shape of samples; what y holds
 * where nothing is measured does not matter.
 *
 * @returns an operator, a projection: its adjoint and its pseudo-inverse are itself
 * @throws InvalidArgumentError for other numbers than 0 and 1; ShapeError for numbers that do not fill the shape.
 */
export function pixelMask<X = Tensor>({ space, mask }: PixelMaskOptions<X>): LinearOperator<X> {
  const keep = space.implement(keeping(maskBits(mask), mask.shape))
  return linearOperator(space, {
    inputShape: mask.shape,
    outputShape: mask.shape,
    apply: (x) => keep(x),
    adjoint: (y) => keep(y),
    solve(y, onGram, onIdentity) {
      const kept = keep(y)
      try {
        return space.combine([reciprocal(onGram, 1, onIdentity)], [kept])
      } finally {
        space.release(kept)
      }
    },
  })
}

/** x where the mask is 1, 0 elsewhere, NaN there included. */
const keeping = (bits: Uint8Array, shape: readonly number[]): TwofoldOperation<[]> => ({
  tensor: (x) => tidy(() => where(tensor(bits, [...shape], 'bool'), x, zerosLike(x))),
  host: ({ data, shape: own }) => ({ data: data.map((value, i) => (bits[i % bits.length] ? value : 0)), shape: own }),
})
