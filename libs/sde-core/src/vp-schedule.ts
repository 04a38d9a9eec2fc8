import type { NoiseSchedule } from './noise-schedule'

/** ln(1 + eˣ) without overflow. */
const softplus = (x: number): number => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x)))

/**
 * The schedule of an SDE that keeps the variance: α = e^(−B/2), σ = √(1 − e^(−B)), λ = −½ ln(e^B − 1), B = ∫₀ᵗ β.
 *
 * @param integral - B(t), dimensionless
 * @param timeAtIntegral - the inverse of B
 * @see Song et al. 2021, arXiv:2011.13456, eq. 29.
 */
export function vpSchedule(integral: (t: number) => number, timeAtIntegral: (integral: number) => number): NoiseSchedule {
  return Object.freeze<NoiseSchedule>({
    alpha: (t) => Math.exp(-0.5 * integral(t)),
    sigma: (t) => Math.sqrt(-Math.expm1(-integral(t))), // expm1: 1 − e^(−B) cancels near t = 0
    lambda(t) {
      const total = integral(t)
      return -0.5 * (total + Math.log(-Math.expm1(-total))) // e^B would overflow for B > 709
    },
    timeAtLambda: (lambda) => timeAtIntegral(softplus(-2 * lambda)),
  })
}
