import { InvalidArgumentError } from '@sbgm/sde-core'

/** The learning rate of each step, numbered from 1. */
export type LearningRate = (step: number) => number

/** Settings of {@link cosineDecay}. */
export interface CosineDecayOptions {
  /** The highest learning rate. */
  readonly peak: number
  /** Number of steps of the whole run. */
  readonly steps: number
  /** Steps of linear warm-up from 0. @defaultValue 0 */
  readonly warmup?: number
  /** The last learning rate, as a share of the peak. @defaultValue 0 */
  readonly floor?: number
}

/**
 * Linear warm-up to the peak, then half a cosine down to floor · peak.
 *
 * @returns the rate of step number `step`, from 1
 * @throws InvalidArgumentError unless peak \> 0, 0 ≤ warmup \< steps, 0 ≤ floor ≤ 1.
 * @see Loshchilov and Hutter 2017, arXiv:1608.03983, eq. 5 (one period).
 */
export function cosineDecay({ peak, steps, warmup = 0, floor = 0 }: CosineDecayOptions): LearningRate {
  if (!(peak > 0 && Number.isFinite(peak))) throw new InvalidArgumentError('peak', peak, 'a positive number')
  if (!(Number.isInteger(steps) && steps >= 1)) throw new InvalidArgumentError('steps', steps, 'an integer of at least 1')
  if (!(warmup >= 0 && warmup < steps)) throw new InvalidArgumentError('warmup', warmup, `at least 0 and below steps (${steps})`)
  if (!(floor >= 0 && floor <= 1)) throw new InvalidArgumentError('floor', floor, 'between 0 and 1')
  return (step) => {
    if (step <= warmup) return (peak * step) / warmup
    const progress = Math.min((step - warmup) / (steps - warmup), 1)
    return peak * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * progress)))
  }
}
