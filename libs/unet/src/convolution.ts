import type { Params } from '@sbgm/sde-core'
import { conv2d, tidy, type Tensor4D } from '@tensorflow/tfjs-core'
import type { ImageShape, Layer } from './layer'
import { addBias } from './per-channel'

/** What {@link convolution} is made of. */
export interface ConvolutionOptions {
  /** Shape of its input. */
  readonly input: ImageShape
  /** Channels of its output. */
  readonly channels: number
  /** Edge of its kernel; odd. @defaultValue 3 */
  readonly size?: number
  /** Pixels from one output to the next; 2 halves an even edge. @defaultValue 1 */
  readonly stride?: 1 | 2
  /** Whether it adds a bias. @defaultValue 'bias' */
  readonly bias?: 'bias' | 'no bias'
  /** What the kernel starts as. @defaultValue N(0, 1/fan-in) */
  readonly start?: 'zeros' | number
}

/**
 * A convolution padded by (size − 1)/2 zeros on every side, with `<name>.kernel` (size, size, in, out) and `<name>.bias`.
 *
 * The padding is PyTorch's `padding=(size - 1) // 2`. The word `same` would be another one at stride 2: TensorFlow then pads
 * an even edge at its far end only.
 */
export function convolution(name: string, options: ConvolutionOptions) {
  const { input: [height, width, inputs], channels, size = 3, stride = 1, bias = 'bias' } = options
  const fanIn = size * size * inputs
  const output: ImageShape = [Math.ceil(height / stride), Math.ceil(width / stride), channels]
  const layer: Layer = {
    name,
    operation: `conv ${size}×${size}${stride === 1 ? '' : ` / ${stride}`}`,
    output,
    parameters: [
      { name: `${name}.kernel`, shape: [size, size, inputs, channels], start: options.start ?? 1 / Math.sqrt(fanIn) },
      ...(bias === 'bias' ? [{ name: `${name}.bias`, shape: [channels], start: 'zeros' as const }] : []),
    ],
    multiplyAdds: output[0] * output[1] * fanIn * channels,
  }
  /** The convolution without its bias, for those who add that themselves. */
  const product = (params: Params, x: Tensor4D): Tensor4D => conv2d(x, params[`${name}.kernel`] as Tensor4D, stride, (size - 1) / 2)
  const apply = (params: Params, x: Tensor4D): Tensor4D =>
    bias === 'bias' ? tidy(() => addBias(product(params, x), params[`${name}.bias`])) : product(params, x)
  return { layer, output, product, apply }
}
