import type { OnnxValue } from '../model/onnx-graph'
import { sizeOf, type Operation, type Value } from '../trace/graph'
import { channelsFirst, lyingShape, naturalOrder, orderOfReshaped, sameLying, type AxisOrder } from './axis-order'
import type { BlockedLayout } from './blocked-layout'
import type { Consumers } from './consumers'
import type { OnnxDevice } from '../run/device'
import type { NodeList } from './node-list'

/** An ONNX value together with the order in which a traced value's axes lie in it. */
export interface Lying {
  /** The ONNX value, its shape that of the axes as they lie. */
  readonly held: OnnxValue
  /** In which order they lie. */
  readonly order: AxisOrder
}

/** Images (batch, height, width, channels) that lie in blocks of channels; see {@link BlockedLayout}. */
export interface LyingInBlocks {
  /** The ONNX value; its shape is told as (batch, channels, height, width), as the blocked operators have it. */
  readonly blocked: OnnxValue
}

/** What the lowering of a kernel works with: the nodes that it adds to, and its operands in whatever order of axes it wants. */
export interface Lowering extends NodeList {
  /** What runs the nodes: what is fast, or can be run at all, differs. */
  readonly device: OnnxDevice
  /** The blocked layout of images, where it can be used. */
  readonly blocks: BlockedLayout | undefined
  /** Who needs which value. */
  readonly consumers: Consumers
  /** Whether a value lies in blocks already. */
  isBlocked(value: Value): boolean
  /** The value in blocks of channels. */
  inBlocks(value: Value, blocks: BlockedLayout): OnnxValue
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
export type Lower = (operation: Operation, lowering: Lowering) => Lying | LyingInBlocks | readonly Lying[]

/** A value that lies as its axes are counted. */
export const asCounted = (held: OnnxValue): Lying => ({ held, order: naturalOrder(held.shape.length) })

/** What the lowering of a graph is given. */
interface LoweringParts extends Pick<Lowering, 'device' | 'consumers' | 'blocks'> {
  /** Where the nodes go. */
  readonly nodes: NodeList
  /** Turns an operation into nodes. */
  readonly lowerOperation: Lower
}

/** Lowers values on demand. */
export function lowering(
  { nodes, lowerOperation, consumers, blocks, device }: LoweringParts,
): Lowering & { lower(value: Value): void, setInput(value: Value, held: OnnxValue): void } {
  const known = new Map<Value, Known>()
  const knownOf = (value: Value): Known => {
    if (!known.has(value)) first(value)
    return known.get(value) as Known
  }
  const self = {
    ...nodes,
    device,
    blocks,
    consumers,
    lower: (value: Value) => void knownOf(value),
    setInput: (value: Value, held: OnnxValue) => void known.set(value, { forms: [asCounted(held)] }),
    isBlocked: (value: Value) => knownOf(value).blocked !== undefined,
    inBlocks(value: Value, layout: BlockedLayout): OnnxValue {
      const entry = knownOf(value)
      if (entry.blocked) return entry.blocked
      const last = formLike(value, entry, naturalOrder(4))
      return (entry.blocked = last ? layout.enter(nodes, last, 'channels last') : layout.enter(nodes, self.lying(value, channelsFirst), 'channels first'))
    },
    forms(value: Value): readonly Lying[] {
      const entry = knownOf(value)
      if (entry.forms.length === 0 && entry.blocked && blocks) entry.forms.push({ held: blocks.leave(nodes, entry.blocked, 'channels first'), order: channelsFirst })
      return entry.forms
    },
    lying(value: Value, order: AxisOrder): OnnxValue {
      const entry = knownOf(value)
      const alike = formLike(value, entry, order)
      if (alike) return alike
      const { blocked, forms } = entry
      const toNatural = blocked && blocks && sameLying(value.shape, order, naturalOrder(4))
      const shape = lyingShape(value.shape, order)
      const [from] = toNatural ? [] : self.forms(value)
      const held = blocked && blocks && toNatural
        ? nodes.reshape(blocks.leave(nodes, blocked, 'channels last'), shape)
        : nodes.transpose(nodes.reshape(from.held, lyingShape(value.shape, from.order)), order.map((axis) => from.order.indexOf(axis)))
      forms.push({ held, order })
      return held
    },
    natural: (value: Value) => self.lying(value, naturalOrder(value.shape.length)),
    aligned(value: Value, order: AxisOrder): OnnxValue {
      const added = order.length - value.shape.length
      const held = self.lying(value, order.filter((axis) => axis >= added).map((axis) => axis - added))
      const leading = order.findIndex((axis) => axis >= added)
      const shape = order.slice(leading).map((axis) => (axis < added ? 1 : value.shape[axis - added]))
      return sizeOf(value.shape) === 1 ? held : nodes.reshape(held, shape)
    },
  }

  /** The value if it lies in this order, or in one that differs in axes of length 1 only. */
  function formLike(value: Value, { forms }: Known, order: AxisOrder): OnnxValue | undefined {
    const exact = forms.find((form) => form.order.join() === order.join())
    if (exact) return exact.held
    const alike = forms.find((form) => sameLying(value.shape, form.order, order))
    if (alike === undefined) return undefined
    const held = nodes.reshape(alike.held, lyingShape(value.shape, order))
    forms.push({ held, order })
    return held
  }

  function first(value: Value): void {
    const { origin } = value
    switch (origin.kind) {
      case 'input':
        throw new Error(`The input ${origin.name} is not one of the traced graph.`)
      case 'constant':
        known.set(value, { forms: [asCounted(nodes.constant(origin.data, value, origin.name))] })
        return
      case 'broadcast': {
        const [form] = self.forms(origin.of)
        const added = value.shape.length - origin.of.shape.length
        const order = [...naturalOrder(added), ...form.order.map((axis) => axis + added)]
        const shape = lyingShape(value.shape, order)
        known.set(value, { forms: [{ held: nodes.node('Expand', [self.aligned(origin.of, order), nodes.integers(shape)], { shape, type: value.type }), order }] })
        return
      }
      case 'operation': {
        const { operation } = origin
        const lowered = [lowerOperation(operation, self)].flat()
        operation.outputs.forEach((output, i) => {
          const each = lowered[i]
          known.set(output, 'blocked' in each ? { forms: [], blocked: each.blocked } : { forms: [device === 'webgpu' ? turnedBack(nodes, each) : each] })
        })
      }
    }
  }
  return self
}

/**
 * Images that came out channels first, channels last again. onnxruntime's WebGPU engine computes convolutions channels last and transposes before and behind
 * each, which takes these transpositions away; what is elementwise in between then needs none.
 */
const turnedBack = (nodes: NodeList, { held, order }: Lying): Lying =>
  order.join() === channelsFirst.join() ? { held: nodes.transpose(held, naturalOrder(4).map((axis) => channelsFirst.indexOf(axis))), order: naturalOrder(4) } : { held, order }

/** The ways in which a value is there. */
interface Known {
  readonly forms: Lying[]
  blocked?: OnnxValue
}

/** A reshaped value that lies as its operand does, where that can be; else one that lies as counted. */
export function reshapedLying(lowering: Lowering, value: Value, shape: readonly number[]): Lying {
  for (const form of lowering.forms(value)) {
    const order = orderOfReshaped(value.shape, form.order, shape)
    if (order) return { held: lowering.reshape(form.held, lyingShape(shape, order)), order }
  }
  return asCounted(lowering.reshape(lowering.natural(value), shape))
}
