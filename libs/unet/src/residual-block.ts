import { add, reshape, tidy, type Tensor4D } from '@tensorflow/tfjs-core'
import { convolution } from './convolution'
import { dropFeatures, dropoutName } from './dropout'
import { groupNorm } from './group-norm'
import type { Block, ImageShape } from './layer'
import { linearLayer } from './linear'
import { silu } from './silu'

/** What {@link residualBlock} is made of. */
export interface ResidualBlockOptions {
  /** Shape of its input. */
  readonly input: ImageShape
  /** Channels of its output. */
  readonly channels: number
  /** Groups of its normalisations. */
  readonly groups: number
  /** Features of the embedded time. */
  readonly timeWidth: number
}

/**
 * x + F(x, t), with F: group norm → SiLU → conv 3×3 → + projection of the time → group norm → SiLU → dropout → conv 3×3. The
 * last convolution starts at zero. Where the channels change, x goes through a 1×1 convolution.
 *
 * The first convolution has no bias: the projection's is added at the same place.
 *
 * @see Ho et al. 2020, arXiv:2006.11239, appendix B.
 */
export function residualBlock(name: string, { input, channels, groups, timeWidth }: ResidualBlockOptions): Block {
  const output: ImageShape = [input[0], input[1], channels]
  const norm1 = groupNorm(`${name}.norm1`, { shape: input, groups })
  const conv1 = convolution(`${name}.conv1`, { input, channels, bias: 'no bias' })
  const time = linearLayer(`${name}.time`, { inputs: timeWidth, outputs: channels })
  const norm2 = groupNorm(`${name}.norm2`, { shape: output, groups })
  const conv2 = convolution(`${name}.conv2`, { input: output, channels, start: 'zeros' })
  const skip = input[2] === channels ? undefined : convolution(`${name}.skip`, { input, channels, size: 1 })
  return {
    layers: [norm1.layer, conv1.layer, time.layer, norm2.layer, conv2.layer, ...(skip ? [skip.layer] : [])],
    output,
    dropout: { [dropoutName(name)]: output },
    apply: (params, x, context) =>
      tidy(() => {
        const first = conv1.apply(params, silu(norm1.apply(params, x)))
        const offset = reshape(time.apply(params, context.time), [-1, 1, 1, channels]) as Tensor4D
        const second = silu(norm2.apply(params, first, offset))
        const change = conv2.apply(params, dropFeatures(second, context.dropout, dropoutName(name)))
        return add(change, skip ? skip.apply(params, x) : x)
      }),
  }
}
