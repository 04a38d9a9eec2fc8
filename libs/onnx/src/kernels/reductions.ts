import { lyingShape, orderWithout } from '../lower/axis-order'
import { reductionInBlocks } from '../lower/blocked-reduction'
import { asCounted, type Lower, type Lying } from '../lower/lowering'
import type { Value, ValueType } from '../trace/graph'
import { reducedAxes, reducedShape } from './axes'
import { castTo } from './elementwise'
import type { Kernel } from './kernel'
import { sumAsProduct, withAxes } from './sum-as-product'

interface Reduction {
  /** ONNX' operator. */
  readonly operator: string
  /** The type that it is computed in, and the type of what it gives, from the operand's. */
  readonly types: (type: ValueType) => { readonly inside: ValueType, readonly result: ValueType }
  /** Where its axes are told: as an input (for ReduceSum, since operator set 13) or as an attribute. @defaultValue 'attribute' */
  readonly axesAre?: 'input' | 'attribute'
  /** The name of TensorFlow.js' attribute with the axes. @defaultValue 'axis' */
  readonly axisName?: string
}

/** A reduction of x as it lies. */
const lowerReduction = ({ operator, types, axesAre = 'attribute', axisName = 'axis' }: Reduction): Lower =>
  ({ inputs, attributes, outputs: [{ shape: left, type }] }, lowering): Lying => {
    const x = inputs[0] as Value
    const { inside } = types(x.type)
    const axes = reducedAxes(attributes, x.shape.length, axisName)
    const inBlocks = reductionInBlocks(operator, x, axes, lowering)
    if (inBlocks) return asCounted(lowering.reshape(inBlocks, left))
    const [form] = lowering.forms(x)
    const held = castTo(lowering, form.held, inside)
    if (axes.length === 0) return { held: castTo(lowering, held, type), order: form.order }
    const keep = left.length === x.shape.length
    const product = lowering.device === 'webgpu' && inside === 'float32' && (operator === 'ReduceSum' || operator === 'ReduceMean')
      ? sumAsProduct({ held, order: form.order }, axes, operator === 'ReduceMean', lowering)
      : undefined
    if (product) return keep ? withAxes(product, left, axes, lowering) : product
    const places = axes.map((axis) => form.order.indexOf(axis)).sort((a, b) => a - b)
    const order = keep ? form.order : orderWithout(form.order, axes)
    const output = { shape: lyingShape(left, order), type: inside }
    const keepdims = { int: keep ? 1 : 0 }
    const reduced = axesAre === 'input'
      ? lowering.node(operator, [held, lowering.integers(places)], output, { attributes: { keepdims } })
      : lowering.node(operator, [held], output, { attributes: { axes: { ints: places }, keepdims } })
    return { held: castTo(lowering, reduced, type), order }
  }

const reduction = (name: string, options: Reduction): Kernel => ({
  name,
  inputs: ['x'],
  forms: ([x], attributes) => {
    const axes = reducedAxes(attributes, x.shape.length, options.axisName)
    return [{ shape: reducedShape(x, axes, attributes), type: options.types(x.type).result }]
  },
  lower: lowerReduction(options),
})

const asNumber = (type: ValueType): ValueType => (type === 'bool' ? 'int32' : type)
/** Sums: true counts as 1, and so does the result. */
const counting = (type: ValueType) => ({ inside: asNumber(type), result: asNumber(type) })
/** Extremes: the result is one of the operand's numbers. */
const choosing = (type: ValueType) => ({ inside: asNumber(type), result: type })
const averaging = () => ({ inside: 'float32', result: 'float32' }) as const
const logical = () => ({ inside: 'int32', result: 'bool' }) as const

/** Sums, means, products and extremes over axes. */
export const reductions: readonly Kernel[] = [
  reduction('Sum', { operator: 'ReduceSum', types: counting, axesAre: 'input' }),
  reduction('Mean', { operator: 'ReduceMean', types: averaging }),
  reduction('Prod', { operator: 'ReduceProd', types: counting }),
  reduction('Max', { operator: 'ReduceMax', types: choosing, axisName: 'reductionIndices' }),
  reduction('Min', { operator: 'ReduceMin', types: choosing }),
  reduction('All', { operator: 'ReduceMin', types: logical }),
  reduction('Any', { operator: 'ReduceMax', types: logical }),
]
