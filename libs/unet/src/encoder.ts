import type { Params } from '@sbgm/sde-core'
import type { Tensor4D } from '@tensorflow/tfjs-core'
import { attentionBlock } from './attention'
import type { BodySettings } from './body-options'
import { convolution } from './convolution'
import type { Block, BlockContext, ImageShape } from './layer'
import { residualBlock } from './residual-block'

/** A residual block, and attention behind it where the level has some. */
export function levelBlock(path: string, index: number, level: number, input: ImageShape, settings: BodySettings): readonly Block[] {
  const { groups, timeWidth, widths, attentionLevels } = settings
  const block = residualBlock(`${path}.block.${index}`, { input, channels: widths[level], groups, timeWidth })
  return attentionLevels.includes(level) ? [block, attentionBlock(`${path}.attention.${index}`, { shape: block.output, groups })] : [block]
}

/** Blocks one after the other. */
export const applyBlocks = (blocks: readonly Block[], params: Params, x: Tensor4D, context: BlockContext): Tensor4D =>
  blocks.reduce((h, block) => block.apply(params, h, context), x)

/**
 * The way down: a convolution, then on each level its blocks and, except on the lowest, a convolution of stride 2; then two
 * more blocks, with attention between them where the lowest level has some.
 *
 * `apply` gives what it comes to, and on the way there what each level's blocks made, for the way up to look at. To be called
 * inside a tidy.
 */
export function encoder(settings: BodySettings) {
  const { height, width, channels, baseWidth, multipliers, blocksPerLevel, groups, timeWidth, widths, attentionLevels } = settings
  const lowest = multipliers.length - 1
  const first = convolution('input', { input: [height, width, channels], channels: baseWidth })
  let shape = first.output
  const levels = multipliers.map((_, level) => {
    const steps = Array.from({ length: blocksPerLevel }, (_, index) => {
      const blocks = levelBlock(`down.${level}`, index, level, shape, settings)
      shape = blocks[0].output
      return blocks
    })
    const downsample = level === lowest ? undefined : convolution(`down.${level}.downsample`, { input: shape, channels: widths[level], stride: 2 })
    if (downsample) shape = downsample.output
    return { steps, downsample }
  })
  const between = { input: shape, channels: widths[lowest], groups, timeWidth }
  const middle = [
    residualBlock('middle.block.0', between),
    ...(attentionLevels.includes(lowest) ? [attentionBlock('middle.attention', { shape, groups })] : []),
    residualBlock('middle.block.1', between),
  ]
  const blocks = [...levels.flatMap(({ steps }) => steps.flat()), ...middle]
  return {
    layers: [
      first.layer,
      ...levels.flatMap(({ steps, downsample }) => [...steps.flat().flatMap(({ layers }) => layers), ...(downsample ? [downsample.layer] : [])]),
      ...middle.flatMap(({ layers }) => layers),
    ],
    dropout: Object.assign({}, ...blocks.map(({ dropout }) => dropout)) as Block['dropout'],
    output: shape,
    apply(params: Params, x: Tensor4D, context: BlockContext) {
      const seen: Tensor4D[] = []
      let h = first.apply(params, x)
      for (const { steps, downsample } of levels) {
        for (const step of steps) seen.push((h = applyBlocks(step, params, h, context)))
        if (downsample) h = downsample.apply(params, h)
      }
      return { features: applyBlocks(middle, params, h, context), seen }
    },
  }
}
