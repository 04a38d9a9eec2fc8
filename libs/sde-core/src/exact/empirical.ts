import { add, concat, matMul, mul, reshape, slice, softmax, square, sub, sum, tensor, tidy, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core'
import { InvalidArgumentError } from '../errors'
import { hostState, sizeOf, type HostState } from '../host-state'
import type { Prediction } from '../prediction'
import type { Sde } from '../sde'
import { checkTime, type Times } from '../times'
import { coefficientAt, type TwofoldBinaryOperation, type TwofoldOperation } from '../vector-space'
import { drawParts } from './draw-parts'
import type { DrawableModel, ScalarModel } from './exact-model'
import { exactPredictor } from './exact-predictor'
import { checkSampleShape } from './mixture-prediction'
import { scalarLaw } from './scalar-law'

/** A data set as a law: p_0 puts 1/n on each of n points. */
export interface EmpiricalTargetOptions {
  /** The SDE that perturbs it. */
  readonly sde: Sde
  /** The points, shape (n, …); borrowed, not to be changed afterwards. */
  readonly points: HostState
}

/** Finitely many numbers as a law. */
export interface ScalarEmpiricalTargetOptions {
  /** The SDE that perturbs them. */
  readonly sde: Sde
  /** The numbers, shape (n,). */
  readonly points: ArrayLike<number>
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
export function empiricalTarget({ sde, points }: EmpiricalTargetOptions): DrawableModel {
  const [count, ...sampleShape] = points.shape
  if (!(count >= 1)) throw new InvalidArgumentError('points', points.shape, 'at least one point, shape (n, …)')
  const size = sizeOf(sampleShape)

  const alphaAt = (t: number) => sde.schedule.alpha(t)
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

  /** The prediction is onMean · ȳ + onGap · (α ȳ − x): score = gap/σ², noise = −gap/σ, data = ȳ, v = α noise − σ data. */
  const factors = (predicts: Prediction, t: number): readonly [onMean: number, onGap: number] => {
    const [alpha, sigma] = [sde.schedule.alpha(t), noiseLevel(t)]
    return {
      score: [0, 1 / sigma ** 2] as const,
      data: [1, 0] as const,
      noise: [0, -1 / sigma] as const,
      v: [-sigma, -alpha / sigma] as const,
    }[predicts]
  }

  const prediction = (predicts: Prediction): TwofoldOperation<[Times]> => ({
    host({ data, shape }, times) {
      const result = new Float64Array(data.length)
      times.forEach((t, sample) => {
        const [from, alpha] = [sample * size, sde.schedule.alpha(t)]
        const weights = responsibilities(logits(data, from, alpha, noiseLevel(t)))
        const [onMean, onGap] = factors(predicts, t)
        for (let d = 0; d < size; d++) {
          let mean = 0
          for (let i = 0; i < count; i++) mean += weights[i] * points.data[i * size + d]
          result[from + d] = onMean * mean + onGap * (alpha * mean - data[from + d])
        }
      })
      return { data: result, shape }
    },
    tensor: (x, times) =>
      tidy(() => {
        const { rows, data, weights } = tensorParts(x, times)
        const mean = matMul(weights, data)
        const gap = sub(mul(mean, column(times, alphaAt)), rows)
        const [onMean, onGap] = ([0, 1] as const).map((which) => column(times, (t) => factors(predicts, t)[which]))
        return reshape(add(mul(mean, onMean), mul(gap, onGap)), x.shape)
      }),
  })

  /**
   * v with the Jacobian of the prediction: ∂ȳ/∂x = (α/σ²) Cov(y) over the weights, so that vᵀ ∂p/∂x =
   * (onMean + α onGap)(α/σ²) Cov(y) v − onGap v, where Cov(y) v = Σ_i w_i (y_i·v − Σ_j w_j y_j·v) y_i.
   */
  const jacobian = (predicts: Prediction): TwofoldBinaryOperation<[Times]> => {
    const onCovariance = (t: number): number => {
      const [onMean, onGap] = factors(predicts, t)
      return ((onMean + alphaAt(t) * onGap) * alphaAt(t)) / noiseLevel(t) ** 2
    }
    const onGap = (t: number) => factors(predicts, t)[1]
    return {
      host({ data, shape }, v, times) {
        const result = new Float64Array(data.length)
        times.forEach((t, sample) => {
          const from = sample * size
          const weights = responsibilities(logits(data, from, alphaAt(t), noiseLevel(t)))
          const along = Float64Array.from({ length: count }, (_, i) => {
            let product = 0
            for (let d = 0; d < size; d++) product += points.data[i * size + d] * v.data[from + d]
            return product
          })
          const mean = along.reduce((total, product, i) => total + weights[i] * product, 0)
          const [covariance, gap] = [onCovariance(t), onGap(t)]
          for (let d = 0; d < size; d++) {
            let onV = 0
            for (let i = 0; i < count; i++) onV += weights[i] * (along[i] - mean) * points.data[i * size + d]
            result[from + d] = covariance * onV - gap * v.data[from + d]
          }
        })
        return { data: result, shape }
      },
      tensor: (x, v, times) =>
        tidy(() => {
          const { data, weights } = tensorParts(x, times)
          const flat = reshape(v, [-1, size]) as Tensor2D
          const along = matMul(flat, data, false, true)
          const centred = sub(along, sum(mul(weights, along), 1, true))
          const onV = matMul(mul(weights, centred) as Tensor2D, data)
          return reshape(sub(mul(onV, column(times, onCovariance)), mul(flat, column(times, onGap))), x.shape)
        }),
    }
  }

  /** The rows of x (batch, size), the points (count, size) and their weights (batch, count); to be called in a `tidy`. */
  const tensorParts = (x: Tensor, times: Times): { rows: Tensor2D; data: Tensor2D; weights: Tensor2D } => {
    const [batch] = x.shape
    const rows = reshape(x, [batch, size]) as Tensor2D
    const data = tensor(Float32Array.from(points.data), [count, size]) as Tensor2D
    const alpha = column(times, alphaAt, 3)
    // −‖x − α y‖²/(2σ²) from the differences themselves, in tiles: ‖x‖² − 2α x·y + α²‖y‖² would cancel for small σ
    const tile = Math.max(1, Math.floor(tileElements / (batch * size)))
    const distances = Array.from({ length: Math.ceil(count / tile) }, (_, i) =>
      tidy(() => {
        const some = reshape(slice(data, [i * tile, 0], [Math.min(tile, count - i * tile), size]), [1, -1, size])
        return sum(square(sub(mul(some, alpha), reshape(rows, [batch, 1, size]))), 2)
      }),
    )
    const squared = distances.length === 1 ? distances[0] : concat(distances, 1)
    return { rows, data, weights: softmax(mul(squared, column(times, (t) => -0.5 / noiseLevel(t) ** 2))) as Tensor2D }
  }

  return Object.freeze<DrawableModel>({
    sde,
    sampleShape,
    predictor: (predicts, space) => exactPredictor(space, { predicts, sampleShape, prediction: prediction(predicts), product: jacobian(predicts) }),
    logDensity(x, t) {
      checkSampleShape(x.shape, sampleShape)
      checkTime(t)
      const [alpha, sigma] = [sde.schedule.alpha(t), noiseLevel(t)]
      return Float64Array.from({ length: x.shape[0] }, (_, sample) => {
        const terms = logits(x.data, sample * size, alpha, sigma)
        const top = terms.reduce((a, b) => Math.max(a, b), -Infinity)
        const total = terms.reduce((accumulated, logit) => accumulated + Math.exp(logit - top), 0)
        return top + Math.log(total / count) - 0.5 * size * Math.log(2 * Math.PI * sigma ** 2)
      })
    },
    draw(space, options) {
      const { data, choice } = drawParts(options, size)
      const [alpha, sigma] = [sde.schedule.alpha(options.t ?? 0), sde.schedule.sigma(options.t ?? 0)]
      choice.forEach((u, sample) => {
        const from = Math.floor(u * count) * size
        for (let d = 0; d < size; d++) {
          const i = sample * size + d
          data[i] = alpha * points.data[from + d] + sigma * data[i]
        }
      })
      return space.fromHost({ data, shape: [options.count, ...sampleShape] })
    },
  })
}

/** The softmax of the logits, in their place. */
function responsibilities(logits: Float64Array): Float64Array {
  const top = logits.reduce((a, b) => Math.max(a, b), -Infinity)
  let total = 0
  logits.forEach((logit, i) => (total += logits[i] = Math.exp(logit - top)))
  return logits.map((weight) => weight / total)
}

/** A function of time as a coefficient that broadcasts over (batch, 1 …) of the given rank. */
function column(times: Times, f: (t: number) => number, rank = 2): number | Tensor {
  const coefficient = coefficientAt(times, f)
  return typeof coefficient === 'number' ? coefficient : tensor(Float32Array.from(coefficient), [times.length, ...Array<number>(rank - 1).fill(1)])
}

/** Largest number of differences held at once, 16 MiB of float32. */
const tileElements = 2 ** 22

/**
 * The law of finitely many numbers under an SDE: {@link empiricalTarget} on the line, with the density, distribution
 * function, quantiles and probability flow that one dimension allows. States have shape (batch, 1).
 *
 * @param options - the SDE, and the numbers: borrowed, not to be changed afterwards
 * @returns an exact model; it needs σ(t) \> 0 for all but its draws
 * @throws {@link InvalidArgumentError} without points.
 */
export function scalarEmpiricalTarget({ sde, points }: ScalarEmpiricalTargetOptions): ScalarModel {
  const [weights, stds] = [new Float64Array(points.length).fill(1 / points.length), new Float64Array(points.length)]
  return Object.freeze<ScalarModel>({
    ...empiricalTarget({ sde, points: hostState(points) }),
    ...scalarLaw({ weights, means: points, stds }, sde),
  })
}
