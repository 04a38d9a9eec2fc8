import { InvalidArgumentError } from '@sbgm/sde-core'
import { add, div, mul, sqrt, square, sub, tidy, type Tensor } from '@tensorflow/tfjs-core'

/** Settings of {@link adamW}. */
export interface AdamWOptions {
  /** Decay of the mean gradient. @defaultValue 0.9 */
  readonly beta1?: number
  /** Decay of the mean squared gradient. @defaultValue 0.999 */
  readonly beta2?: number
  /** Added to the root in the denominator. @defaultValue 1e-8 */
  readonly epsilon?: number
  /** Decoupled weight decay per unit of learning rate. @defaultValue 0 */
  readonly weightDecay?: number
}

/** What the optimiser remembers, each of the parameters' shape. */
export interface AdamWMoments {
  /** Mean gradient m. */
  readonly first: Tensor
  /** Mean squared gradient v. */
  readonly second: Tensor
}

/** The numbers of one step that change from step to step: scalars or tensors of shape (1,), so that a step can be traced. */
export interface AdamWRates {
  /** The learning rate. */
  readonly learningRate: Tensor
  /** 1 / (1 − beta1^step). */
  readonly firstCorrection: Tensor
  /** 1 / (1 − beta2^step). */
  readonly secondCorrection: Tensor
}

/** The bias corrections of one step, in float64; as tensors they are part of {@link AdamWRates}. */
export interface AdamWCorrections {
  /** 1 / (1 − beta1^step), for the mean gradient. */
  readonly first: number
  /** 1 / (1 − beta2^step), for the mean squared gradient. */
  readonly second: number
}

/** What a step leaves behind; the caller owns its three tensors. */
export interface AdamWUpdate {
  /** The parameters after the step, of the shape of those before it. */
  readonly parameters: Tensor
  /** Both moments after the step. */
  readonly moments: AdamWMoments
}

/** A pure update rule. */
export interface AdamW {
  /**
   * The bias corrections of a step, computed in float64, where 1 − beta2^step keeps its digits.
   *
   * @param step - number of the step, from 1
   * @throws InvalidArgumentError for a step below 1.
   */
  corrections(step: number): AdamWCorrections
  /**
   * One step down the gradient.
   *
   * @param parameters - all parameters as one tensor; borrowed, as everything else here is
   * @param gradient - of the loss, of the parameters' shape
   * @param moments - those that the previous step returned; zeros before the first
   * @param rates - the numbers of this step
   * @returns new tensors, owned by the caller
   */
  update(parameters: Tensor, gradient: Tensor, moments: AdamWMoments, rates: AdamWRates): AdamWUpdate
}

/** What {@link adamW}'s updates were made with, by the function: an object made from a rule with another update is another rule. */
const settingsOfUpdates = new WeakMap<AdamW['update'], Required<AdamWOptions>>()

/** What {@link adamW} was asked for, by which a backend's own kernel may stand for the rule; undefined for a rule of another kind. */
export const settingsOf = ({ update }: AdamW): Required<AdamWOptions> | undefined => settingsOfUpdates.get(update)

/**
 * AdamW: m ← β₁ m + (1 − β₁) g, v ← β₂ v + (1 − β₂) g², p ← p − lr (m̂/(√v̂ + ε) + decay · p) with bias-corrected m̂, v̂.
 *
 * A pure function over one vector of all parameters.
 *
 * @returns the rule, which holds no tensors
 * @throws InvalidArgumentError unless 0 ≤ betas \< 1, epsilon \> 0 and weightDecay ≥ 0.
 * @see Loshchilov and Hutter 2019, arXiv:1711.05101, algorithm 2.
 */
export function adamW({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 }: AdamWOptions = {}): AdamW {
  for (const [name, beta] of Object.entries({ beta1, beta2 })) {
    if (!(beta >= 0 && beta < 1)) throw new InvalidArgumentError(name, beta, 'at least 0 and below 1')
  }
  if (!(epsilon > 0 && Number.isFinite(epsilon))) throw new InvalidArgumentError('epsilon', epsilon, 'a positive number')
  if (!(weightDecay >= 0 && Number.isFinite(weightDecay))) throw new InvalidArgumentError('weightDecay', weightDecay, 'a number of at least 0')
  const rule = Object.freeze<AdamW>({
    corrections(step) {
      if (!(step >= 1)) throw new InvalidArgumentError('step', step, 'at least 1: steps are numbered from 1')
      return { first: 1 / (1 - beta1 ** step), second: 1 / (1 - beta2 ** step) }
    },
    update: (parameters, gradient, moments, { learningRate, firstCorrection, secondCorrection }) =>
      tidy(() => {
        const first = add(mul(moments.first, beta1), mul(gradient, 1 - beta1))
        const second = add(mul(moments.second, beta2), mul(square(gradient), 1 - beta2))
        const step = div(mul(first, firstCorrection), add(sqrt(mul(second, secondCorrection)), epsilon))
        const decayed = weightDecay === 0 ? step : add(step, mul(parameters, weightDecay))
        return { parameters: sub(parameters, mul(decayed, learningRate)), moments: { first, second } }
      }),
  })
  settingsOfUpdates.set(rule.update, { beta1, beta2, epsilon, weightDecay })
  return rule
}
