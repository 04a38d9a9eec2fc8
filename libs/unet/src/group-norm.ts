import type { Params } from '@sbgm/sde-core'
import { add, mean, mul, reshape, rsqrt, square, sub, tidy, tile, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import type { ImageShape, Layer } from './layer'

/** What {@link groupNorm} is made of. */
export interface GroupNormOptions {
  /** Shape of its input and output. */
  readonly shape: ImageShape
  /** Number of groups; divides the channels. */
  readonly groups: number
}

/** Added to the variance, as PyTorch does. */
const epsilon = 1e-5

/**
 * Group normalisation, y = scale · (x − μ)/√(σ² + 1e-5) + shift, μ and σ² over the pixels and channels of a group, with
 * `<name>.scale` and `<name>.shift`, both (channels,).
 *
 * The variance is the mean of squared distances from μ, so that images far from zero keep their digits.
 *
 * @see Wu and He 2018, arXiv:1803.08494.
 */
export function groupNorm(name: string, { shape, groups }: GroupNormOptions) {
  const channels = shape[2]
  const layer: Layer = {
    name,
    operation: `group norm ${groups}`,
    output: shape,
    parameters: [
      { name: `${name}.scale`, shape: [channels], start: 'ones' },
      { name: `${name}.shift`, shape: [channels], start: 'zeros' },
    ],
    multiplyAdds: 0,
  }
  /** Normalises x + offset, where offset has shape (batch, 1, 1, channels): adding it costs no pass over the pixels. */
  const apply = (params: Params, x: Tensor4D, offset?: Tensor4D): Tensor4D =>
    tidy(() => {
      const pixelMean = mean(x, [1, 2], true)
      const channelMean = offset === undefined ? pixelMean : add(pixelMean, offset)
      const groupMean = overGroups(channelMean, groups)
      const centred = sub(x, offset === undefined ? groupMean : sub(groupMean, offset))
      const variance = overGroups(mean(square(centred), [1, 2], true), groups)
      const factor = mul(rsqrt(add(variance, epsilon)), params[`${name}.scale`])
      return add(mul(centred, factor), params[`${name}.shift`])
    })
  return { layer, apply }
}

/** The mean over each group's channels, laid under every channel of the group again; (batch, 1, 1, channels) both. */
function overGroups(perChannel: Tensor, groups: number): Tensor {
  const [batch, , , channels] = perChannel.shape
  const size = channels / groups
  const means = mean(reshape(perChannel, [batch * groups, size]), 1, true)
  return reshape(tile(means, [1, size]), [batch, 1, 1, channels])
}
