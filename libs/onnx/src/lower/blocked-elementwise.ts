import type { OnnxValue } from '../model/onnx-graph'
import { sizeOf, type Value } from '../trace/graph'
import type { BlockedLayout } from './blocked-layout'
import type { Lowering } from './lowering'

/** How an operand meets images in blocks. */
type Meeting = 'whole' | 'number' | 'per channel'

/** How an operand meets images of this shape elementwise; undefined where it can only do so outside blocks. */
export function meetingOf({ shape }: Value, images: readonly number[]): Meeting | undefined {
  if (sizeOf(shape) === 1) return 'number'
  if (shape.length === 4 && shape.every((length, axis) => length === images[axis])) return 'whole'
  const [batch, height, width, channels] = [1, 1, 1, 1, ...shape].slice(-4)
  return height === 1 && width === 1 && channels === images[3] && (batch === 1 || batch === images[0]) ? 'per channel' : undefined
}

/**
 * Whether an elementwise operation is better made in blocks: its result is images whose channels fit, at least one whole operand
 * lies in blocks already, and no more numbers have to be moved than elsewhere.
 *
 * @param costElsewhere - how many numbers have to be moved to make it in plain axes
 */
export function betterInBlocks(lowering: Lowering, operands: readonly Value[], shape: readonly number[], costElsewhere: () => number): boolean {
  const { blocks } = lowering
  if (blocks === undefined || shape.length !== 4 || !blocks.fits(shape[3])) return false
  const meetings = operands.map((operand) => meetingOf(operand, shape))
  if (meetings.includes(undefined)) return false
  const whole = operands.filter((_, i) => meetings[i] === 'whole')
  const cost = whole.filter((operand) => !lowering.isBlocked(operand)).reduce((sum, operand) => sum + sizeOf(operand.shape), 0)
  return whole.some((operand) => lowering.isBlocked(operand)) && cost <= costElsewhere()
}

/** Operands that meet images in blocks, as rows of pixels where one of them is per channel. */
export function operandsInBlocks(lowering: Lowering, blocks: BlockedLayout, operands: readonly Value[], shape: readonly number[]): OnnxValue[] {
  const meetings = operands.map((operand) => meetingOf(operand, shape))
  const asRows = meetings.includes('per channel')
  return operands.map((operand, i) => {
    if (meetings[i] === 'number') return lowering.forms(operand)[0].held
    if (meetings[i] === 'whole') {
      const held = lowering.inBlocks(operand, blocks)
      return asRows ? blocks.rows(lowering, held) : held
    }
    const perChannel = lowering.reshape(lowering.natural(operand), [operand.shape.length === 4 ? operand.shape[0] : 1, shape[3]])
    return blocks.alongRow(lowering, perChannel, shape[2])
  })
}
