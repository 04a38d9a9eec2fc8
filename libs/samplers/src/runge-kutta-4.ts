import { timesOf, type Sampler } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { oneStepSampler } from './define-sampler'
import { isNoisy, requireProbabilityFlow } from './probability-flow-step'

/** One stage: where in the step the drift is taken, how far along the previous stage's drift, and its weight in the update. */
interface Stage {
  /** Fraction of the step. */
  readonly at: number
  /** The weight of its drift. */
  readonly weight: number
}

/** Each stage leaves from x along the drift of the stage before it, for its own fraction of the step. */
const classical: readonly Stage[] = [
  { at: 0, weight: 1 / 6 },
  { at: 1 / 2, weight: 1 / 3 },
  { at: 1 / 2, weight: 1 / 3 },
  { at: 1, weight: 1 / 6 },
]

/** Heun's method of order 3, which asks for no drift at the step's end. */
const open: readonly Stage[] = [
  { at: 0, weight: 1 / 4 },
  { at: 1 / 3, weight: 0 },
  { at: 2 / 3, weight: 3 / 4 },
]

/**
 * The classical Runge–Kutta method on the probability flow, x_s = x_t + (d_1 + 2 d_2 + 2 d_3 + d_4)(s − t)/6 with d_1 the drift at
 * (x_t, t), d_2 and d_3 in the middle of the step, d_4 at its end, either direction of time: order 4, four evaluations per step.
 * Where σ = 0 at max(s, tMin), the drift at s need not exist and the step is Heun's of order 3, whose drifts lie at t and one and
 * two thirds of the way.
 *
 * The choice for smooth flows and many evaluations; with few, the exponential integrators lose less, and {@link dormandPrince}
 * chooses the steps itself.
 *
 * @returns a sampler whose steps throw InvalidArgumentError on any dynamics but a probability flow
 * @see Kutta 1901; Hairer, Nørsett and Wanner 1993, *Solving Ordinary Differential Equations I*, section II.1.
 */
export function rungeKutta4<X = Tensor>(): Sampler<X> {
  return oneStepSampler<X>({
    name: 'runge-kutta-4',
    order: 4,
    evaluationsPerStep: 4,
    stochastic: false,
    async step({ x, t, s, dynamics, space, constrain }) {
      requireProbabilityFlow('rungeKutta4()', dynamics)
      const drifts: X[] = []
      const h = s - t
      const stages = isNoisy(dynamics, s) ? classical : open
      try {
        for (const { at } of stages) {
          const point = drifts.length === 0 ? x : space.combine([1, at * h], [x, drifts[drifts.length - 1]])
          try {
            drifts.push(await dynamics.drift(point, timesOf(space, x, at === 1 ? s : t + at * h)))
          } finally {
            if (point !== x) space.release(point)
          }
        }
        return { x: constrain(space.combine([1, ...stages.map(({ weight }) => weight * h)], [x, ...drifts]), s) }
      } finally {
        space.release(...drifts)
      }
    },
  })
}
