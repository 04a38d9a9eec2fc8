import { ShapeError, type Coefficient, type VectorSpace } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'

/** A linear measurement H of each sample by itself, as linear inverse problems y = H x_0 + noise need it. All states are borrowed. */
export interface LinearOperator<X = Tensor> {
  /** The shape of one sample, without the batch. */
  readonly inputShape: readonly number[]
  /** The shape of its measurement, without the batch. */
  readonly outputShape: readonly number[]
  /** H x, shape (batch, …outputShape); owned by the caller. Throws ShapeError for a state of other samples. */
  apply(x: X): X
  /** Hᵀ y, shape (batch, …inputShape); owned by the caller. Throws ShapeError for other measurements. */
  adjoint(y: X): X
  /** H⁺ y = Hᵀ (H Hᵀ)⁺ y, the smallest x whose measurement is closest to y; owned by the caller. Throws ShapeError for other measurements. */
  pseudoInverse(y: X): X
  /**
   * (a H Hᵀ + b I)⁻¹ y on the range of H; the part of y outside of it, which no x can explain, is dropped. Owned by the caller.
   *
   * @param y - shape (batch, …outputShape)
   * @param onGram - a, such as the variance of x; at least 0
   * @param onIdentity - b, such as the variance of the noise; at least 0, not 0 together with a
   * @throws ShapeError for other measurements.
   */
  solve(y: X, onGram: Coefficient, onIdentity: Coefficient): X
}

/** What {@link linearOperator} is made of: the three maps, handed states of the right shape only. */
type OperatorMaps<X> = Omit<LinearOperator<X>, 'pseudoInverse'>

/** An operator from its maps, with the pseudo-inverse that follows from them, and with its shapes checked at every door. */
export function linearOperator<X>(space: VectorSpace<X>, { inputShape, outputShape, apply, adjoint, solve }: OperatorMaps<X>): LinearOperator<X> {
  const check = (what: string, state: X, expected: readonly number[]): void => {
    const shape = space.shape(state)
    if (shape.length !== expected.length + 1 || expected.some((axis, i) => axis !== shape[i + 1])) {
      throw new ShapeError(what, `(batch, ${expected.join(', ')})`, shape)
    }
  }
  const operator: LinearOperator<X> = {
    inputShape: Object.freeze([...inputShape]),
    outputShape: Object.freeze([...outputShape]),
    apply(x) {
      check('a state that the operator H is applied to', x, inputShape)
      return apply(x)
    },
    adjoint(y) {
      check('a measurement y of the operator H', y, outputShape)
      return adjoint(y)
    },
    pseudoInverse(y) {
      const solved = operator.solve(y, 1, 0)
      try {
        return adjoint(solved)
      } finally {
        space.release(solved)
      }
    },
    solve(y, onGram, onIdentity) {
      check('a measurement y of the operator H', y, outputShape)
      return solve(y, onGram, onIdentity)
    },
  }
  return Object.freeze(operator)
}

/** 1/(a λ + b) for each sample: a coefficient, where an operator has one singular value √λ only. */
export function reciprocal(onGram: Coefficient, eigenvalue: number, onIdentity: Coefficient): Coefficient {
  if (typeof onGram === 'number' && typeof onIdentity === 'number') return 1 / (onGram * eigenvalue + onIdentity)
  const { length } = typeof onGram === 'number' ? (onIdentity as Float64Array) : onGram
  const at = (coefficient: Coefficient, sample: number) => (typeof coefficient === 'number' ? coefficient : coefficient[sample])
  return Float64Array.from({ length }, (_, sample) => 1 / (at(onGram, sample) * eigenvalue + at(onIdentity, sample)))
}
