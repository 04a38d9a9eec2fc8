import { lyingShape, naturalOrder, orderOfTransposed } from '../lower/axis-order'
import { asCounted, reshapedLying } from '../lower/lowering'
import { sameShape, type Value } from '../trace/graph'
import { cheapestOrder } from './elementwise'
import { attribute, type Attributes, type Kernel } from './kernel'

const shapeAttribute = (attributes: Attributes) => attribute<number[]>(attributes, 'shape')

const axisOf = (attributes: Attributes, rank: number): number => {
  const axis = attribute<number | undefined>(attributes, 'axis') ?? 0
  return axis < 0 ? axis + rank : axis
}

const splitSizes = ([x]: readonly Value[], attributes: Attributes): number[] => {
  const asked = attribute<number | number[]>(attributes, 'numOrSizeSplits')
  const length = x.shape[axisOf(attributes, x.shape.length)]
  if (typeof asked === 'number') return new Array<number>(asked).fill(length / asked)
  const known = asked.reduce((sum, size) => sum + Math.max(size, 0), 0)
  return asked.map((size) => (size < 0 ? length - known : size))
}

/** Kernels that move numbers and compute none. */
export const movement: readonly Kernel[] = [
  {
    name: 'Reshape',
    inputs: ['x'],
    forms: ([x], attributes) => {
      const shape = shapeAttribute(attributes)
      const known = shape.reduce((product, length) => (length < 0 ? product : product * length), 1)
      const size = x.shape.reduce((product, length) => product * length, 1)
      return [{ shape: shape.map((length) => (length < 0 ? size / known : length)), type: x.type }]
    },
    shortcut: ([x], _attributes, { shape }) => (sameShape(x.shape, shape) ? x : undefined),
    lower: ({ inputs: [x], outputs: [output] }, lowering) => reshapedLying(lowering, x as Value, output.shape),
  },
  {
    name: 'Transpose',
    inputs: ['x'],
    forms: ([x], attributes) => [{ shape: attribute<number[]>(attributes, 'perm').map((axis) => x.shape[axis]), type: x.type }],
    lower: ({ inputs: [x], attributes }, lowering) => {
      const [form] = lowering.forms(x as Value)
      return { held: form.held, order: orderOfTransposed(form.order, attribute<number[]>(attributes, 'perm')) }
    },
  },
  {
    name: 'Concat',
    inputs: 'list',
    forms: (parts, attributes) => {
      const axis = axisOf(attributes, parts[0].shape.length)
      const length = parts.reduce((sum, part) => sum + part.shape[axis], 0)
      return [{ shape: parts[0].shape.map((each, i) => (i === axis ? length : each)), type: parts[0].type }]
    },
    lower: ({ inputs, attributes, outputs: [output] }, lowering) => {
      const parts = inputs as readonly Value[]
      const order = cheapestOrder(lowering, parts, output.shape.length)
      const axis = order.indexOf(axisOf(attributes, output.shape.length))
      const shape = lyingShape(output.shape, order)
      const held = lowering.node('Concat', parts.map((part) => lowering.lying(part, order)), { shape, type: output.type }, { attributes: { axis: { int: axis } } })
      return { held, order }
    },
  },
  {
    name: 'SplitV',
    inputs: ['x'],
    forms: (inputs, attributes) => {
      const [x] = inputs
      const axis = axisOf(attributes, x.shape.length)
      return splitSizes(inputs, attributes).map((size) => ({ shape: x.shape.map((length, i) => (i === axis ? size : length)), type: x.type }))
    },
    lower: ({ inputs: [x], attributes, outputs }, lowering) => {
      const [{ held, order }] = lowering.forms(x as Value)
      const axis = order.indexOf(axisOf(attributes, order.length))
      const parts = outputs.map(({ shape, type }) => ({ shape: lyingShape(shape, order), type }))
      const sizes = lowering.integers(parts.map(({ shape }) => shape[axis]))
      return lowering.split('Split', [held, sizes], parts, { attributes: { axis: { int: axis } } }).map((part) => ({ held: part, order }))
    },
  },
  {
    name: 'Slice',
    inputs: ['x'],
    forms: ([x], attributes) => {
      const [begin, size] = [attribute<number[]>(attributes, 'begin'), attribute<number[]>(attributes, 'size')]
      return [{ shape: size.map((length, axis) => (length < 0 ? x.shape[axis] - begin[axis] : length)), type: x.type }]
    },
    lower: ({ inputs: [x], attributes, outputs: [{ shape, type }] }, lowering) => {
      const begin = attribute<number[]>(attributes, 'begin')
      const [form] = lowering.forms(x as Value)
      const axes = naturalOrder(shape.length)
      const starts = lowering.integers(form.order.map((axis) => begin[axis]))
      const ends = lowering.integers(form.order.map((axis) => begin[axis] + shape[axis]))
      const held = lowering.node('Slice', [form.held, starts, ends, lowering.integers(axes)], { shape: lyingShape(shape, form.order), type })
      return { held, order: form.order }
    },
  },
  {
    name: 'OneHot',
    inputs: ['indices'],
    forms: ([indices], attributes) => [{ shape: [...indices.shape, attribute<number>(attributes, 'depth')], type: attribute(attributes, 'dtype') ?? 'float32' }],
    lower: ({ inputs: [indices], attributes, outputs: [{ shape, type }] }, lowering) => {
      // not ONNX' OneHot, which counts negative indices from the end where TensorFlow.js gives a row without an "on"
      const depth = attribute<number>(attributes, 'depth')
      const range = lowering.constant(Int32Array.from({ length: depth }, (_, i) => i), { shape: [depth], type: 'int32' })
      const column = lowering.reshape(lowering.natural(indices as Value), [...(indices as Value).shape, 1])
      const hit = lowering.node('Equal', [column, range], { shape, type: 'bool' })
      const [on, off] = ['onValue', 'offValue'].map((name) => lowering.scalar(attribute<number>(attributes, name), type))
      return asCounted(lowering.node('Where', [hit, on, off], { shape, type }))
    },
  },
]
