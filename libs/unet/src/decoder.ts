import type { Params } from '@sbgm/sde-core'
import { concat, type Tensor4D } from '@tensorflow/tfjs-core'
import type { BodySettings } from './body-options'
import { convolution } from './convolution'
import { applyBlocks, levelBlock } from './encoder'
import { groupNorm } from './group-norm'
import type { Block, BlockContext, ImageShape } from './layer'
import { silu } from './silu'
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
    const steps = Array.from({ length: blocksPerLevel }, (_, index) => {
      const joined: ImageShape = [shape[0], shape[1], shape[2] + widths[level]]
      const blocks = levelBlock(`up.${level}`, index, level, joined, settings)
      shape = blocks[0].output
      return blocks
    })
    if (level === 0) return { steps, upsample: undefined }
    const upsample = convolution(`up.${level}.upsample`, { input: [2 * shape[0], 2 * shape[1], shape[2]], channels: widths[level - 1] })
    shape = upsample.output
    return { steps, upsample }
  })
  const norm = groupNorm('output.norm', { shape, groups })
  const last = convolution('output.conv', { input: shape, channels, start: 'zeros' })
  const blocks = levels.flatMap(({ steps }) => steps.flat())
  return {
    layers: [
      ...levels.flatMap(({ steps, upsample }) => [...steps.flat().flatMap(({ layers }) => layers), ...(upsample ? [upsample.layer] : [])]),
      norm.layer,
      last.layer,
    ],
    dropout: Object.assign({}, ...blocks.map(({ dropout }) => dropout)) as Block['dropout'],
    apply(params: Params, features: Tensor4D, seen: readonly Tensor4D[], context: BlockContext): Tensor4D {
      const left = [...seen]
      let h = features
      for (const { steps, upsample } of levels) {
        for (const step of steps) h = applyBlocks(step, params, concat([h, left.pop() as Tensor4D], 3), context)
        if (upsample) h = upsample.apply(params, upsampleNearest(h))
      }
      return last.apply(params, silu(norm.apply(params, h)))
    },
  }
}
