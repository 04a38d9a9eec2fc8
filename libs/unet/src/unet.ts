import { InvalidArgumentError, ShapeError, type Network, type Prediction } from '@sbgm/sde-core'
import { tidy, type Tensor4D } from '@tensorflow/tfjs-core'
import { bodySettings, checkImages, type BodyOptions } from './body-options'
import { decoder } from './decoder'
import { checkDropout, dropoutMasks, type DropoutMask, type DropoutMaskOptions } from './dropout'
import { encoder } from './encoder'
import { checkParams, initialParams, type Layer } from './layer'
import { summaryOf } from './summary'
import { timeConditioning } from './time-conditioning'

/** Settings of {@link unet}. */
export interface UNetOptions<P extends Prediction> extends BodyOptions {
  /** What it predicts. */
  readonly predicts: P
  /** Number of classes that a label may name; 0: it takes no labels. @defaultValue 0 */
  readonly classes?: number
  /** Probability with which a feature is dropped in training, where masks are handed in. @defaultValue 0 */
  readonly dropout?: number
}

/** A network for images, and what can be said of it without running it. */
export interface UNet<P extends Prediction> extends Network<P> {
  /** Number of classes that a label may name; the label of that number means "no label". */
  readonly classes: number
  /** Its layers in the order of their work. */
  readonly layers: readonly Layer[]
  /** A table of the layers: output shapes, parameters, multiply-adds per image, and their totals. */
  summary(): string
  /**
   * Dropout masks for one batch, to be handed to `apply` as tensors: 0 with probability `dropout`, else 1/(1 − dropout).
   * The same for the same seed, step and sample, whatever the batch; none where `dropout` is 0.
   *
   * @throws InvalidArgumentError for a batch that is no positive integer, or a seed or step that no noise can be keyed by.
   */
  dropoutMasks(options: DropoutMaskOptions): Readonly<Record<string, DropoutMask>>
}

/**
 * A UNet for images (batch, height, width, channels): a convolution; on each level residual blocks, then a convolution of
 * stride 2; two blocks at the bottom; on the way up on each level as many blocks, each of which also sees what its mirror
 * image made, then nearest upsampling and a convolution; group norm → SiLU → a convolution that starts at zero. Every block
 * is told the time, and the label where the network has classes.
 *
 * Parameters are named by their place, such as `down.0.block.0.conv1.kernel`, `middle.attention.query.bias` or
 * `up.1.upsample.kernel`; `summary()` lists the layers. Convolutions' kernels have shape (size, size, in, out), linear ones'
 * (in, out). They start as N(0, 1/fan-in), but the last convolution of the network and of every block, and attention's last
 * product, start at zero: a fresh network predicts 0.
 *
 * @param options - the images' shape, what is predicted, and how large the network is
 * @returns a network whose `apply` throws ShapeError where x, t, a label, a mask or a parameter has another shape, and
 * InvalidArgumentError for a missing or foreign parameter, a missing mask, or a label where there are no classes
 * @throws InvalidArgumentError for a setting that breaks its rule, such as a height that 2^(levels − 1) does not divide.
 * @see Ho et al. 2020, arXiv:2006.11239, appendix B; Song et al. 2021, arXiv:2011.13456, appendix C.
 * @example
 * ```ts
 * import { unet } from '@sbgm/unet'
 *
 * const network = unet({ height: 28, width: 28, predicts: 'noise', baseWidth: 16 })
 * const params = network.init(0)
 * console.log(params['down.0.block.0.conv1.kernel'].shape) // [ 3, 3, 16, 16 ]
 * ```
 */
export function unet<P extends Prediction>(options: UNetOptions<P>): UNet<P> {
  const { predicts, classes = 0, dropout: rate = 0 } = options
  const settings = bodySettings(options)
  if (!['score', 'noise', 'data', 'v'].includes(predicts)) throw new InvalidArgumentError('predicts', predicts, "'score', 'noise', 'data' or 'v'")
  if (!(Number.isInteger(classes) && classes >= 0)) throw new InvalidArgumentError('classes', classes, 'a non-negative integer')
  if (!(rate >= 0 && rate < 1)) throw new InvalidArgumentError('dropout', rate, 'at least 0 and below 1')
  const conditioning = timeConditioning(settings, classes)
  const down = encoder(settings)
  const up = decoder(down.output, settings)
  const layers = Object.freeze([...conditioning.layers, ...down.layers, ...up.layers])
  const maskShapes = rate > 0 ? { ...down.dropout, ...up.dropout } : {}
  return Object.freeze<UNet<P>>({
    predicts,
    classes,
    layers,
    summary: () => summaryOf(layers),
    dropoutMasks: (wanted) => dropoutMasks(maskShapes, rate, wanted),
    init: (seed) => initialParams(layers, seed),
    apply(params, x, t, { label, dropout } = {}) {
      const batch = x.shape[0]
      checkImages(x, t, settings)
      if (label !== undefined) {
        if (classes === 0) throw new InvalidArgumentError('conditions.label', label.shape, 'left out, since this network has no classes')
        if (label.shape.length !== 1 || label.shape[0] !== batch) throw new ShapeError('conditions.label', [batch], label.shape)
      }
      if (dropout !== undefined) checkDropout(dropout, maskShapes, batch)
      checkParams(params, layers)
      return tidy(() => {
        const context = { time: conditioning.apply(params, t, label), dropout: rate > 0 ? dropout : undefined }
        const { features, seen } = down.apply(params, x as Tensor4D, context)
        return up.apply(params, features, seen, context)
      })
    },
  })
}
