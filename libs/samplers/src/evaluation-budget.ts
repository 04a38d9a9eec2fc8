import { InvalidArgumentError } from '@sbgm/sde-core'

/** Counts the model evaluations of a run against what it may take. */
export interface EvaluationBudget {
  /** Evaluations so far. */
  readonly used: number
  /**
   * Counts evaluations that are about to be made.
   *
   * @param time - how far the slowest sample has come, for the message
   * @throws InvalidArgumentError if they are more than are left.
   */
  spend(count: number, time: number): void
}

/**
 * A budget of which some is used.
 *
 * @param options.limit - how many evaluations the run may take
 * @param options.used - how many it has taken
 * @param options.s - where it wants to go, for the message
 */
export function evaluationBudget(options: { readonly limit: number; readonly used: number; readonly s: number }): EvaluationBudget {
  const { limit, s } = options
  let { used } = options
  return {
    get used() {
      return used
    },
    spend(count, time) {
      if (used + count > limit) {
        const rule = `enough to reach t = ${s}, but the slowest sample is at t = ${time} after ${used} evaluations (raise it, or the tolerance)`
        throw new InvalidArgumentError('maxEvaluations', limit, rule)
      }
      used += count
    },
  }
}

/**
 * Checks a budget at a public door.
 *
 * @param least - what one step costs
 * @throws InvalidArgumentError unless it is an integer that pays one step.
 */
export function checkBudget(maxEvaluations: number, least: number): void {
  if (!(Number.isInteger(maxEvaluations) && maxEvaluations >= least)) {
    throw new InvalidArgumentError('maxEvaluations', maxEvaluations, `an integer of at least ${least}, the evaluations of one step`)
  }
}
