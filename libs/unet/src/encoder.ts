import type { Params } from '@sbgm/sde-core'
import type { Tensor4D } from '@tensorflow/tfjs-core'
import { attentionBlock } from './attention'
import type { BodySettings } from './body-options'
import { convolution } from './convolution'
import type { Block, BlockContext, ImageShape } from './layer'
import { residualBlock } from './residual-block'

/** Where a block of a level stands, and what comes in. */
export interface LevelBlockOptions {
  /** The level, from 0. */
  readonly level: number
  /** Shape of its input. */
  readonly input: ImageShape
  /** Channels of further features that it looks at. */
  readonly joined?: number
}

/**
 * A residual block, and attention behind it where the level has some. The lowest level has its attention in the middle of
 * the network, between the two blocks there.
 */
export function levelBlock(path: string, index: number, { level, ...options }: LevelBlockOptions, settings: BodySettings): Block {
  const { groups, timeWidth, widths, attentionLevels } = settings
  const block = residualBlock(`${path}.block.${index}`, { ...options, channels: widths[level], groups, timeWidth })
  if (level === widths.length - 1 || !attentionLevels.includes(level)) return block
  const attention = attentionBlock(`${path}.attention.${index}`, { shape: block.output, groups })
  return {
    ...block,
    layers: [...block.layers, ...attention.layers],
    apply: (params, x, context, joined) => attention.apply(params, block.apply(params, x, context, joined), context),
  }
}

/**
 * The way down: a convolution, then on each level its blocks and, except on the lowest, a convolution of stride 2; then two
 * more blocks, with attention between them where the lowest level has some.
 *
 * `apply` gives what it comes to, and on the way there what each level's blocks made, for the way up to look at. To be called
 * inside a tidy.
 */
export function encoder(settings: BodySettings) {
  const { height, width, channels, multipliers, blocksPerLevel, groups, timeWidth, widths, attentionLevels } = settings
  const lowest = multipliers.length - 1
  const first = convolution('input', { input: [height, width, channels], channels: widths[0] })
  let shape = first.output
  const levels = multipliers.map((_, level) => {
    const blocks = Array.from({ length: blocksPerLevel }, (_, index) => {
      const block = levelBlock(`down.${level}`, index, { level, input: shape }, settings)
      shape = block.output
      return block
    })
    const downsample = level === lowest ? undefined : convolution(`down.${level}.downsample`, { input: shape, channels: widths[level], stride: 2 })
    if (downsample) shape = downsample.output
    return { blocks, downsample }
  })
  const between = { input: shape, channels: widths[lowest], groups, timeWidth }
  const middle = [
    residualBlock('middle.block.0', between),
    ...(attentionLevels.includes(lowest) ? [attentionBlock('middle.attention', { shape, groups })] : []),
    residualBlock('middle.block.1', between),
  ]
  const all = [...levels.flatMap(({ blocks }) => blocks), ...middle]
  return {
    layers: [
      first.layer,
      ...levels.flatMap(({ blocks, downsample }) => [...blocks.flatMap(({ layers }) => layers), ...(downsample ? [downsample.layer] : [])]),
      ...middle.flatMap(({ layers }) => layers),
    ],
    dropout: Object.assign({}, ...all.map(({ dropout }) => dropout)) as Block['dropout'],
    output: shape,
    apply(params: Params, x: Tensor4D, context: BlockContext) {
      const seen: Tensor4D[] = []
      let h = first.apply(params, x)
      for (const { blocks, downsample } of levels) {
        for (const block of blocks) seen.push((h = block.apply(params, h, context)))
        if (downsample) h = downsample.apply(params, h)
      }
      return { features: middle.reduce((features, block) => block.apply(params, features, context), h), seen }
    },
  }
}
