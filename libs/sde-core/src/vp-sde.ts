import { InvalidArgumentError } from './errors'
import type { Sde } from './sde'
import { vpSchedule } from './vp-schedule'

/** Settings of the SDEs whose β(t) rises linearly. */
export interface LinearBetaOptions {
  /** β(0), in 1/time. @defaultValue 0.1 */
  readonly betaMin?: number
  /** β(1), in 1/time. @defaultValue 20 */
  readonly betaMax?: number
}

/** An SDE defined by β(t). */
export interface BetaSde extends Sde {
  /** β(t), in 1/time. */
  readonly beta: (t: number) => number
}

/** β(t) = betaMin + (betaMax − betaMin) t, its integral B(t) and the inverse of B. */
export interface LinearBeta {
  /** β(t). */
  readonly beta: (t: number) => number
  /** B(t) = ∫₀ᵗ β. */
  readonly integral: (t: number) => number
  /** t with B(t) = the argument. */
  readonly timeAtIntegral: (integral: number) => number
}

/**
 * The linear β of Song et al. 2021 with its integral, B(t) = betaMin t + ½ (betaMax − betaMin) t².
 *
 * @throws {@link InvalidArgumentError} unless 0 \< betaMin \< betaMax and both are finite.
 */
export function linearBeta({ betaMin = 0.1, betaMax = 20 }: LinearBetaOptions = {}): LinearBeta {
  if (!(betaMin > 0 && Number.isFinite(betaMin))) throw new InvalidArgumentError('betaMin', betaMin, 'a positive number')
  if (!(betaMax > betaMin && Number.isFinite(betaMax))) {
    throw new InvalidArgumentError('betaMax', betaMax, `a finite number greater than betaMin (${betaMin})`)
  }
  const slope = betaMax - betaMin
  return {
    beta: (t) => betaMin + slope * t,
    integral: (t) => (betaMin + 0.5 * slope * t) * t,
    timeAtIntegral: (integral) => (2 * integral) / (betaMin + Math.sqrt(betaMin ** 2 + 2 * slope * integral)),
  }
}

/**
 * Variance-preserving SDE, dx = −½ β(t) x dt + √β(t) dw, with β rising linearly from betaMin (t = 0) to betaMax (t = 1).
 *
 * The usual choice for images in [−1, 1]. α = e^(−B/2), σ = √(1 − e^(−B)) with B = ∫β; prior N(0, I); tMax = 1.
 *
 * @param options - β(0) and β(1) of the linear β, in 1/time
 * @returns an immutable SDE
 * @throws {@link InvalidArgumentError} unless 0 \< betaMin \< betaMax.
 * @see Song et al. 2021, arXiv:2011.13456, eq. 11 (SDE) and eq. 29 (kernel).
 * @example
 * ```ts
 * import { vpSde } from '@sbgm/sde-core'
 *
 * const { schedule } = vpSde()
 * console.log(schedule.sigma(1e-3)) // 0.010485416335…
 * ```
 */
export function vpSde(options: LinearBetaOptions = {}): BetaSde {
  const { beta, integral, timeAtIntegral } = linearBeta(options)
  return betaSde({ name: 'vp', tMax: 1, beta, schedule: vpSchedule(integral, timeAtIntegral) })
}

/** An SDE dx = −½ β(t) x dt + √β(t) dw with prior N(0, I). */
export const betaSde = ({ beta, ...given }: Pick<BetaSde, 'name' | 'tMax' | 'beta' | 'schedule'>): BetaSde =>
  Object.freeze<BetaSde>({ ...given, beta, priorStd: 1, driftScale: (t) => -0.5 * beta(t), diffusion: (t) => Math.sqrt(beta(t)) })
