import type { OnnxAttribute, OnnxValue } from '../model/onnx-graph'
import { channelsFirst } from '../lower/axis-order'
import type { BlockedLayout } from '../lower/blocked-layout'
import type { Lowering, LyingInBlocks } from '../lower/lowering'
import type { Value } from '../trace/graph'

/** A convolution that may be made in blocks. */
export interface BlockedConvolution {
  /** The images. */
  readonly images: Value
  /** The filter (height, width, in, out) as it lies when its axes are counted. */
  readonly filter: OnnxValue
  /** Which of the filter's channels the images have: its own inputs, or, for a gradient, its outputs. */
  readonly over: 'inputs' | 'outputs'
  /** (batch, height, width, channels) of what comes out. */
  readonly output: readonly number[]
  /** kernel_shape, pads, strides and dilations. */
  readonly attributes: Readonly<Record<string, OnnxAttribute>>
}

/** The convolution in onnxruntime's blocked layout; undefined where that cannot be, or where its channels do not fit. */
export function convolutionInBlocks({ images, filter, over, output, attributes }: BlockedConvolution, lowering: Lowering): LyingInBlocks | undefined {
  const { blocks } = lowering
  const [batch, height, width, channels] = output
  const inputs = images.shape[3]
  if (blocks === undefined || !blocks.fits(channels)) return undefined
  const plain = inputs < blocks.block && over === 'inputs' // few channels, such as an image's own: the operator takes them as they are
  if (!plain && !blocks.fits(inputs)) return undefined
  const x = plain ? lowering.lying(images, channelsFirst) : lowering.inBlocks(images, blocks)
  const weights = plain ? outputsInBlocks(filter, blocks, lowering) : bothInBlocks(filter, over, blocks, lowering)
  return { blocked: blocks.node(lowering, 'Conv', [x, weights], [batch, channels, height, width], { ...attributes, group: { int: 1 } }) }
}

/** A filter (height, width, in, out) as (out, in, height, width) with both its channels in blocks, those of the images inside the others'. */
function bothInBlocks(filter: OnnxValue, over: 'inputs' | 'outputs', { block }: BlockedLayout, lowering: Lowering): OnnxValue {
  const [rows, columns, ins, outs] = filter.shape
  const split = lowering.reshape(filter, [rows, columns, ins / block, block, outs / block, block])
  const lying = lowering.transpose(split, over === 'inputs' ? [4, 2, 0, 1, 3, 5] : [2, 4, 0, 1, 5, 3])
  return lowering.reshape(lying, over === 'inputs' ? [outs, ins, rows, columns] : [ins, outs, rows, columns])
}

/** A filter with its outputs in blocks only. */
function outputsInBlocks(filter: OnnxValue, { block }: BlockedLayout, lowering: Lowering): OnnxValue {
  const [rows, columns, ins, outs] = filter.shape
  const split = lowering.reshape(filter, [rows, columns, ins, outs / block, block])
  return lowering.reshape(lowering.transpose(split, [3, 2, 0, 1, 4]), [outs, ins, rows, columns])
}
