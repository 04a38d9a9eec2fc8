import type { OnnxType, OnnxValue } from '../model/onnx-graph'
import { naturalOrder, sameLying, type AxisOrder } from '../lower/axis-order'
import { combinationInBlocks } from '../lower/blocked-combination'
import { betterInBlocks, operandsInBlocks } from '../lower/blocked-elementwise'
import type { Lower, Lowering } from '../lower/lowering'
import type { NodeList } from '../lower/node-list'
import { broadcastShape, numberOf, sameShape, sizeOf, type Operation, type Value, type ValueForm, type ValueType } from '../trace/graph'
import type { Attributes, PrimitiveKernel } from './kernel'

/** Nodes of an elementwise kernel on operands whose axes lie alike. */
export type Formula = (nodes: Lowering, operands: readonly OnnxValue[], output: ValueForm, attributes: Attributes) => OnnxValue

/** Numbers per operand, for choosing how axes lie: those that would have to be moved. */
const toMove = (lowering: Lowering, value: Value, order: AxisOrder): number =>
  lowering.forms(value).some((form) => sameLying(value.shape, form.order, order)) ? 0 : sizeOf(value.shape)

/** The order of axes in which the fewest numbers have to be moved before operands of this rank can be combined. */
export const cheapestOrder = (lowering: Lowering, operands: readonly Value[], rank: number): AxisOrder => cheapest(lowering, operands, rank).order

function cheapest(lowering: Lowering, operands: readonly Value[], rank: number): { order: AxisOrder, cost: number } {
  const whole = operands.filter((operand) => operand.shape.length === rank)
  const orders = [...whole.flatMap((operand) => lowering.forms(operand).map(({ order }) => order)), naturalOrder(rank)]
  const candidates = orders.map((order) => ({ order, cost: whole.reduce((sum, operand) => sum + toMove(lowering, operand, order), 0) }))
  return candidates.reduce((best, candidate) => (candidate.cost < best.cost ? candidate : best))
}

/** What it costs to combine operands outside blocks: they would have to leave them. */
const costOutside = (lowering: Lowering, operands: readonly Value[], rank: number): number =>
  Math.max(cheapest(lowering, operands.filter((operand) => !lowering.isBlocked(operand)), rank).cost,
    operands.filter((operand) => lowering.isBlocked(operand)).reduce((sum, { shape }) => sum + sizeOf(shape), 0))

/** The lowering of an elementwise kernel: its operands are brought into one order, its result lies in that. */
const lowerElementwise = (formula: Formula): Lower => (operation: Operation, lowering) => {
  const { inputs, attributes, outputs: [output] } = operation
  const operands = inputs.filter((input) => input !== undefined)
  const rank = output.shape.length
  const whole = [output, ...operands].some(({ type }) => type === 'int32') // blocks are reordered as floats, which have not all whole numbers
  if (lowering.blocks && !whole && betterInBlocks(lowering, operands, output.shape, () => costOutside(lowering, operands, rank))) {
    const combination = combinationInBlocks(operation, lowering, lowering.blocks)
    if (combination) return { blocked: combination }
    const [batch, height, width, channels] = output.shape
    const held = operandsInBlocks(lowering, lowering.blocks, operands, output.shape)
    const result = formula(lowering, held, { shape: broadcastShape(held.map(({ shape }) => shape)), type: output.type }, attributes)
    return { blocked: lowering.reshape(result, [batch, channels, height, width]) }
  }
  const order = cheapestOrder(lowering, operands, rank)
  const held = operands.map((operand) => lowering.aligned(operand, order))
  const shape = broadcastShape(held.map((each) => each.shape))
  return { held: formula(lowering, held, { shape, type: output.type }, attributes), order }
}

interface ElementwiseOptions {
  readonly inputs: readonly string[]
  /** The type of what it gives, from those of its operands. */
  readonly type: (types: readonly ValueType[], attributes: Attributes) => ValueType
  readonly formula: Formula
  readonly shortcut?: PrimitiveKernel['shortcut']
}

/** An elementwise kernel. */
export function elementwiseKernel(name: string, { inputs, type, formula, shortcut }: ElementwiseOptions): PrimitiveKernel {
  return {
    name,
    inputs,
    elementwise: true,
    forms: (operands, attributes) => [{ shape: broadcastShape(operands.map(({ shape }) => shape)), type: type(operands.map((each) => each.type), attributes) }],
    ...(shortcut === undefined ? {} : { shortcut }),
    lower: lowerElementwise(formula),
  }
}

/** One node of an operator. */
export const operator = (name: string): Formula => (nodes, operands, output) => nodes.node(name, operands, output)

/** The operand itself where the other operand is this number and the result has the operand's form. */
export function neutral(number: number, places: readonly (0 | 1)[]): NonNullable<PrimitiveKernel['shortcut']> {
  return (operands, _attributes, { shape, type }) => {
    const place = places.find((each) => numberOf(operands[each]) === number)
    if (place === undefined) return undefined
    const other = operands[1 - place]
    return other.type === type && sameShape(other.shape, shape) ? other : undefined
  }
}

/** A value cast to another type; itself where it has that type. */
export const castTo = (nodes: NodeList, x: OnnxValue, type: OnnxType): OnnxValue =>
  x.type === type ? x : nodes.node('Cast', [x], { shape: x.shape, type }, { attributes: { to: { int: { float32: 1, int32: 6, int64: 7, bool: 9 }[type] } } })
