import { InvalidArgumentError } from '../errors'
import type { Sde } from '../sde'
import { checkTime } from '../times'
import type { ScalarModel } from './exact-model'
import { checkSampleShape } from './mixture-prediction'
import { logNormalCdf, normalCdf, normalDensity } from './normal-law'

/** One Gaussian of a mixture on the line at one time. */
interface ScalarComponent {
  /** Its weight. */
  readonly weight: number
  /** α m. */
  readonly center: number
  /** √(α² s² + σ²), above 0. */
  readonly width: number
}

/** A mixture of Gaussians on the line at t = 0; stds of 0 make points, which have a density for σ(t) \> 0. */
interface ScalarMixture {
  readonly weights: ArrayLike<number>
  readonly means: ArrayLike<number>
  readonly stds: ArrayLike<number>
}

/**
 * Density, distribution function, quantiles and probability flow of a mixture on the line. The flow keeps quantiles,
 * x_s = F_s⁻¹(F_t(x_t)); with ln F and ln(1 − F), each in its own tail, that holds however far out x lies.
 */
export function scalarLaw({ weights, means, stds }: ScalarMixture, sde: Sde): Pick<ScalarModel, 'density' | 'cdf' | 'quantile' | 'flowMap'> {
  const componentsAt = (t: number): readonly ScalarComponent[] => {
    checkTime(t)
    const [alpha, sigma] = [sde.schedule.alpha(t), sde.schedule.sigma(t)]
    return Array.from(weights, (weight, k) => {
      const width = Math.hypot(alpha * stds[k], sigma)
      if (!(width > 0)) throw new InvalidArgumentError('t', t, 'a time with σ(t) > 0 for a law of points')
      return { weight, center: alpha * means[k], width }
    })
  }
  return {
    density: (x, t) =>
      componentsAt(t).reduce((sum, { weight, center, width }) => sum + (weight / width) * normalDensity((x - center) / width), 0),
    cdf: (x, t) => componentsAt(t).reduce((sum, { weight, center, width }) => sum + weight * normalCdf((x - center) / width), 0),
    quantile(p, t) {
      if (!(p > 0 && p < 1)) throw new InvalidArgumentError('p', p, 'between 0 and 1, both excluded')
      return p <= 0.5 ? pointAt(componentsAt(t), Math.log(p), 1) : pointAt(componentsAt(t), Math.log1p(-p), -1)
    },
    flowMap(x, from, to) {
      checkSampleShape(x.shape, [1])
      const [before, after] = [componentsAt(from), componentsAt(to)]
      const move = (value: number) => {
        const [below, above] = [logTail(before, value, 1), logTail(before, value, -1)]
        return below <= above ? pointAt(after, below, 1) : pointAt(after, above, -1)
      }
      return { data: x.data.map(move), shape: x.shape }
    },
  }
}

/** ln F(x) for side 1, ln(1 − F(x)) for side −1: each with full precision in its own tail, where F itself underflows. */
function logTail(components: readonly ScalarComponent[], x: number, side: 1 | -1): number {
  const terms = components.map(({ weight, center, width }) => Math.log(weight) + logNormalCdf((side * (x - center)) / width))
  const top = terms.reduce((a, b) => Math.max(a, b), -Infinity)
  return top + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - top), 0))
}

/** x with logTail(x) = logP, by bisection down to neighbouring doubles in a bracket that is widened until it holds x. */
function pointAt(components: readonly ScalarComponent[], logP: number, side: 1 | -1): number {
  const isBelow = (x: number) => logTail(components, x, side) < logP === (side === 1)
  let low = Math.min(...components.map(({ center, width }) => center - 8 * width))
  let high = Math.max(...components.map(({ center, width }) => center + 8 * width))
  for (let span = high - low; !isBelow(low); span *= 2) low -= span
  for (let span = high - low; isBelow(high); span *= 2) high += span
  for (;;) {
    const middle = low + (high - low) / 2
    if (middle <= low || middle >= high) return middle
    if (isBelow(middle)) low = middle
    else high = middle
  }
}
