import { lyingShape, orderWithout } from '../lower/axis-order'
import { reductionInBlocks } from '../lower/blocked-reduction'
import { asCounted, type Lower, type Lying } from '../lower/lowering'
import type { Value } from '../trace/graph'
import { attribute, type Attributes, type Kernel } from './kernel'

/** The axes of a reduction, counted from the front; all where none are named. */
export function reducedAxes(attributes: Attributes, rank: number, name = 'axis'): number[] {
  const axis = attribute<number | readonly number[] | undefined>(attributes, name)
  if (axis === undefined || axis === null) return Array.from({ length: rank }, (_, each) => each)
  return [axis].flat().map((each) => (each < 0 ? each + rank : each))
}

/** The shape that is left of one without these axes. */
export const shapeWithout = (shape: readonly number[], axes: readonly number[]): number[] => shape.filter((_, axis) => !axes.includes(axis))

/** The shape of what is left of x: without the reduced axes, or with length 1 along them. */
export const reducedShape = ({ shape }: Value, attributes: Attributes): number[] => {
  const axes = reducedAxes(attributes, shape.length)
  return attribute(attributes, 'keepDims') === true ? shape.map((length, axis) => (axes.includes(axis) ? 1 : length)) : shapeWithout(shape, axes)
}

/** A reduction of x as it lies; its axes are told as an input (operator set 13 and later for ReduceSum) or as an attribute. */
const lowerReduction = (operator: string, axesAre: 'input' | 'attribute'): Lower => ({ inputs: [x], attributes, outputs: [{ shape: left, type }] }, lowering): Lying => {
  const { shape } = x as Value
  const axes = reducedAxes(attributes, shape.length)
  const inBlocks = reductionInBlocks(operator, x as Value, axes, lowering)
  if (inBlocks) return asCounted(lowering.reshape(inBlocks, left))
  const [form] = lowering.forms(x as Value)
  if (axes.length === 0) return form
  const keep = left.length === shape.length
  const places = axes.map((axis) => form.order.indexOf(axis)).sort((a, b) => a - b)
  const order = keep ? form.order : orderWithout(form.order, axes)
  const output = { shape: lyingShape(left, order), type }
  const keepdims = { int: keep ? 1 : 0 }
  const held = axesAre === 'input'
    ? lowering.node(operator, [form.held, lowering.integers(places)], output, { attributes: { keepdims } })
    : lowering.node(operator, [form.held], output, { attributes: { axes: { ints: places }, keepdims } })
  return { held, order }
}

const reduction = (name: string, operator: string, axesAre: 'input' | 'attribute' = 'attribute'): Kernel => ({
  name,
  inputs: ['x'],
  forms: ([x], attributes) => [{ shape: reducedShape(x, attributes), type: x.type }],
  lower: lowerReduction(operator, axesAre),
})

/** Sums, means, products and extremes over axes. */
export const reductions: readonly Kernel[] = [
  reduction('Sum', 'ReduceSum', 'input'),
  reduction('Mean', 'ReduceMean'),
  reduction('Max', 'ReduceMax'),
  reduction('Min', 'ReduceMin'),
  reduction('Prod', 'ReduceProd'),
]
