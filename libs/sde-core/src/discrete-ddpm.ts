import { InvalidArgumentError } from './errors'
import { vpSchedule } from './vp-schedule'
import { betaSde, vpSde, type BetaSde } from './vp-sde'

/** Settings of {@link discreteDdpm}. */
export interface DiscreteDdpmOptions {
  /** β_1, the share of the variance that the first step replaces by noise. @defaultValue 1e-4 */
  readonly betaStart?: number
  /** β_T, the share that the last step replaces; below 1. @defaultValue 0.02 */
  readonly betaEnd?: number
  /** T, the number of steps of the chain. @defaultValue 1000 */
  readonly steps?: number
}

/** The DDPM chain x_i = √(1 − β_i) x_(i−1) + √β_i z, i = 1 … T, and the SDEs that go with it. Arrays hold i at index i − 1. */
export interface DiscreteDdpm {
  /** T, the number of steps. */
  readonly steps: number
  /** β_i, linear in i, shape (steps,). */
  readonly betas: Float64Array
  /** ᾱ_i = Π_(j ≤ i) (1 − β_j), shape (steps,): the share of the data's variance left after step i. */
  readonly alphaBars: Float64Array
  /** √(1 − ᾱ_i), the chain's noise level, shape (steps,), computed without cancellation. */
  readonly sqrtOneMinusAlphaBars: Float64Array
  /**
   * The chain as an SDE whose kernel meets it exactly: α(i/T) = √ᾱ_i. Between the steps ln ᾱ is linear in t, so β(t) =
   * −T ln(1 − β_i) is constant on each ((i − 1)/T, i/T].
   */
  readonly sde: BetaSde
  /** The usual continuous limit: the VP SDE whose β(t) rises linearly from T β_1 to T β_T; α(i/T) and √ᾱ_i differ by under 1e-3. */
  readonly continuous: BetaSde
}

/**
 * The discrete chain of DDPM with β_i linear in i, its cumulative products, and its two continuous counterparts.
 *
 * @returns arrays that the caller must not change, and two immutable SDEs with tMax = 1 and prior N(0, I)
 * @throws {@link InvalidArgumentError} unless 0 \< betaStart \< betaEnd \< 1 and steps is an integer of at least 2.
 * @see Ho et al. 2020, arXiv:2006.11239, section 2; Song et al. 2021, arXiv:2011.13456, eq. 10 and 11.
 */
export function discreteDdpm({ betaStart = 1e-4, betaEnd = 0.02, steps = 1000 }: DiscreteDdpmOptions = {}): DiscreteDdpm {
  if (!(Number.isInteger(steps) && steps >= 2)) throw new InvalidArgumentError('steps', steps, 'an integer of at least 2')
  if (!(betaStart > 0)) throw new InvalidArgumentError('betaStart', betaStart, 'a positive number')
  if (!(betaEnd > betaStart && betaEnd < 1)) {
    throw new InvalidArgumentError('betaEnd', betaEnd, `between betaStart (${betaStart}) and 1, both excluded`)
  }
  const increment = (betaEnd - betaStart) / (steps - 1)
  const betas = Float64Array.from({ length: steps }, (_, i) => betaStart + increment * i)
  const integrals = new Float64Array(steps + 1) // −ln ᾱ_i at index i
  betas.forEach((beta, i) => (integrals[i + 1] = integrals[i] - Math.log1p(-beta)))
  return Object.freeze<DiscreteDdpm>({
    steps,
    betas,
    alphaBars: Float64Array.from(betas, (_, i) => Math.exp(-integrals[i + 1])),
    sqrtOneMinusAlphaBars: Float64Array.from(betas, (_, i) => Math.sqrt(-Math.expm1(-integrals[i + 1]))),
    sde: chainSde(integrals),
    continuous: vpSde({ betaMin: steps * betaStart, betaMax: steps * betaEnd }),
  })
}

/** The VP-type SDE whose −ln α² is the piecewise linear interpolation of `integrals` over [0, 1]. */
function chainSde(integrals: Float64Array): BetaSde {
  const steps = integrals.length - 1
  /** The 1-based step i with (i − 1)/T < t ≤ i/T. */
  const stepAt = (t: number) => Math.min(Math.max(Math.ceil(t * steps), 1), steps)
  const beta = (t: number) => steps * (integrals[stepAt(t)] - integrals[stepAt(t) - 1])
  const integral = (t: number) => integrals[stepAt(t) - 1] + beta(t) * (t - (stepAt(t) - 1) / steps)
  const timeAtIntegral = (value: number): number => {
    let [low, high] = [1, steps] // the first step whose end reaches value
    while (low < high) {
      const middle = (low + high) >> 1
      if (integrals[middle] >= value) high = middle
      else low = middle + 1
    }
    const [before, after] = [integrals[low - 1], integrals[low]]
    return (low - 1 + (value - before) / (after - before)) / steps
  }
  return betaSde({ name: 'discrete-ddpm', tMax: 1, beta, schedule: vpSchedule(integral, timeAtIntegral) })
}
