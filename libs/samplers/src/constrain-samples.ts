import type { StepInput, Times } from '@sbgm/sde-core'

/** What {@link constrainSamples} needs. */
interface SampleConstraint<X> extends Pick<StepInput<X>, 'x' | 'space' | 'constrain'> {
  /** Which samples have just been updated. */
  readonly updated: Uint8Array
  /** The times that the samples have reached. */
  readonly times: Times
  /** Which draw the constraint's noise is, the same for a sample in any batch. */
  readonly draw: number
}

/**
 * Applies the run's constraint to samples that have reached different times: once for each of the times, to the whole batch, since a
 * constraint may know its samples by their place; each sample is taken from the one that is its own.
 *
 * @returns x itself where there is no constraint, else a new state
 */
export function constrainSamples<X>({ x, updated, times, draw, space, constrain }: SampleConstraint<X>): X {
  const distinct = new Set(times.filter((_, sample) => updated[sample] === 1))
  let current = x
  const become = (next: X) => {
    if (current !== x) space.release(current)
    current = next
  }
  try {
    for (const time of distinct) {
      const copy = space.combine([1], [x])
      const constrained = constrain(copy, time, draw)
      try {
        if (constrained === copy) return x
        become(space.select(updated.map((set, sample) => (set === 1 && times[sample] === time ? 1 : 0)), constrained, current))
      } finally {
        space.release(constrained)
      }
    }
    return current
  } catch (error) {
    become(x)
    throw error
  }
}
