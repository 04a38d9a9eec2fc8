import { InvalidArgumentError } from '@sbgm/sde-core'

/**
 * The decay of an exponential moving average of the weights at each step, with warm-up: min(decay, (1 + n)/(10 + n)) after
 * n steps, so that the average of a short run does not remember its random start.
 *
 * @param decay - the final decay, such as 0.999
 * @returns the decay of step number `step`, from 1: average ← d · average + (1 − d) · weights
 * @throws InvalidArgumentError unless 0 ≤ decay \< 1.
 */
export function emaDecay(decay: number): (step: number) => number {
  if (!(decay >= 0 && decay < 1)) throw new InvalidArgumentError('decay', decay, 'at least 0 and below 1')
  return (step) => Math.min(decay, (1 + step) / (10 + step))
}
