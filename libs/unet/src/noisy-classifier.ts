import { InvalidArgumentError, type Params } from '@sbgm/sde-core'
import { mean, tidy, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core'
import { bodySettings, checkImages, type BodyOptions } from './body-options'
import { encoder } from './encoder'
import { groupNorm } from './group-norm'
import { checkParams, initialParams, type Layer } from './layer'
import { linearLayer } from './linear'
import { summaryOf } from './summary'
import { timeConditioning } from './time-conditioning'

/** Settings of {@link noisyClassifier}. */
export interface NoisyClassifierOptions extends BodyOptions {
  /** Number of classes; at least 2. */
  readonly classes: number
}

/** A classifier of noisy images as a pure function of parameters and inputs; holds no state. */
export interface NoisyClassifier {
  /** Number of classes. */
  readonly classes: number
  /** Its layers in the order of their work. */
  readonly layers: readonly Layer[]
  /** A table of the layers: output shapes, parameters, multiply-adds per image, and their totals. */
  summary(): string
  /** Fresh parameters, the same for the same seed; owned by the caller. */
  init(seed: number): Params
  /**
   * The logits of p_t(y | x): their softmax over the classes is the probability of each.
   *
   * @param params - borrowed, as the others are
   * @param x - images (batch, height, width, channels) with the noise of their times
   * @param t - those times, shape (batch,)
   * @returns shape (batch, classes); owned by the caller
   * @throws ShapeError where x, t or a parameter has another shape; InvalidArgumentError for a missing or foreign parameter.
   */
  apply(params: Params, x: Tensor, t: Tensor1D): Tensor2D
}

/**
 * The way down of a `unet` as a classifier of noisy images, for guidance: the same blocks, told the same time, then
 * group norm → SiLU → mean over the pixels → a linear layer that starts at zero, so that a fresh one calls all classes equal.
 *
 * Its parameters are named as the UNet's, with `output.norm` and `output.logits` at the end.
 *
 * @param options - the images' shape, the number of classes, and how large the network is
 * @returns the classifier
 * @throws InvalidArgumentError for a setting that breaks its rule, such as a height that 2^(levels − 1) does not divide.
 * @see Dhariwal and Nichol 2021, arXiv:2105.05233, section 4.
 * @example
 * ```ts
 * import { noisyClassifier } from '@sbgm/unet'
 *
 * const classifier = noisyClassifier({ height: 28, width: 28, classes: 10, baseWidth: 16 })
 * const params = classifier.init(0)
 * console.log(params['output.logits.kernel'].shape) // [ 32, 10 ]
 * ```
 */
export function noisyClassifier(options: NoisyClassifierOptions): NoisyClassifier {
  const { classes } = options
  const settings = bodySettings(options)
  if (!(Number.isInteger(classes) && classes >= 2)) throw new InvalidArgumentError('classes', classes, 'an integer of at least 2')
  const conditioning = timeConditioning(settings, 0)
  const body = encoder(settings)
  const norm = groupNorm('output.norm', { shape: body.output, groups: settings.groups, activation: 'silu' })
  const last = linearLayer('output.logits', { inputs: body.output[2], outputs: classes, start: 'zeros' })
  const layers = Object.freeze([...conditioning.layers, ...body.layers, norm.layer, last.layer])
  return Object.freeze<NoisyClassifier>({
    classes,
    layers,
    summary: () => summaryOf(layers),
    init: (seed) => initialParams(layers, seed),
    apply(params, x, t) {
      checkImages(x, t, settings)
      checkParams(params, layers)
      return tidy(() => {
        const { features } = body.apply(params, x as Tensor4D, { time: conditioning.apply(params, t), dropout: undefined })
        return last.apply(params, mean(norm.apply(params, features), [1, 2]) as Tensor2D)
      })
    },
  })
}
