import { InvalidArgumentError } from './errors'
import type { NoiseSchedule } from './noise-schedule'
import { betaSde, type BetaSde } from './vp-sde'

/** Settings of {@link cosineVpSde}. */
export interface CosineVpSdeOptions {
  /** Offset s that keeps β(0) above 0, in units of time. @defaultValue 0.008 */
  readonly offset?: number
  /** Last time, between 0 and 1; at 1 itself α reaches 0 and β diverges. @defaultValue 0.9946 */
  readonly tMax?: number
}

/**
 * Variance-preserving SDE with the cosine schedule, α(t) = cos θ(t) / cos θ(0), θ(t) = (π/2) (t + s)/(1 + s), σ = √(1 − α²).
 *
 * Keeps more signal in the middle of the time range than the linear β does. β(t) = (π/(1 + s)) tan θ(t) diverges at
 * t = 1, so tMax stops short of it: at the default 0.9946, λ = −4.8, close to the linear VP SDE's −5.0 at its end.
 *
 * @returns an immutable SDE with prior N(0, I)
 * @throws {@link InvalidArgumentError} unless 0 \< offset and 0 \< tMax \< 1.
 * @see Nichol and Dhariwal 2021, arXiv:2102.09672, eq. 17 (there with cos², for ᾱ = α²).
 */
export function cosineVpSde({ offset = 0.008, tMax = 0.9946 }: CosineVpSdeOptions = {}): BetaSde {
  if (!(offset > 0 && Number.isFinite(offset))) throw new InvalidArgumentError('offset', offset, 'a positive number')
  if (!(tMax > 0 && tMax < 1)) throw new InvalidArgumentError('tMax', tMax, 'between 0 and 1, both excluded (β diverges at 1)')
  const rate = Math.PI / 2 / (1 + offset)
  const start = rate * offset
  const [cosine, cosineStart] = [(t: number) => Math.cos(start + rate * t), Math.cos(start)]
  // cos²θ(0) − cos²θ(t) = sin(θ(t) − θ(0)) sin(θ(t) + θ(0)), which does not cancel near t = 0
  const sine = (t: number) => Math.sqrt(Math.sin(rate * t) * Math.sin(rate * t + 2 * start))
  const beta = (t: number) => 2 * rate * Math.tan(start + rate * t)
  const schedule: NoiseSchedule = {
    alpha: (t) => cosine(t) / cosineStart,
    sigma: (t) => sine(t) / cosineStart,
    lambda: (t) => Math.log(cosine(t) / sine(t)),
    timeAtLambda(lambda) {
      // tan²θ = (1 + e^(2λ) sin²θ(0)) / (e^(2λ) cos²θ(0)) follows from α/σ = e^λ; t from tan(θ − θ(0))
      const noise = Math.exp(-2 * lambda)
      const tangent = Math.sqrt((noise + Math.sin(start) ** 2) / cosineStart ** 2)
      const tangentStart = Math.tan(start)
      const gap = noise / cosineStart ** 2 / (tangent + tangentStart) // tan θ − tan θ(0) without cancellation
      return Math.atan(gap / (1 + tangent * tangentStart)) / rate
    },
  }
  return betaSde({ name: 'cosine-vp', tMax, beta, schedule })
}
