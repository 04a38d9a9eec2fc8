import type { NoiseSchedule } from './noise-schedule'
import { linearBeta, type BetaSde, type LinearBetaOptions } from './vp-sde'

/**
 * Sub-VP SDE, dx = −½ β(t) x dt + √(β(t) (1 − e^(−2B(t)))) dw, B = ∫β; its variance never exceeds the VP SDE's.
 *
 * Made for likelihoods. α = e^(−B/2), σ = 1 − e^(−B); prior N(0, I); tMax = 1.
 *
 * @param options - β(0) and β(1) of the linear β, in 1/time
 * @returns an immutable SDE
 * @throws {@link InvalidArgumentError} unless 0 \< betaMin \< betaMax.
 * @see Song et al. 2021, arXiv:2011.13456, eq. 12 (SDE) and eq. 29 (kernel).
 */
export function subVpSde(options: LinearBetaOptions = {}): BetaSde {
  const { beta, integral, timeAtIntegral } = linearBeta(options)
  const sigma = (t: number) => -Math.expm1(-integral(t))
  const schedule: NoiseSchedule = {
    alpha: (t) => Math.exp(-0.5 * integral(t)),
    sigma,
    lambda: (t) => -0.5 * integral(t) - Math.log(sigma(t)),
    timeAtLambda(lambda) {
      // α = u solves r (1 − u²) = u with r = e^λ, so u = 2r / (1 + √(1 + 4r²)); B = −2 ln u. asinh keeps the digits as
      // λ → ∞: u = e^(−asinh(1/(2r))).
      return timeAtIntegral(2 * Math.asinh(0.5 * Math.exp(-lambda)))
    },
  }
  return Object.freeze<BetaSde>({
    name: 'sub-vp',
    tMax: 1,
    priorStd: 1,
    schedule,
    beta,
    driftScale: (t) => -0.5 * beta(t),
    diffusion: (t) => Math.sqrt(beta(t) * -Math.expm1(-2 * integral(t))),
  })
}
