/** What is known of one sample's last trial. */
interface TrialOutcome {
  /** Its error as a share of what is tolerated: it is accepted below 1. */
  readonly error: number
  /** Whether the trial before it, from the same time, was rejected. */
  readonly afterRejection: boolean
  /** The power of the error with which steps shrink and grow. */
  readonly exponent: number
}

/** Steps aim a little below the tolerance, since a rejected one costs as much as an accepted one. */
const safety = 0.9
const [smallest, largest] = [0.2, 10]

/**
 * By how much the next step is longer: 0.9 · error^(−exponent), from 0.2 to 10; an accepted step does not grow the next one where
 * its predecessor was rejected, nor does a rejected one.
 *
 * @see Hairer, Nørsett and Wanner 1993, *Solving Ordinary Differential Equations I*, section II.4.
 */
export function stepFactor({ error, afterRejection, exponent }: TrialOutcome): number {
  const wanted = safety * error ** -exponent // ∞ for an error of 0
  if (error < 1) return Math.min(afterRejection ? 1 : largest, wanted)
  return Math.max(smallest, wanted)
}

/** The shortest step from t that time can show: ten units in the last place of t. */
export const shortestStep = (t: number): number => 10 * Number.EPSILON * 2 ** Math.floor(Math.log2(Math.max(t, Number.MIN_VALUE)))

/** Where a step of this length from t towards `end` leads: no further than `end`. */
export function endOfStep(t: number, length: number, end: number): number {
  const direction = Math.sign(end - t)
  const reached = t + direction * length
  return (reached - end) * direction >= 0 ? end : reached
}

/** A length rounded down to three significant bits: 1, 1.25, 1.5 or 1.75 times a power of 2. */
export function roundDown(length: number): number {
  const unit = 2 ** (Math.floor(Math.log2(length)) - 2)
  return Math.floor(length / unit) * unit
}
