import { coefficientAt, timesOf, type Coefficient, type Times, type Tolerance } from '@sbgm/sde-core'
import { notFinite, type AdaptiveMethod } from './adaptive-interval'
import type { AdaptiveStart } from './adaptive-sampler'

/** The stages after the first: where in the step, and the weights of the drifts before. */
const stages: readonly { readonly at: number; readonly weights: readonly number[] }[] = [
  { at: 1 / 5, weights: [1 / 5] },
  { at: 3 / 10, weights: [3 / 40, 9 / 40] },
  { at: 4 / 5, weights: [44 / 45, -56 / 15, 32 / 9] },
  { at: 8 / 9, weights: [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729] },
  { at: 1, weights: [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656] },
]
/** The update, of order 5, and the difference from the one of order 4 that judges it. */
const update = [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84]
const difference = [-71 / 57600, 0, 71 / 16695, -71 / 1920, 17253 / 339200, -22 / 525, 1 / 40]

/** The Dormand–Prince pair at work on one interval; the last drift of an accepted step is the first of the next. */
export function dormandPrinceMethod<X>({ input, end, budget }: AdaptiveStart<X>, tolerance: Tolerance, norm: 'sample' | 'batch'): AdaptiveMethod<X> {
  const { space, dynamics, signal } = input
  let first: X | undefined // the drift where the samples are
  let last: X | undefined // the drift where the trial led
  const free = (...states: readonly (X | undefined)[]) => states.forEach((state) => state !== undefined && space.release(state))
  const drift = (x: X, t: Times): Promise<X> => {
    signal?.throwIfAborted()
    return dynamics.drift(x, t)
  }
  const errorNorm = async (error: X, a: X, b: X): Promise<Float64Array> => {
    const norms = await space.errorNorm(error, a, b, tolerance)
    return norm === 'sample' ? norms : norms.fill(Math.hypot(...norms) / Math.sqrt(norms.length))
  }

  const requireFinite = (sizes: Float64Array) => {
    const unusable = sizes.findIndex((size) => !Number.isFinite(size))
    if (unusable >= 0) throw notFinite(input, input.t, `the drift of sample ${unusable}`)
  }

  /** x + Σ h w_k d_k, without the drifts of weight 0. */
  const along = (x: X | undefined, h: Float64Array, weights: readonly number[], drifts: readonly X[]): X => {
    const used = drifts.filter((_, k) => weights[k] !== 0)
    const factors: Coefficient[] = weights.filter((weight) => weight !== 0).map((weight) => coefficientAt(h, (length) => weight * length))
    return x === undefined ? space.combine(factors, used) : space.combine([1, ...factors], [x, ...used])
  }

  return {
    exponent: 1 / 5,
    cost: () => (first === undefined ? 7 : 6),

    async firstLengths() {
      const { x, t } = input
      const times = timesOf(space, x, t)
      const interval = Math.abs(end - t)
      budget.spend(2, t)
      first = await drift(x, times)
      const [size, slope] = [await errorNorm(x, x, x), await errorNorm(first, x, x)]
      requireFinite(slope)
      const probes = size.map((value, sample) => Math.min(value < 1e-5 || slope[sample] < 1e-5 ? 1e-6 : (0.01 * value) / slope[sample], interval))
      const direction = Math.sign(end - t)
      const made: X[] = []
      try {
        made.push(space.combine([1, coefficientAt(probes, (length) => direction * length)], [x, first]))
        made.push(await drift(made[0], probes.map((length) => t + direction * length)))
        made.push(space.combine([1, -1], [made[1], first]))
        const change = await errorNorm(made[2], x, x)
        requireFinite(change)
        return probes.map((probe, sample) => {
          const steepest = Math.max(slope[sample], change[sample] / probe)
          const second = steepest <= 1e-15 ? Math.max(1e-6, probe * 1e-3) : (0.01 / steepest) ** (1 / 5)
          return Math.min(100 * probe, second, interval)
        })
      } finally {
        space.release(...made)
      }
    },

    async trial(x, from, to) {
      first ??= await drift(x, from)
      const h = to.map((target, sample) => target - from[sample])
      const made: X[] = []
      try {
        const drifts = [first]
        for (const { at, weights } of stages) {
          const point = along(x, h, weights, drifts)
          try {
            drifts.push(await drift(point, at === 1 ? to : from.map((time, sample) => time + at * h[sample])))
            made.push(drifts[drifts.length - 1])
          } finally {
            space.release(point)
          }
        }
        const next = along(x, h, update, drifts)
        try {
          last = await drift(next, to)
          const error = along(undefined, h, difference, [...drifts, last])
          made.push(error)
          return { x: next, errors: await errorNorm(error, x, next) }
        } catch (error) {
          space.release(next)
          throw error
        }
      } finally {
        space.release(...made)
      }
    },

    settle(accepted, isConstrained) {
      const next = isConstrained || !first || !last ? undefined : space.select(accepted, last, first)
      free(first, last)
      ;[first, last] = [next, undefined]
    },

    release() {
      free(first, last)
      first = last = undefined
    },
  }
}
