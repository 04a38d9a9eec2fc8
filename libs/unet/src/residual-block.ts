import type { Params } from '@sbgm/sde-core'
import { add, tidy, type Tensor4D } from '@tensorflow/tfjs-core'
import { convolution } from './convolution'
import { dropFeatures, dropoutName } from './dropout'
import { groupNorm } from './group-norm'
import type { Block, ImageShape } from './layer'
import { linearLayer } from './linear'
import { addBias } from './per-channel'

/** What {@link residualBlock} is made of. */
export interface ResidualBlockOptions {
  /** Shape of its input. */
  readonly input: ImageShape
  /** Channels of further features of the same height and width that it looks at. @defaultValue none */
  readonly joined?: number
  /** Channels of its output. */
  readonly channels: number
  /** Groups of each of its normalisations. */
  readonly groups: number
  /** Features of the embedded time. */
  readonly timeWidth: number
}

/**
 * x + F(x, t), with F: group norm → SiLU → conv 3×3 → + projection of the time → group norm → SiLU → dropout → conv 3×3. The
 * last convolution starts at zero. Where the channels change, x goes through a 1×1 convolution without bias.
 *
 * Joined features are as if laid behind the channels of x, with groups of their own. Their convolutions are written as two
 * that are added, because laying channels beside each other costs as much as convolving them with tfjs's own wasm kernels. The first
 * convolution has no bias: the projection's is added at the same place.
 *
 * @see Ho et al. 2020, arXiv:2006.11239, appendix B.
 */
export function residualBlock(name: string, { input, joined = 0, channels, groups, timeWidth }: ResidualBlockOptions): Block {
  const [height, width] = input
  const output: ImageShape = [height, width, channels]
  const entry = entrance(name, { input, channels, groups, inputs: input[2] + joined })
  const joinedEntry = joined > 0
    ? entrance(`${name}.joined`, { input: [height, width, joined], channels, groups, inputs: input[2] + joined })
    : undefined
  const time = linearLayer(`${name}.time`, { inputs: timeWidth, outputs: channels })
  const norm2 = groupNorm(`${name}.norm2`, { shape: output, groups, activation: 'silu' })
  const conv2 = convolution(`${name}.conv2`, { input: output, channels, start: 'zeros' })
  return {
    layers: [...entry.layers, ...(joinedEntry?.layers ?? []), time.layer, norm2.layer, conv2.layer],
    output,
    dropout: { [dropoutName(name)]: output },
    apply: (params, x, context, other) =>
      tidy(() => {
        const both = (a: Tensor4D, b: Tensor4D | undefined): Tensor4D => (b === undefined ? a : add(a, b))
        const first = both(entry.changed(params, x), other && joinedEntry?.changed(params, other))
        const second = norm2.apply(params, first, time.apply(params, context.time))
        const change = conv2.product(params, dropFeatures(second, context.dropout, dropoutName(name)))
        const kept = both(entry.kept(params, x), other && joinedEntry?.kept(params, other))
        return addBias(both(change, kept), params[`${name}.conv2.bias`])
      }),
  }
}

/** What happens to one input of a block before it meets the time, and how it gets around the block; `inputs` are all channels that are summed over. */
function entrance(name: string, { input, channels, groups, inputs }: { input: ImageShape, channels: number, groups: number, inputs: number }) {
  const norm = groupNorm(`${name}.norm1`, { shape: input, groups, activation: 'silu' })
  const conv = convolution(`${name}.conv1`, { input, channels, bias: 'no bias', start: 1 / Math.sqrt(9 * inputs) })
  const skip = input[2] === inputs && inputs === channels
    ? undefined
    : convolution(`${name}.skip`, { input, channels, size: 1, bias: 'no bias', start: 1 / Math.sqrt(inputs) })
  return {
    layers: [norm.layer, conv.layer, ...(skip ? [skip.layer] : [])],
    changed: (params: Params, x: Tensor4D) => conv.apply(params, norm.apply(params, x)),
    kept: (params: Params, x: Tensor4D) => (skip ? skip.apply(params, x) : x),
  }
}
