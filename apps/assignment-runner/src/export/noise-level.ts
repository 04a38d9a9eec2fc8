import { discreteDdpm } from '@sbgm/sde-core'
import { add, cast, div, matMul, maximum, mul, oneHot, reshape, sqrt, sub, tanh, tensor, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core'
import { storedSde, type StoredSde } from '../images/stored-sde'

/** σ(t) of x_t = α x_0 + σ ε as a function of tensors, so that it can stand in a model: times (batch,) → levels (batch,). */
export type NoiseLevel = (t: Tensor1D) => Tensor1D

/**
 * The noise level of the SDE that a network was trained for.
 *
 * @param sde - as the network's file records it
 * @returns undefined for an SDE of another kind
 */
export function noiseLevel(sde: Readonly<Record<string, unknown>>): NoiseLevel | undefined {
  const stored = storedSde(sde)
  if (stored === undefined) return undefined
  return stored.kind === 'vpSde' ? vpNoiseLevel(stored) : chainNoiseLevel(stored)
}

/**
 * σ² = 1 − e^(−B) with B = β_min t + ½ (β_max − β_min) t², written as 2 T/(1 + T) with T = tanh(B/2), since float32 numbers
 * near 1 would lose the digits of a small B.
 *
 * @see Song et al. 2021, arXiv:2011.13456, eq. 29.
 */
const vpNoiseLevel = ({ betaMin, betaMax }: Extract<StoredSde, { readonly kind: 'vpSde' }>): NoiseLevel => (t) => {
  const halfIntegral: Tensor1D = mul(t, add(mul(t, (betaMax - betaMin) / 4), betaMin / 2))
  const tangent: Tensor1D = tanh(halfIntegral)
  return sqrt(div(mul(tangent, 2), add(tangent, 1))) as Tensor1D
}

/** √(1 − ᾱ_i) at the chain's step i = ⌈t T⌉, the next later one between two; the first below 1/T. */
function chainNoiseLevel({ steps, betaStart, betaEnd }: Extract<StoredSde, { readonly kind: 'discreteDdpm' }>): NoiseLevel {
  const { sqrtOneMinusAlphaBars } = discreteDdpm({ steps, betaStart, betaEnd })
  const column = Float32Array.from(sqrtOneMinusAlphaBars)
  return (t) => {
    const before = cast(maximum(sub(mul(t, steps), rounding(steps)), 0), 'int32') // t T in float32 may miss i by its rounding
    return reshape(matMul(oneHot(before, steps) as Tensor2D, tensor(column, [steps, 1])), [-1]) as Tensor1D
  }
}

/** More than the rounding of t T, and less than can be meant by a time. */
const rounding = (steps: number): number => steps * 2 ** -20

/** −ε/σ(t), the score that belongs to a noise. */
export const scoreOf = (noise: Tensor, level: Tensor1D): Tensor => div(mul(noise, -1), reshape(level, [-1, ...noise.shape.slice(1).map(() => 1)]))
