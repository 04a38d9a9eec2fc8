import { exponentialStep, exponentialWeights } from './exponential-integrator'
import type { MultistepInput } from './multistep-sampler'

/**
 * The state at s with x̂_0 extrapolated in λ from its value at t and the latest ones before.
 *
 * @param order - how many values are used
 * @returns a new state, not constrained
 */
export function extrapolatedData<X>({ x, t, s, data, past, dynamics, space }: MultistepInput<X>, order: number): X {
  const { schedule } = dynamics.sde
  const { h, z, carry, gain } = exponentialStep(schedule, 'data', t, s)
  const used = past.slice(0, order - 1)
  const weights = multistepWeights(z, [0, ...used.map((entry) => (schedule.lambda(entry.t) - schedule.lambda(t)) / h)])
  return space.combine([carry, ...weights.map((weight) => gain * weight)], [x, data, ...used.map((entry) => entry.data)])
}

/**
 * The weights of the predictions at these nodes, the first of which is 0: exact for polynomials, but for two nodes the published
 * ones, e^z − 1 times the value at ½ of the line through them, which differ from those at third order.
 */
export function multistepWeights(z: number, nodes: readonly number[]): number[] {
  if (nodes.length !== 2) return exponentialWeights(z, nodes)
  const whole = Math.expm1(z)
  const slope = whole / (2 * nodes[1])
  return [whole - slope, slope]
}
