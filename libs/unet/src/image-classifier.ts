import { InvalidArgumentError, ShapeError, type Params } from '@sbgm/sde-core'
import { reshape, tidy, type Tensor, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core'
import { convolution } from './convolution'
import { checkParams, initialParams, type ImageShape } from './layer'
import { linearLayer } from './linear'
import { silu } from './silu'
import { summaryOf } from './summary'

/** Settings of {@link imageClassifier}. */
export interface ImageClassifierOptions {
  /** Rows of an image. */
  readonly height: number
  /** Columns of an image. */
  readonly width: number
  /** Numbers per pixel. */
  readonly channels: number
  /** Number of classes; at least 2. */
  readonly classes: number
  /** Channels after each convolution; each halves height and width, rounded up. @defaultValue [16, 32, 64] */
  readonly widths?: readonly number[]
  /** Number of features, the units of the layer before the classes. @defaultValue 64 */
  readonly features?: number
}

/** What {@link ImageClassifier.apply} returns; owned by the caller. */
export interface ImageClassification {
  /** Unnormalised log-probabilities, shape (batch, classes): their softmax is p(class | x). */
  readonly logits: Tensor2D
  /** What the last layer decides by, shape (batch, features): for distances between sets of images, such as Fréchet's. */
  readonly features: Tensor2D
}

/** A classifier of clean images as a pure function of parameters and inputs; holds no state and knows no time. */
export interface ImageClassifier {
  /** Number of classes. */
  readonly classes: number
  /** Number of features. */
  readonly features: number
  /** Fresh parameters, the same for the same seed; owned by the caller. Their logits are 0: no class is preferred. */
  init(seed: number): Params
  /**
   * Logits and features of images; differentiable in x and in every parameter.
   *
   * @param params - borrowed, as x is
   * @param x - shape (batch, height, width, channels)
   * @returns owned by the caller
   * @throws ShapeError where x or a parameter has another shape; InvalidArgumentError for a parameter that is missing or foreign.
   */
  apply(params: Params, x: Tensor): ImageClassification
  /** A text table of layers, shapes, parameters and multiply-adds. */
  summary(): string
}

/** The standard deviation of a kernel before SiLU, which keeps about half of a signal's power as ReLU does. */
const kernelStd = (inputs: number): number => Math.sqrt(2 / inputs)

/**
 * A plain convolutional classifier, h ← SiLU(conv(h) + b) with stride 2 for each of the widths (5×5 first, then 3×3; padded by
 * half the kernel on every side), features = SiLU(flatten(h) W + b), logits = features W + b. No normalisation, no dropout, no state: images of any
 * height and width. For measuring what a generative model makes; to guide one over noise, use a network that is told the time.
 *
 * Parameters: `conv.<i>.kernel` (rows, columns, in, out), `conv.<i>.bias`, `features.kernel` (in, out), `features.bias`,
 * `logits.kernel`, `logits.bias`. Kernels start as N(0, 2/inputs); biases and the logits' kernel start at zero.
 *
 * @throws InvalidArgumentError unless height, width, channels, features and all widths are positive integers, there is at
 * least one width, and classes is an integer of at least 2.
 * @see He et al. 2015, arXiv:1502.01852, eq. 10 (the kernels' variance).
 * @example
 * ```ts
 * import { imageClassifier } from '@sbgm/unet'
 *
 * const network = imageClassifier({ height: 28, width: 28, channels: 1, classes: 10 })
 * const params = network.init(0)
 * console.log(params['features.kernel'].shape) // [ 1024, 64 ]
 * ```
 */
export function imageClassifier(options: ImageClassifierOptions): ImageClassifier {
  const { height, width, channels, classes, widths = [16, 32, 64], features = 64 } = options
  const counts = { height, width, channels, features, ...Object.fromEntries(widths.map((value, i) => [`widths[${i}]`, value])) }
  for (const [name, value] of Object.entries(counts)) {
    if (!(Number.isInteger(value) && value >= 1)) throw new InvalidArgumentError(name, value, 'a positive integer')
  }
  if (widths.length === 0) throw new InvalidArgumentError('widths', widths, 'a list of at least one number of channels')
  if (!(Number.isInteger(classes) && classes >= 2)) throw new InvalidArgumentError('classes', classes, 'an integer of at least 2')

  const layers = classifierLayers({ height, width, channels, classes, widths, features })
  return Object.freeze<ImageClassifier>({
    classes,
    features,
    init: (seed) => initialParams(layers.all, seed),
    apply(params, x) {
      const expected = [x.shape[0], height, width, channels]
      if (x.shape.join() !== expected.join()) throw new ShapeError('x', `(batch, ${height}, ${width}, ${channels})`, x.shape)
      checkParams(params, layers.all)
      return tidy((): Pick<ImageClassification, 'logits' | 'features'> => {
        const flat = reshape(layers.convolutions.reduce((h, { apply }) => silu(apply(params, h)), x as Tensor4D), [x.shape[0], -1])
        const seen = silu(layers.features.apply(params, flat as Tensor2D))
        return { logits: layers.logits.apply(params, seen), features: seen }
      })
    },
    summary: () => summaryOf(layers.all),
  })
}

function classifierLayers({ height, width, channels, classes, widths, features }: Required<ImageClassifierOptions>) {
  let shape: ImageShape = [height, width, channels]
  const convolutions = widths.map((out, i) => {
    const size = i === 0 ? 5 : 3
    const made = convolution(`conv.${i}`, { input: shape, channels: out, size, stride: 2, start: kernelStd(size * size * shape[2]) })
    shape = made.output
    return made
  })
  const inputs = shape[0] * shape[1] * shape[2]
  const toFeatures = linearLayer('features', { inputs, outputs: features, start: kernelStd(inputs) })
  const toLogits = linearLayer('logits', { inputs: features, outputs: classes, start: 'zeros' })
  const all = [...convolutions, toFeatures, toLogits].map(({ layer }) => layer)
  return { convolutions, features: toFeatures, logits: toLogits, all }
}
