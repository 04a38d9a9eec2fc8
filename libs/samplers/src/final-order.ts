import { InvalidArgumentError, type StepPosition } from '@sbgm/sde-core'

/**
 * Whether a multistep method lowers its order towards the end of a run, so that its last step is of first order: `few-steps`, in runs
 * of fewer than 15 steps; `always`, which limits the order of the whole to 2; `never`.
 */
export type LowerOrderFinal = 'few-steps' | 'always' | 'never'

/** What multistep methods share. */
export interface MultistepOptions {
  /**
   * Whether the last steps are of lower order. With few of them the last is large, and an extrapolation over it shows.
   *
   * @defaultValue 'few-steps'
   */
  readonly lowerOrderFinal?: LowerOrderFinal
}

/** Runs with fewer steps are short ones. */
const fewSteps = 15

/**
 * The order of a step.
 *
 * @param order - the method's
 * @param known - predictions at hand, that of the step itself included
 * @param position - where in its run the step stands, if that is known
 */
export function stepOrder(order: number, known: number, lowerOrderFinal: LowerOrderFinal, position?: StepPosition): number {
  const isLowered = position !== undefined && (lowerOrderFinal === 'always' || (lowerOrderFinal === 'few-steps' && position.steps < fewSteps))
  return Math.min(order, known, isLowered ? position.steps - position.index + 1 : Infinity)
}

/** The order of the whole: one step of first order costs O(h²). */
export const wholeOrder = (order: number, lowerOrderFinal: LowerOrderFinal): number => (lowerOrderFinal === 'always' ? Math.min(order, 2) : order)

/** Refuses a policy of another name, which plain JavaScript may hand over. */
export function checkLowerOrderFinal(lowerOrderFinal: LowerOrderFinal): void {
  if (!['few-steps', 'always', 'never'].includes(lowerOrderFinal)) {
    throw new InvalidArgumentError('lowerOrderFinal', lowerOrderFinal, "'few-steps', 'always' or 'never'")
  }
}
