import type { OnnxValue } from '../model/onnx-graph'
import type { Value } from '../trace/graph'
import type { Lowering } from './lowering'

/**
 * A mean or sum over the pixels of images that lie in blocks, (batch, channels), and from there over the batch where that is
 * reduced too, (channels,); undefined for images that do not or are no floats, and for other axes.
 */
export function reductionInBlocks(operator: string, x: Value, axes: readonly number[], lowering: Lowering): OnnxValue | undefined {
  const { blocks } = lowering
  const over = [...axes].sort().join()
  const pixels = over === '1,2'
  if (blocks === undefined || x.shape.length !== 4 || x.type !== 'float32' || !lowering.isBlocked(x) || !['ReduceMean', 'ReduceSum'].includes(operator)) return undefined
  if (!pixels && over !== '0,1,2') return undefined
  const [batch, height, width, channels] = x.shape
  const [groups, block] = [channels / blocks.block, blocks.block]
  const held = lowering.reshape(lowering.inBlocks(x, blocks), [batch, groups, height * width, block])
  const perSample = lowering.reshape(reduced(operator, held, 2, [batch, groups, block], lowering), [batch, channels])
  return pixels ? perSample : reduced(operator, perSample, 0, [channels], lowering)
}

function reduced(operator: string, x: OnnxValue, axis: number, shape: readonly number[], lowering: Lowering): OnnxValue {
  const keepdims = { int: 0 }
  return operator === 'ReduceSum'
    ? lowering.node(operator, [x, lowering.integers([axis])], { shape, type: x.type }, { attributes: { keepdims } })
    : lowering.node(operator, [x], { shape, type: x.type }, { attributes: { axes: { ints: [axis] }, keepdims } })
}
