import { InvalidArgumentError } from '@sbgm/sde-core'

/** The learning rate of each step, numbered from 1. */
export type LearningRate = (step: number) => number

/** Settings of {@link constantRate}. */
export interface ConstantRateOptions {
  /** The learning rate. */
  readonly rate: number
  /** Steps of linear warm-up from 0. @defaultValue 0 */
  readonly warmup?: number
}

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

/** Settings of {@link linearDecay}: those of the cosine. */
export type LinearDecayOptions = CosineDecayOptions

/** Settings of {@link inverseSquareRootDecay}. */
export interface InverseSquareRootDecayOptions {
  /** The highest learning rate, reached at the end of the warm-up. */
  readonly peak: number
  /** Steps of linear warm-up from 0, after which the decay begins; at least 1. */
  readonly warmup: number
}

/**
 * Linear warm-up, then the same rate for ever: for runs whose length is not known beforehand.
 *
 * @returns the rate of step number `step`, from 1
 * @throws InvalidArgumentError unless rate \> 0 and warmup ≥ 0, both finite.
 */
export function constantRate({ rate, warmup = 0 }: ConstantRateOptions): LearningRate {
  checkPositive('rate', rate)
  if (!(warmup >= 0 && Number.isFinite(warmup))) throw new InvalidArgumentError('warmup', warmup, 'a number of at least 0')
  return (step) => (step < warmup ? (rate * step) / warmup : rate)
}

/**
 * Linear warm-up to the peak, then half a cosine down to floor · peak.
 *
 * @returns the rate of step number `step`, from 1
 * @throws InvalidArgumentError unless peak \> 0, 0 ≤ warmup \< steps, 0 ≤ floor ≤ 1.
 * @see Loshchilov and Hutter 2017, arXiv:1608.03983, eq. 5 (one period).
 */
export function cosineDecay(options: CosineDecayOptions): LearningRate {
  return decay(options, (progress) => 0.5 * (1 + Math.cos(Math.PI * progress)))
}

/**
 * Linear warm-up to the peak, then a straight line down to floor · peak.
 *
 * @returns the rate of step number `step`, from 1
 * @throws InvalidArgumentError unless peak \> 0, 0 ≤ warmup \< steps, 0 ≤ floor ≤ 1.
 */
export function linearDecay(options: LinearDecayOptions): LearningRate {
  return decay(options, (progress) => 1 - progress)
}

/**
 * Linear warm-up to the peak, then peak · √(warmup / step): falls for ever, so the run's length may stay open.
 *
 * @returns the rate of step number `step`, from 1
 * @throws InvalidArgumentError unless peak \> 0 and warmup ≥ 1, both finite.
 * @see Vaswani et al. 2017, arXiv:1706.03762, eq. 3 (there with peak = (d · warmup)^−½).
 */
export function inverseSquareRootDecay({ peak, warmup }: InverseSquareRootDecayOptions): LearningRate {
  checkPositive('peak', peak)
  if (!(warmup >= 1 && Number.isFinite(warmup))) throw new InvalidArgumentError('warmup', warmup, 'a number of at least 1')
  return (step) => peak * Math.min(step / warmup, Math.sqrt(warmup / step))
}

/** Warm-up to the peak, then down to floor · peak as a shape says, which falls from 1 to 0. */
function decay({ peak, steps, warmup = 0, floor = 0 }: CosineDecayOptions, shape: (progress: number) => number): LearningRate {
  checkPositive('peak', peak)
  if (!(Number.isInteger(steps) && steps >= 1)) throw new InvalidArgumentError('steps', steps, 'an integer of at least 1')
  if (!(warmup >= 0 && warmup < steps)) throw new InvalidArgumentError('warmup', warmup, `at least 0 and below steps (${steps})`)
  if (!(floor >= 0 && floor <= 1)) throw new InvalidArgumentError('floor', floor, 'between 0 and 1')
  return (step) => {
    if (step <= warmup) return (peak * step) / warmup
    return peak * (floor + (1 - floor) * shape(Math.min((step - warmup) / (steps - warmup), 1)))
  }
}

function checkPositive(name: string, value: number): void {
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError(name, value, 'a positive number')
}
