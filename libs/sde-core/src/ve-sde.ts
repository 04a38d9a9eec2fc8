import { InvalidArgumentError } from './errors'
import type { Sde } from './sde'

/** Settings of {@link veSde}. */
export interface VeSdeOptions {
  /** σ(0), in units of the data. @defaultValue 0.01 */
  readonly sigmaMin?: number
  /** σ(1); at least the largest distance between two data points. @defaultValue 50 */
  readonly sigmaMax?: number
}

/**
 * Variance-exploding SDE, dx = σ(t) √(2 ln(sigmaMax/sigmaMin)) dw with σ(t) = sigmaMin (sigmaMax/sigmaMin)^t.
 *
 * α = 1, so x_t = x_0 + σ(t) ε: at t = 0 the law is the data's, blurred by sigmaMin. Prior N(0, sigmaMax²); tMax = 1.
 *
 * @returns an immutable SDE
 * @throws {@link InvalidArgumentError} unless 0 \< sigmaMin \< sigmaMax.
 * @see Song et al. 2021, arXiv:2011.13456, eq. 9 (SDE) and eq. 29 (kernel; the discrete SMLD form is used here, whose
 * σ(0) is sigmaMin and not 0).
 */
export function veSde({ sigmaMin = 0.01, sigmaMax = 50 }: VeSdeOptions = {}): Sde {
  if (!(sigmaMin > 0)) throw new InvalidArgumentError('sigmaMin', sigmaMin, 'a positive number')
  if (!(sigmaMax > sigmaMin && Number.isFinite(sigmaMax))) {
    throw new InvalidArgumentError('sigmaMax', sigmaMax, `a finite number greater than sigmaMin (${sigmaMin})`)
  }
  const [start, rate] = [Math.log(sigmaMin), Math.log(sigmaMax / sigmaMin)]
  const sigma = (t: number) => Math.exp(start + rate * t)
  return Object.freeze<Sde>({
    name: 've',
    tMax: 1,
    priorStd: sigmaMax,
    schedule: { alpha: () => 1, sigma, lambda: (t) => -(start + rate * t), timeAtLambda: (lambda) => (-lambda - start) / rate },
    driftScale: () => 0,
    diffusion: (t) => sigma(t) * Math.sqrt(2 * rate),
  })
}
