import type { Value } from '../trace/graph'
import { attribute, type Attributes } from './kernel'

/** An axis counted from the front; a negative one is counted from the end. */
export const axisFromFront = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis)

/** The one axis of a call, counted from the front; the first where none is named. */
export const axisOf = (attributes: Attributes, rank: number): number => axisFromFront(attribute<number | undefined>(attributes, 'axis') ?? 0, rank)

/** The axes of a reduction, counted from the front; all where none are named. */
export function reducedAxes(attributes: Attributes, rank: number, name = 'axis'): number[] {
  const axis = attribute<number | readonly number[] | undefined | null>(attributes, name)
  if (axis === undefined || axis === null) return Array.from({ length: rank }, (_, each) => each)
  return [axis].flat().map((each) => axisFromFront(each, rank))
}

/** The shape that is left of one without these axes. */
export const shapeWithout = (shape: readonly number[], axes: readonly number[]): number[] => shape.filter((_, axis) => !axes.includes(axis))

/** The shape of what is left of x: without the reduced axes, or with length 1 along them. */
export function reducedShape({ shape }: Value, axes: readonly number[], attributes: Attributes): number[] {
  return attribute(attributes, 'keepDims') === true ? shape.map((length, axis) => (axes.includes(axis) ? 1 : length)) : shapeWithout(shape, axes)
}
