import type { Sde } from '../sde'
import { checkTime } from '../times'
import type { VectorSpace } from '../vector-space'
import { drawParts } from './draw-parts'
import type { DrawableModel, DrawOptions } from './exact-model'
import { exactPredictor } from './exact-predictor'
import { mixtureLaw, type MixtureLaw } from './mixture-law'
import { checkSampleShape, mixtureLogDensity, mixturePrediction, mixtureVectorJacobian } from './mixture-prediction'

/** A mixture of Gaussians with diagonal covariances, p_0 = Σ_k w_k N(m_k, diag s_k²). */
export interface MixtureTargetOptions {
  /** The SDE that perturbs it. */
  readonly sde: Sde
  /** w_k, positive, of sum 1 (±1e-9), shape (K,). */
  readonly weights: readonly number[]
  /** m_k, one row per component, shape (K, D). */
  readonly means: readonly (readonly number[])[]
  /** s_k, one row per component, positive, shape (K, D). */
  readonly stds: readonly (readonly number[])[]
}

/**
 * A mixture of Gaussians in D dimensions under an SDE: p_t = Σ_k w_k N(α m_k, α² s_k² + σ²), with the exact score
 * Σ_k r_k(x) (α m_k − x)/v_k. States have shape (batch, D).
 *
 * @returns an exact model that holds no tensors
 * @throws {@link InvalidArgumentError} naming the parameter that does not fit.
 * @see Song et al. 2021, arXiv:2011.13456, eq. 29 (the kernel that each component is folded with).
 */
export function mixtureTarget({ sde, weights, means, stds }: MixtureTargetOptions): DrawableModel {
  const law = mixtureLaw(weights, means, stds)
  return Object.freeze(mixtureModel(sde, law, [law.size]))
}

/** The exact model of a law whose samples have `sampleShape`. */
export function mixtureModel(sde: Sde, law: MixtureLaw, sampleShape: readonly number[]): DrawableModel {
  return {
    sde,
    sampleShape,
    predictor: (predicts, space) => exactPredictor(space, { predicts, sampleShape, prediction: mixturePrediction(law, sde, predicts), product: mixtureVectorJacobian(law, sde, predicts) }),
    logDensity(x, t) {
      checkSampleShape(x.shape, sampleShape)
      checkTime(t)
      return mixtureLogDensity(law, sde, x, t)
    },
    draw: (space, options) => drawMixture(space, sde, law, sampleShape, options),
  }
}

function drawMixture<X>(
  space: VectorSpace<X>,
  sde: Sde,
  { weights, means, stds, size }: MixtureLaw,
  sampleShape: readonly number[],
  options: DrawOptions,
): X {
  const { count, t = 0 } = options
  const { choice, data } = drawParts(options, size)
  const [alpha, sigma] = [sde.schedule.alpha(t), sde.schedule.sigma(t)]
  choice.forEach((u, sample) => {
    let k = 0
    for (let below = weights[0]; k < weights.length - 1 && u >= below; below += weights[k]) k++
    for (let d = 0; d < size; d++) {
      const std = Math.hypot(alpha * stds[k * size + d], sigma)
      data[sample * size + d] = alpha * means[k * size + d] + std * data[sample * size + d]
    }
  })
  return space.fromHost({ data, shape: [count, ...sampleShape] })
}
