import type { Params } from '@sbgm/sde-core'
import type { Tensor4D } from '@tensorflow/tfjs-core'
import type { BodySettings } from './body-options'
import { convolution } from './convolution'
import { levelBlock } from './encoder'
import { groupNorm } from './group-norm'
import type { Block, BlockContext, ImageShape } from './layer'
import { upsampleNearest } from './upsample'

/**
 * The way up: on each level from the lowest its blocks, each of which sees what its mirror image on the way down made, and,
 * except on the highest, nearest upsampling and a convolution to the next level's width; then group norm → SiLU → a
 * convolution that starts at zero. To be called inside a tidy.
 */
export function decoder(input: ImageShape, settings: BodySettings) {
  const { channels, multipliers, blocksPerLevel, groups, widths } = settings
  let shape = input
  const levels = multipliers.map((_, fromBelow) => multipliers.length - 1 - fromBelow).map((level) => {
    const blocks = Array.from({ length: blocksPerLevel }, (_, index) => {
      const block = levelBlock(`up.${level}`, index, { level, input: shape, joined: widths[level] }, settings)
      shape = block.output
      return block
    })
    if (level === 0) return { blocks, upsample: undefined }
    const upsample = convolution(`up.${level}.upsample`, { input: [2 * shape[0], 2 * shape[1], shape[2]], channels: widths[level - 1] })
    shape = upsample.output
    return { blocks, upsample }
  })
  const norm = groupNorm('output.norm', { shape, groups, activation: 'silu' })
  const last = convolution('output.conv', { input: shape, channels, start: 'zeros' })
  return {
    layers: [
      ...levels.flatMap(({ blocks, upsample }) => [...blocks.flatMap(({ layers }) => layers), ...(upsample ? [upsample.layer] : [])]),
      norm.layer,
      last.layer,
    ],
    dropout: Object.assign({}, ...levels.flatMap(({ blocks }) => blocks.map(({ dropout }) => dropout))) as Block['dropout'],
    apply(params: Params, features: Tensor4D, seen: readonly Tensor4D[], context: BlockContext): Tensor4D {
      const left = [...seen]
      let h = features
      for (const { blocks, upsample } of levels) {
        for (const block of blocks) h = block.apply(params, h, context, left.pop())
        if (upsample) h = upsample.apply(params, upsampleNearest(h))
      }
      return last.apply(params, norm.apply(params, h))
    },
  }
}
