import { mean, mul, reshape, square, sub, sum, tidy, type Scalar, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core'
import { ShapeError } from './errors'
import { noiseWeighting, type LossWeighting } from './loss-weighting'
import { perturb, type PerturbOptions } from './perturb'
import { composition, type Prediction } from './prediction'
import { coefficientAt } from './vector-space'

/** Arguments of {@link denoisingExample}. */
export interface DenoisingExampleOptions<X> extends PerturbOptions<X> {
  /** What the network predicts. */
  readonly predicts: Prediction
  /** The weight of the squared noise error. @defaultValue noiseWeighting */
  readonly weighting?: LossWeighting
  /** Importance weights of the times, shape (batch,). @defaultValue 1 */
  readonly importance?: Float64Array
}

/** One batch for the network: what goes in, what should come out, what each sample's squared error counts. */
export interface DenoisingExample<X> {
  /** x_t, owned by the caller. */
  readonly x: X
  /** What the network should predict, owned by the caller. */
  readonly target: X
  /** Weight of the squared error of the network's own prediction, shape (batch,). */
  readonly weight: Float64Array
}

/**
 * The unified loss, first half: from data and noise to the network's input, its target and its weight.
 *
 * The target of a network that predicts q = a x_0 + b ε is that combination; of a score network, −ε/σ =
 * ∇ log p(x_t | x_0). The weighting is stated for the noise error whatever the network predicts: at fixed x_t an error e
 * of the prediction is a noise error of size e · (σ, 1, α/σ, α/(α² + σ²)) for score, noise, data, v.
 *
 * @returns states of the shape of x0, owned by the caller; score targets are infinite where σ(t) = 0
 * @throws {@link ShapeError} if x0 and noise differ in shape, importance is not as long as t, or there is not one time per
 * sample; {@link InvalidArgumentError} for a time that is no finite number of at least 0.
 * @see Song et al. 2021, arXiv:2011.13456, eq. 7; Vincent 2011, doi:10.1162/NECO_a_00142.
 */
export function denoisingExample<X = Tensor>(options: DenoisingExampleOptions<X>): DenoisingExample<X> {
  const { sde, space, x0, noise, t, predicts, weighting = noiseWeighting, importance } = options
  if (importance && importance.length !== t.length) throw new ShapeError('importance', [t.length], [importance.length])
  const alpha = (time: number) => sde.schedule.alpha(time)
  const sigma = (time: number) => sde.schedule.sigma(time)
  const target = (time: number) =>
    predicts === 'score' ? { onData: 0, onNoise: -1 / sigma(time) } : composition(predicts, alpha(time), sigma(time))
  const onData = coefficientAt(t, (time) => target(time).onData)
  const onNoise = coefficientAt(t, (time) => target(time).onNoise)
  return {
    x: perturb({ sde, space, x0, noise, t }),
    target: space.combine([onData, onNoise], [x0, noise]),
    weight: t.map((time, i) => weighting(sde, time) * noiseErrorPerError(predicts, alpha(time), sigma(time)) ** 2 * (importance?.[i] ?? 1)),
  }
}

/** How large a noise error an error of 1 in a prediction is, at fixed x_t. */
const noiseErrorPerError = (predicts: Prediction, alpha: number, sigma: number): number =>
  ({ score: sigma, noise: 1, data: alpha / sigma, v: alpha / (alpha ** 2 + sigma ** 2) })[predicts]

/** What {@link denoisingLoss} does over the elements of one sample. */
export interface DenoisingLossOptions {
  /** `mean` for a loss that does not grow with the resolution, `sum` for likelihoods. @defaultValue 'mean' */
  readonly reduction?: 'mean' | 'sum'
}

/**
 * The unified loss, second half: mean over the batch of weight_i · ‖prediction_i − target_i‖², differentiable.
 *
 * With noise weighting this is the noise-matching loss of DDPM, for any parametrisation.
 *
 * @param prediction - what the network said, shape (batch, …)
 * @param target - of the same shape
 * @param weight - what each sample's squared error counts, shape (batch,)
 * @returns a scalar, owned by the caller
 * @throws {@link ShapeError} if the shapes differ.
 * @see Ho et al. 2020, arXiv:2006.11239, eq. 14 (noise weighting).
 */
export function denoisingLoss(prediction: Tensor, target: Tensor, weight: Tensor1D, { reduction = 'mean' }: DenoisingLossOptions = {}): Scalar {
  if (prediction.shape.join() !== target.shape.join()) throw new ShapeError('prediction', target.shape, prediction.shape)
  const [batch] = target.shape
  if (weight.shape.length !== 1 || weight.shape[0] !== batch) throw new ShapeError('weight', [batch], weight.shape)
  return tidy(() => {
    const errors = reshape(square(sub(prediction, target)), [batch, -1])
    const perSample = reduction === 'mean' ? mean(errors, 1) : sum(errors, 1)
    return mean(mul(perSample, weight)) as Scalar
  })
}
