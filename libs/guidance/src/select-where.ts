import type { Coefficient, VectorSpace } from '@sbgm/sde-core'

/** What {@link selectWhere} needs. */
interface Selection<X> {
  /** Where the states live. */
  readonly space: VectorSpace<X>
  /** A number per sample, or one for all, which selects nothing. */
  readonly coefficient: Coefficient
  /** The number that selects a sample. */
  readonly value: number
  /** What the selected samples are taken from; borrowed. */
  readonly from: X
  /** The others; taken over. */
  readonly state: X
}

/**
 * A state with the samples whose coefficient is a certain number taken from another: so that what is multiplied by 0 in a sample of mixed
 * company, such as a gradient that is NaN at its time, does not reach it.
 *
 * @returns the state itself where no sample is selected, else a new one, the old being freed
 */
export function selectWhere<X>({ space, coefficient, value, from, state }: Selection<X>): X {
  if (typeof coefficient === 'number' || !coefficient.includes(value)) return state
  try {
    return space.select(Uint8Array.from(coefficient, (own) => (own === value ? 1 : 0)), from, state)
  } finally {
    space.release(state)
  }
}
