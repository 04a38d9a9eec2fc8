import { matMul, mul, reshape, softmax, sub, sum, square, tensor, tidy, add, type Tensor } from '@tensorflow/tfjs-core'
import { InvalidArgumentError } from '../errors'
import { sizeOf, type HostState } from '../host-state'
import type { Prediction } from '../prediction'
import type { Sde } from '../sde'
import { coefficientAt, type Coefficient, type Times, type TwofoldOperation } from '../vector-space'
import type { ExactModel } from './exact-model'
import { checkSampleShape } from './mixture-prediction'

/** A data set as a law: p_0 puts 1/n on each of n points. */
export interface EmpiricalTargetOptions {
  /** The SDE that perturbs it. */
  readonly sde: Sde
  /** The points, shape (n, …); borrowed, not to be changed afterwards. */
  readonly points: HostState
}

/**
 * The law of a finite data set under an SDE: what a network that memorises perfectly would predict. Posterior mean
 * Σ_i w_i y_i with w the softmax over i of −‖x − α y_i‖²/(2σ²). A correct sampler run to t → 0 returns the points.
 *
 * Needs σ(t) \> 0. On tensors the points travel to the backend with each evaluation: meant for some thousand points.
 *
 * @returns an exact model of samples of the points' shape, which keeps a reference to the points
 * @throws {@link InvalidArgumentError} without points; its methods and predictors, at a time with σ(t) = 0.
 * @see Karras et al. 2022, arXiv:2206.00364, appendix B.3 (the ideal denoiser of a finite data set, there with α = 1).
 */
export function empiricalTarget({ sde, points }: EmpiricalTargetOptions): ExactModel {
  const [count, ...sampleShape] = points.shape
  if (!(count >= 1)) throw new InvalidArgumentError('points', points.shape, 'at least one point, shape (n, …)')
  const size = sizeOf(sampleShape)

  const noiseLevel = (t: number): number => {
    const sigma = sde.schedule.sigma(t)
    if (!(sigma > 0)) throw new InvalidArgumentError('t', t, 'a time with σ(t) > 0 for an empirical law')
    return sigma
  }
  /** ln of the weights of all points for the sample that starts at `from`, up to a shared constant: −‖x − α y‖²/(2σ²). */
  const logits = (x: Float64Array, from: number, alpha: number, sigma: number): Float64Array =>
    Float64Array.from({ length: count }, (_, i) => {
      let distance = 0
      for (let d = 0; d < size; d++) distance += (x[from + d] - alpha * points.data[i * size + d]) ** 2
      return (-0.5 * distance) / sigma ** 2
    })

  /** The prediction is onMean · ȳ + onState · x: score = (α ȳ − x)/σ², data = ȳ, noise = (x − α ȳ)/σ, v from the last two. */
  const factors = (predicts: Prediction, t: number): readonly [onMean: number, onState: number] => {
    const [alpha, sigma] = [sde.schedule.alpha(t), noiseLevel(t)]
    return {
      score: [alpha / sigma ** 2, -1 / sigma ** 2] as const,
      data: [1, 0] as const,
      noise: [-alpha / sigma, 1 / sigma] as const,
      v: [-(alpha ** 2) / sigma - sigma, alpha / sigma] as const,
    }[predicts]
  }

  const prediction = (predicts: Prediction): TwofoldOperation<[Times]> => ({
    host({ data, shape }, times) {
      const result = new Float64Array(data.length)
      times.forEach((t, sample) => {
        const from = sample * size
        const weights = logits(data, from, sde.schedule.alpha(t), noiseLevel(t))
        const top = weights.reduce((a, b) => Math.max(a, b), -Infinity)
        let total = 0
        weights.forEach((logit, i) => (total += weights[i] = Math.exp(logit - top)))
        const [onMean, onState] = factors(predicts, t)
        for (let d = 0; d < size; d++) {
          let mean = 0
          for (let i = 0; i < count; i++) mean += weights[i] * points.data[i * size + d]
          result[from + d] = (onMean * mean) / total + onState * data[from + d]
        }
      })
      return { data: result, shape }
    },
    tensor: (x, times) =>
      tidy(() => {
        const column = (coefficient: Coefficient): number | Tensor =>
          typeof coefficient === 'number' ? coefficient : tensor(Float32Array.from(coefficient), [times.length, 1])
        const { alpha } = sde.schedule
        const [rows, data] = [reshape(x, [-1, size]), tensor(Float32Array.from(points.data), [count, size])]
        // −‖x − α y‖²/(2σ²) without the term ‖x‖², which all points share
        const products = mul(matMul(rows, data, false, true), column(coefficientAt(times, (t) => alpha(t) / noiseLevel(t) ** 2)))
        const lengths = mul(reshape(sum(square(data), 1), [1, -1]), column(coefficientAt(times, (t) => 0.5 * (alpha(t) / noiseLevel(t)) ** 2)))
        const mean = matMul(softmax(sub(products, lengths)), data)
        const [onMean, onState] = [0, 1].map((which) => column(coefficientAt(times, (t) => factors(predicts, t)[which])))
        return reshape(add(mul(mean, onMean), mul(rows, onState)), x.shape)
      }),
  })

  return Object.freeze<ExactModel>({
    sde,
    sampleShape,
    predictor(predicts, space) {
      const evaluate = space.implement(prediction(predicts))
      return {
        predicts,
        evaluate(x, t) {
          checkSampleShape(space.shape(x), sampleShape)
          return evaluate(x, t)
        },
      }
    },
    logDensity(x, t) {
      checkSampleShape(x.shape, sampleShape)
      const [alpha, sigma] = [sde.schedule.alpha(t), noiseLevel(t)]
      return Float64Array.from({ length: x.shape[0] }, (_, sample) => {
        const terms = logits(x.data, sample * size, alpha, sigma)
        const top = terms.reduce((a, b) => Math.max(a, b), -Infinity)
        const total = terms.reduce((accumulated, logit) => accumulated + Math.exp(logit - top), 0)
        return top + Math.log(total / count) - 0.5 * size * Math.log(2 * Math.PI * sigma ** 2)
      })
    },
  })
}
