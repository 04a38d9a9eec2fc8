import { batchSize, ShapeError, type Constraint, type Sde, type TwofoldBinaryOperation, type VectorSpace } from '@sbgm/sde-core'
import { tensor, tidy, where, type Tensor } from '@tensorflow/tfjs-core'
import { knownAtNoiseLevel } from './known-at-noise-level'
import { maskBits, type KnownMask } from './known-mask'

/** Settings of {@link imputation}. */
export interface ImputationOptions<X = Tensor> {
  /** The SDE whose noise the states carry. */
  readonly sde: Sde
  /** Where the states live. */
  readonly space: VectorSpace<X>
  /** What is known, y: shape (batch, …), or (1, …) for the same in every sample; borrowed, must live as long as the constraint. */
  readonly known: X
  /** Where it is known; what `known` holds elsewhere does not matter. */
  readonly mask: KnownMask
}

/**
 * Imputation by replacement, such as inpainting: after every update the known part becomes α y + σ z at the time just reached, z drawn anew
 * each time. At σ = 0 it is y itself; a run that ends earlier hands it over with the noise of its last time (`tweedie` ends at σ = 0).
 *
 * The free part sees the known one through the score only, so its law is not p_0(free | known): where the two depend on each other it comes
 * out too weakly bound to y, which smaller steps do not cure and {@link rePaint} lessens. Of two standard normal numbers of correlation ρ the
 * free one comes out with mean y (1 − √(1 − ρ²))/ρ and variance (1 − ρ²) artanh(ρ)/ρ under VP, in place of ρ y and 1 − ρ².
 *
 * @returns a constraint for a run of any sampler; it throws ShapeError for a state of another shape than (batch, …) of `known`
 * @throws ShapeError for a mask of another shape than the samples of `known`; InvalidArgumentError for one of other numbers than 0 and 1.
 * @see Song et al. 2021, arXiv:2011.13456, appendix I.2 (with y at the noise level of the time just reached).
 * @example
 * ```ts
 * import { imputation } from '@sbgm/guidance'
 * import { tensorSpace, vpSde } from '@sbgm/sde-core'
 * import { zeros } from '@tensorflow/tfjs-core'
 *
 * const known = zeros([1, 28, 28, 1]) // its lower half is given
 * const mask = { data: new Uint8Array(784).fill(1, 392), shape: [28, 28, 1] }
 * const constraint = imputation({ sde: vpSde(), space: tensorSpace, known, mask }) // for lastState({ constraint, … })
 * console.log(constraint(zeros([4, 28, 28, 1]), 0, (like) => like).shape) // [ 4, 28, 28, 1 ]
 * ```
 */
export function imputation<X = Tensor>({ sde, space, known, mask }: ImputationOptions<X>): Constraint<X> {
  checkMaskShape(mask.shape, space.shape(known))
  const bits = maskBits(mask)
  const overwrite = space.implementBinary(overwriting(bits, mask.shape))
  return (x, t, noise) => {
    const expected = [batchSize(space, x), ...space.shape(known).slice(1)]
    if (mask.shape.length === expected.length && mask.shape[0] !== expected[0]) throw new ShapeError('mask', expected, mask.shape)
    const noisy = knownAtNoiseLevel({ sde, space, known, x, t, noise })
    try {
      return overwrite(x, noisy)
    } finally {
      space.release(noisy)
    }
  }
}

/** x where the mask is 0, y where it is 1; no arithmetic, so that NaN in the free part of y does not matter. */
const overwriting = (bits: Uint8Array, shape: readonly number[]): TwofoldBinaryOperation<[]> => ({
  tensor: (x, y) => tidy(() => where(tensor(bits, [...shape], 'bool'), y, x)),
  host: (x, y) => ({ data: x.data.map((value, i) => (bits[i % bits.length] ? y.data[i] : value)), shape: x.shape }),
})

/** Checks that a mask is of the samples, or of the whole state, that is known. */
function checkMaskShape(shape: readonly number[], known: readonly number[]): void {
  const sample = known.slice(1)
  const own = shape.length === known.length ? shape.slice(1) : shape
  if (own.join() !== sample.join() || (shape.length === known.length && known[0] !== 1 && shape[0] !== known[0])) {
    throw new ShapeError('mask', `(${sample.join(', ')}), or with a batch (${known.join(', ')}), as what is known`, shape)
  }
}
