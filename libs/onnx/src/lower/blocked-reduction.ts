import type { OnnxValue } from '../model/onnx-graph'
import { sameShape, type Value } from '../trace/graph'
import type { BlockedLayout } from './blocked-layout'
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
  const perSample = sumOfProduct(operator, x, lowering, blocks) ?? lowering.reshape(
    reduced(operator, lowering.reshape(lowering.inBlocks(x, blocks), [batch, channels / blocks.block, height * width, blocks.block]), 2, [batch, channels / blocks.block, blocks.block], lowering),
    [batch, channels],
  )
  return pixels ? perSample : reduced(operator, perSample, 0, [channels], lowering)
}

/** The sum or mean over the pixels of a product of two images, which need not be written down. */
function sumOfProduct(operator: string, x: Value, lowering: Lowering, blocks: BlockedLayout): OnnxValue | undefined {
  const factors = factorsOf(x, lowering)
  if (factors === undefined) return undefined
  const [a, b] = factors.map((factor) => lowering.inBlocks(factor, blocks))
  const sum = blocks.product(lowering, a, b)
  if (operator === 'ReduceSum') return sum
  return lowering.node('Mul', [sum, lowering.scalar(1 / (x.shape[1] * x.shape[2]), 'float32')], sum)
}

/** The two images whose product x is, where both lie in blocks. */
function factorsOf({ origin, shape }: Value, lowering: Lowering): readonly [Value, Value] | undefined {
  if (origin.kind !== 'operation') return undefined
  const { kernel, inputs: [a, b] } = origin.operation
  const pair = kernel === 'Square' ? [a, a] : kernel === 'Multiply' ? [a, b] : []
  const whole = pair.filter((factor) => factor !== undefined && sameShape(factor.shape, shape) && factor.type === 'float32' && lowering.isBlocked(factor))
  return whole.length === 2 ? whole as [Value, Value] : undefined
}

function reduced(operator: string, x: OnnxValue, axis: number, shape: readonly number[], lowering: Lowering): OnnxValue {
  const keepdims = { int: 0 }
  return operator === 'ReduceSum'
    ? lowering.node(operator, [x, lowering.integers([axis])], { shape, type: x.type }, { attributes: { keepdims } })
    : lowering.node(operator, [x], { shape, type: x.type }, { attributes: { axes: { ints: [axis] }, keepdims } })
}
