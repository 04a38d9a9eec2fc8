import type { OnnxValue } from '../model/onnx-graph'
import { sizeOf, type Operation, type Value } from '../trace/graph'
import { lyingShape, naturalOrder, orderOfReshaped, sameLying, type AxisOrder } from './axis-order'
import type { NodeList } from './node-list'

/** An ONNX value together with the order in which a traced value's axes lie in it. */
export interface Lying {
  /** The ONNX value, its shape that of the axes as they lie. */
  readonly held: OnnxValue
  /** In which order they lie. */
  readonly order: AxisOrder
}

/** What the lowering of a kernel works with: the nodes that it adds to, and its operands in whatever order of axes it wants. */
export interface Lowering extends NodeList {
  /** The ways in which a value is there already, at least one. */
  forms(value: Value): readonly Lying[]
  /** The value with its axes in this order: as it is there, else reshaped, else transposed. */
  lying(value: Value, order: AxisOrder): OnnxValue
  /** The value with its axes as they are counted. */
  natural(value: Value): OnnxValue
  /** The value ready to be combined elementwise with one of this rank that lies in this order: axes of length 1 are added in front. */
  aligned(value: Value, order: AxisOrder): OnnxValue
}

/** How an operation is turned into nodes: one way of lying for each of its outputs. */
export type Lower = (operation: Operation, lowering: Lowering) => Lying | readonly Lying[]

/** A value that lies as its axes are counted. */
export const asCounted = (held: OnnxValue): Lying => ({ held, order: naturalOrder(held.shape.length) })

/**
 * Lowers values on demand.
 *
 * @param nodes - where the nodes go
 * @param lowerOperation - turns an operation into nodes
 */
export function lowering(nodes: NodeList, lowerOperation: Lower): Lowering & { setInput(value: Value, held: OnnxValue): void } {
  const known = new Map<Value, Lying[]>()
  const self = {
    ...nodes,
    setInput: (value: Value, held: OnnxValue) => void known.set(value, [asCounted(held)]),
    forms(value: Value): Lying[] {
      const forms = known.get(value)
      if (forms) return forms
      const made = first(value)
      known.set(value, made)
      return made
    },
    lying(value: Value, order: AxisOrder): OnnxValue {
      const forms = self.forms(value)
      const exact = forms.find((form) => form.order.join() === order.join())
      if (exact) return exact.held
      const shape = lyingShape(value.shape, order)
      const alike = forms.find((form) => sameLying(value.shape, form.order, order))
      const [from] = forms
      const held = alike
        ? nodes.reshape(alike.held, shape)
        : nodes.transpose(nodes.reshape(from.held, lyingShape(value.shape, from.order)), order.map((axis) => from.order.indexOf(axis)))
      forms.push({ held, order })
      return held
    },
    natural: (value: Value) => self.lying(value, naturalOrder(value.shape.length)),
    aligned(value: Value, order: AxisOrder): OnnxValue {
      const added = order.length - value.shape.length
      const held = self.lying(value, order.filter((axis) => axis >= added).map((axis) => axis - added))
      const shape = order.map((axis) => (axis < added ? 1 : value.shape[axis - added]))
      while (shape[0] === 1) shape.shift()
      return sizeOf(value.shape) === 1 ? held : nodes.reshape(held, shape)
    },
  }

  function first(value: Value): Lying[] {
    const { origin } = value
    switch (origin.kind) {
      case 'input':
        throw new Error(`The input ${origin.name} is not one of the traced graph.`)
      case 'constant':
        return [asCounted(nodes.constant(origin.data, value, origin.name))]
      case 'broadcast': {
        const [form] = self.forms(origin.of)
        const added = value.shape.length - origin.of.shape.length
        const order = [...naturalOrder(added), ...form.order.map((axis) => axis + added)]
        const shape = lyingShape(value.shape, order)
        return [{ held: nodes.node('Expand', [self.aligned(origin.of, order), nodes.integers(shape)], { shape, type: value.type }), order }]
      }
      case 'operation': {
        const { operation } = origin
        const lowered = [lowerOperation(operation, self)].flat()
        operation.outputs.forEach((output, i) => known.set(output, [lowered[i]]))
        return [...(known.get(value) ?? [])]
      }
    }
  }
  return self
}

/** A reshaped value that lies as its operand does, where that can be; else one that lies as counted. */
export function reshapedLying(lowering: Lowering, value: Value, shape: readonly number[]): Lying {
  for (const form of lowering.forms(value)) {
    const order = orderOfReshaped(value.shape, form.order, shape)
    if (order) return { held: lowering.reshape(form.held, lyingShape(shape, order)), order }
  }
  return asCounted(lowering.reshape(lowering.natural(value), shape))
}
