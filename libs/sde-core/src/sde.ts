import type { NoiseSchedule } from './noise-schedule'

/**
 * A linear stochastic differential equation dx = f(t) x dt + g(t) dw on [0, tMax].
 *
 * @see Song et al. 2021, arXiv:2011.13456, eq. 5; the kernels are eq. 29.
 */
export interface Sde {
  /** A short name for figures and messages, such as `vp`. */
  readonly name: string
  /** The last time; p(x at tMax) is close to the prior. */
  readonly tMax: number
  /** Standard deviation of the prior N(0, priorStd² I) that approximates the law at tMax. */
  readonly priorStd: number
  /** α(t), σ(t), λ(t) and λ's inverse. */
  readonly schedule: NoiseSchedule
  /** f(t) = d ln α / dt, in 1/time; the drift is f(t) x. */
  driftScale(t: number): number
  /** g(t), the diffusion coefficient, in units of the data per √time; g² = dσ²/dt − 2 f σ². */
  diffusion(t: number): number
  /** β(t), in 1/time, of the SDEs that are defined by one. */
  readonly beta?: (t: number) => number
}
