import { InvalidArgumentError } from './errors'
import type { Sde } from './sde'

/** Settings of {@link edmSde}. */
export interface EdmSdeOptions {
  /** The largest noise level, in units of the data, which is also the last time. @defaultValue 80 */
  readonly sigmaMax?: number
}

/**
 * The SDE of Karras et al., dx = √(2t) dw: time is the noise level, α = 1, σ(t) = t, tMax = sigmaMax.
 *
 * Its probability flow has the straightest paths of the SDEs here. Prior N(0, sigmaMax²).
 *
 * @returns an immutable SDE; λ is +∞ at t = 0, where σ = 0
 * @throws {@link InvalidArgumentError} unless sigmaMax is a positive number.
 * @see Karras et al. 2022, arXiv:2206.00364, eq. 1 with σ(t) = t, s(t) = 1.
 */
export function edmSde({ sigmaMax = 80 }: EdmSdeOptions = {}): Sde {
  if (!(sigmaMax > 0 && Number.isFinite(sigmaMax))) throw new InvalidArgumentError('sigmaMax', sigmaMax, 'a positive number')
  return Object.freeze<Sde>({
    name: 'edm',
    tMax: sigmaMax,
    priorStd: sigmaMax,
    schedule: { alpha: () => 1, sigma: (t) => t, lambda: (t) => -Math.log(t), timeAtLambda: (lambda) => Math.exp(-lambda) },
    driftScale: () => 0,
    diffusion: (t) => Math.sqrt(2 * t),
  })
}
