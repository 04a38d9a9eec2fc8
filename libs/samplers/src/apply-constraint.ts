import { InvalidArgumentError, ShapeError, type Constraint, type VectorSpace } from '@sbgm/sde-core'

/** What {@link applyConstraint} needs. */
interface ConstraintCall<X> {
  /** The space x lives in. */
  readonly space: VectorSpace<X>
  /** What is applied. */
  readonly constraint: Constraint<X>
  /** The state; taken over. */
  readonly x: X
  /** Its time. */
  readonly t: number
  /** Fresh noise. */
  readonly noise: (like: X) => X
}

/**
 * What a constraint makes of a state, which is freed whatever happens.
 *
 * @returns a new state of x's shape
 * @throws ShapeError for another shape, which `combine` would meet one step later, or never; InvalidArgumentError for x itself, and for
 * what is no state, such as a promise of one.
 */
export function applyConstraint<X>({ space, constraint, x, t, noise }: ConstraintCall<X>): X {
  try {
    const expected = space.shape(x)
    const result: X | undefined | null = constraint(x, t, noise)
    if (result === x) throw new InvalidArgumentError('constraint', 'its own argument', 'a function that returns a new state, since both are freed (clone x)')
    const shape: readonly number[] | undefined = result === undefined || result === null ? undefined : space.shape(result)
    if (result === undefined || result === null || !Array.isArray(shape)) {
      throw new InvalidArgumentError('constraint', result, `a function that returns a new state of shape (${expected.join(', ')}), not a promise of one`)
    }
    if (shape.join() !== expected.join()) {
      space.release(result)
      throw new ShapeError('what the constraint returns', expected, shape)
    }
    return result
  } finally {
    space.release(x)
  }
}
