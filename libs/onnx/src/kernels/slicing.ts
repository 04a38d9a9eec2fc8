import { slice_util, type Tensor } from '@tensorflow/tfjs-core'
import { lyingShape, naturalOrder, type AxisOrder } from '../lower/axis-order'
import { asCounted, type Lowering } from '../lower/lowering'
import type { OnnxValue } from '../model/onnx-graph'
import type { Value } from '../trace/graph'
import { reducedAxes } from './axes'
import { attribute, type Attributes, type Kernel } from './kernel'

/** From where, to where and in which steps an axis is run through. */
interface Span {
  readonly start: number
  readonly end: number
  readonly step: number
}

/** A part of x as it lies. */
function part(lowering: Lowering, x: OnnxValue, spans: readonly Span[], order: AxisOrder, shape: readonly number[]): OnnxValue {
  const lying = order.map((axis) => spans[axis])
  const lists = [lying.map(({ start }) => start), lying.map(({ end }) => end), naturalOrder(order.length), lying.map(({ step }) => step)]
  if (lying.every(({ step }) => step === 1)) lists.pop()
  return lowering.node('Slice', [x, ...lists.map((list) => lowering.integers(list))], { shape, type: x.type })
}

/** An end that lies before the first number, for a run backwards: ONNX counts a negative one from the end, and cuts one that is too far off. */
const beforeFirst = (length: number): number => -length - 1

const bounds = ([x]: readonly Value[], attributes: Attributes): { begin: number[], size: number[] } => {
  const like = { shape: [...x.shape], rank: x.shape.length } as Tensor
  const [begin, size] = slice_util.parseSliceParams(like, attribute<number | number[]>(attributes, 'begin'), attribute<number | number[]>(attributes, 'size'))
  slice_util.assertParamsValid(like, begin, size)
  return { begin, size }
}

const stridedBounds = ([x]: readonly Value[], attributes: Attributes) => {
  const list = (name: string) => [...attribute<number[]>(attributes, name)]
  const mask = (name: string) => attribute<number | undefined>(attributes, name) ?? 0
  return slice_util.sliceInfo([...x.shape], list('begin'), list('end'), list('strides'), mask('beginMask'), mask('endMask'), mask('ellipsisMask'), mask('newAxisMask'),
    mask('shrinkAxisMask'))
}

/** Kernels that take parts of a tensor, or turn it round. */
export const slicing: readonly Kernel[] = [
  {
    name: 'Slice',
    inputs: ['x'],
    forms: (inputs, attributes) => [{ shape: bounds(inputs, attributes).size, type: inputs[0].type }],
    lower: ({ inputs, attributes, outputs: [{ shape }] }, lowering) => {
      const x = inputs[0] as Value
      const { begin } = bounds([x], attributes)
      const [{ held, order }] = lowering.forms(x)
      const spans = begin.map((start, axis) => ({ start, end: start + shape[axis], step: 1 }))
      return { held: part(lowering, held, spans, order, lyingShape(shape, order)), order }
    },
  },
  {
    name: 'StridedSlice',
    inputs: ['x'],
    forms: (inputs, attributes) => [{ shape: stridedBounds(inputs, attributes).finalShape, type: inputs[0].type }],
    lower: ({ inputs, attributes, outputs: [{ shape }] }, lowering) => {
      const x = inputs[0] as Value
      const { begin, end, strides } = stridedBounds([x], attributes)
      const spans = begin.map((start, axis) => ({ start, end: end[axis] < 0 ? beforeFirst(x.shape[axis]) : end[axis], step: strides[axis] }))
      const held = part(lowering, lowering.natural(x), spans, naturalOrder(begin.length), slice_util.computeOutShape(begin, end, strides))
      return asCounted(lowering.reshape(held, shape))
    },
  },
  {
    name: 'Reverse',
    inputs: ['x'],
    forms: ([{ shape, type }]) => [{ shape, type }],
    lower: ({ inputs, attributes, outputs: [{ shape }] }, lowering) => {
      const turned = reducedAxes(attributes, shape.length, 'dims')
      const [{ held, order }] = lowering.forms(inputs[0] as Value)
      const spans = shape.map((length, axis) => (turned.includes(axis) ? { start: -1, end: beforeFirst(length), step: -1 } : { start: 0, end: length, step: 1 }))
      return { held: part(lowering, held, spans, order, lyingShape(shape, order)), order }
    },
  },
]
