import { backend_util, util, type Tensor } from '@tensorflow/tfjs-core'
import { lyingShape, orderOfTransposed } from '../lower/axis-order'
import { reshapedLying } from '../lower/lowering'
import { sameShape, sizeOf, type Value } from '../trace/graph'
import { axisFromFront, axisOf } from './axes'
import { cheapestOrder } from './elementwise'
import { attribute, type Kernel } from './kernel'
import { partsOf } from './splitting'

/** Kernels that move numbers and compute none. */
export const movement: readonly Kernel[] = [
  {
    name: 'Reshape',
    inputs: ['x'],
    forms: ([x], attributes) => [{ shape: util.inferFromImplicitShape([...attribute<number[]>(attributes, 'shape')], sizeOf(x.shape)), type: x.type }],
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
    givesList: true,
    forms: ([x], attributes) => {
      const axis = axisOf(attributes, x.shape.length)
      const sizes = backend_util.prepareSplitSize({ shape: [...x.shape] } as Tensor, attribute<number | number[]>(attributes, 'numOrSizeSplits'), axis)
      return sizes.map((size) => ({ shape: x.shape.map((length, i) => (i === axis ? size : length)), type: x.type }))
    },
    lower: ({ inputs: [x], attributes, outputs }, lowering) => {
      const [{ held, order }] = lowering.forms(x as Value)
      const axis = order.indexOf(axisOf(attributes, order.length))
      const parts = outputs.map(({ shape, type }) => ({ shape: lyingShape(shape, order), type }))
      return partsOf(held, axis, parts, lowering).map((part) => ({ held: part, order }))
    },
  },
  {
    name: 'ExpandDims',
    inputs: ['input'],
    compose: ([input], attributes, call) => {
      const { shape } = input as Value
      return call('Reshape', [input], { shape: shape.toSpliced(axisFromFront(attribute(attributes, 'dim'), shape.length + 1), 0, 1) })
    },
  },
  {
    name: 'Pack',
    inputs: 'list',
    compose: (parts, attributes, call) => {
      const axis = axisFromFront(attribute(attributes, 'axis'), (parts[0] as Value).shape.length + 1)
      return call('Concat', parts.map((part) => call('ExpandDims', [part], { dim: axis })[0]), { axis })
    },
  },
  {
    name: 'Unpack',
    inputs: ['value'],
    givesList: true,
    compose: ([value], attributes, call) => {
      const { shape } = value as Value
      const axis = axisOf(attributes, shape.length)
      return call('SplitV', [value], { numOrSizeSplits: shape[axis], axis }).map((part) => call('Reshape', [part], { shape: shape.toSpliced(axis, 1) })[0])
    },
  },
]
