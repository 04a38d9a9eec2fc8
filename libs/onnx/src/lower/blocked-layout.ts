import type { OnnxAttribute, OnnxNode, OnnxValue } from '../model/onnx-graph'
import type { NodeList } from './node-list'

/** One number per channel, (batch or 1, channels), or one number for all. */
export type PerChannel = OnnxValue | number

/**
 * The layout in which onnxruntime's fastest convolutions want images: channels in blocks that lie innermost, so that
 * (batch, channels, height, width) lies as (batch, channels / block, height, width, block).
 *
 * Elementwise operations work on it as on any other; numbers per channel meet it after being repeated along a row of pixels, or in
 * a convolution of one pixel, plane by plane: seen as one sample with a channel for every channel of every sample, the images lie the same.
 * It is an internal format of onnxruntime (operators of the domain `com.microsoft.nchwc`): used only where a check at start-up
 * has shown that it works, and never in an exported file.
 */
export interface BlockedLayout {
  /** Channels per block. */
  readonly block: number
  /** Whether images of so many channels can lie in blocks. */
  fits(channels: number): boolean
  /** Brings images into blocks. */
  enter(nodes: NodeList, images: OnnxValue, from: 'channels first' | 'channels last'): OnnxValue
  /** Brings images out of blocks. */
  leave(nodes: NodeList, blocked: OnnxValue, to: 'channels first' | 'channels last'): OnnxValue
  /** Images in blocks as rows of pixels, (batch, channels / block, height, width · block). */
  rows(nodes: NodeList, blocked: OnnxValue): OnnxValue
  /** Numbers per channel, (batch or 1, channels), repeated along such a row, (batch or 1, channels / block, 1, width · block). */
  alongRow(nodes: NodeList, perChannel: OnnxValue, width: number): OnnxValue
  /** Numbers per channel repeated to this shape, (batch or 1, channels). */
  numbers(nodes: NodeList, perChannel: PerChannel, shape: readonly number[]): OnnxValue
  /** x · scale + shift + sum in one pass, for images x and sum; where nothing else needs `sum`, it is overwritten, else first copied, on one thread. */
  affine(nodes: NodeList, x: OnnxValue, others: { readonly scale: PerChannel, readonly shift: PerChannel | undefined, readonly sum: OnnxValue | undefined }): OnnxValue
  /** Σ x y over the pixels, (batch, channels), without their product in between. */
  product(nodes: NodeList, x: OnnxValue, y: OnnxValue): OnnxValue
  /** Images with columns of zeros at their left and right. */
  widened(nodes: NodeList, x: OnnxValue, columns: readonly [left: number, right: number]): OnnxValue
  /** Whether a node is a convolution over all channels in blocks. */
  isConvolution(node: OnnxNode): boolean
  /** A node of a blocked operator. */
  node(nodes: NodeList, operator: string, inputs: readonly (Pick<OnnxValue, 'name'> | undefined)[], shape: readonly number[], attributes: Readonly<Record<string, OnnxAttribute>>): OnnxValue
}

const domain = 'com.microsoft.nchwc'

/** The reordering operators take floats only: what a comparison gave goes through them as 0 and 1. */
function throughFloats(nodes: NodeList, x: OnnxValue, reorder: (floats: OnnxValue) => OnnxValue): OnnxValue {
  if (x.type === 'float32') return reorder(x)
  const cast = (value: OnnxValue, type: 'float32' | 'bool') => nodes.node('Cast', [value], { shape: value.shape, type }, { attributes: { to: { int: type === 'bool' ? 9 : 1 } } })
  return cast(reorder(cast(x, 'float32')), 'bool')
}

/** A convolution of each plane of pixels, one for every channel of every sample, with a window of its own. */
const planeByPlane = (planes: number, window: readonly number[]): Record<string, OnnxAttribute> =>
  ({ kernel_shape: { ints: window }, pads: { ints: [0, 0, 0, 0] }, strides: { ints: [1, 1] }, group: { int: planes } })

/** The blocked layout with this many channels in a block. */
export function blockedLayout(block: number): BlockedLayout {
  const layout: BlockedLayout = {
    block,
    fits: (channels) => channels % block === 0,
    enter(nodes, images, from) {
      const [batch, channels, height, width] = from === 'channels first' ? images.shape : [0, 3, 1, 2].map((axis) => images.shape[axis])
      const shape = [batch, channels, height, width]
      if (from === 'channels last' && channels === block) return nodes.reshape(images, shape) // they lie like that already
      return throughFloats(nodes, images, (x) => nodes.node('ReorderInput', [x], { shape, type: x.type }, { domain, attributes: { channels_last: { int: from === 'channels last' ? 1 : 0 } } }))
    },
    leave(nodes, blocked, to) {
      const [batch, channels, height, width] = blocked.shape
      const shape = to === 'channels first' ? blocked.shape : [batch, height, width, channels]
      if (to === 'channels last' && channels === block) return nodes.reshape(blocked, shape)
      const attributes = { channels: { int: channels }, channels_last: { int: to === 'channels last' ? 1 : 0 } }
      return throughFloats(nodes, blocked, (x) => nodes.node('ReorderOutput', [x], { shape, type: x.type }, { domain, attributes }))
    },
    rows(nodes, blocked) {
      const [batch, channels, height, width] = blocked.shape
      return nodes.reshape(blocked, [batch, channels / block, height, width * block])
    },
    alongRow(nodes, perChannel, width) {
      const [batch, channels] = perChannel.shape
      const inBlocks = nodes.reshape(perChannel, [batch, channels / block, 1, block])
      const shape = [batch, channels / block, width, block]
      const repeated = nodes.node('Expand', [inBlocks, nodes.integers(shape)], { shape, type: perChannel.type })
      return nodes.reshape(repeated, [batch, channels / block, 1, width * block])
    },
    numbers(nodes, perChannel, shape) {
      if (typeof perChannel !== 'number' && perChannel.shape[0] === shape[0]) return perChannel
      const given = typeof perChannel === 'number' ? nodes.scalar(perChannel, 'float32') : perChannel
      return nodes.node('Expand', [given, nodes.integers(shape)], { shape, type: 'float32' })
    },
    affine(nodes, x, { scale, shift, sum }) {
      const [batch, channels, height, width] = x.shape
      const planes = batch * channels
      const line = [1, planes, 1, height * width]
      const weights = nodes.reshape(layout.numbers(nodes, scale, [batch, channels]), [planes, 1, 1, 1])
      const bias = shift === undefined ? undefined : nodes.reshape(layout.numbers(nodes, shift, [batch, channels]), [planes])
      const made = layout.node(nodes, 'Conv', [nodes.reshape(x, line), weights, bias, sum && nodes.reshape(sum, line)], line, planeByPlane(planes, [1, 1]))
      return nodes.reshape(made, x.shape)
    },
    product(nodes, x, y) {
      const [batch, channels, height, width] = x.shape
      const [planes, pixels] = [batch * channels, height * width]
      const made = layout.node(nodes, 'Conv', [nodes.reshape(x, [1, planes, 1, pixels]), nodes.reshape(y, [planes, 1, 1, pixels])], [1, planes, 1, 1], planeByPlane(planes, [1, pixels]))
      return nodes.reshape(made, [batch, channels])
    },
    widened(nodes, x, [left, right]) {
      if (left === 0 && right === 0) return x
      const [batch, channels, height, width] = x.shape
      const planes = batch * channels
      const ones = nodes.reshape(layout.numbers(nodes, 1, [batch, channels]), [planes, 1, 1, 1])
      const attributes = { ...planeByPlane(planes, [1, 1]), pads: { ints: [0, left, 0, right] } }
      const made = layout.node(nodes, 'Conv', [nodes.reshape(x, [1, planes, height, width]), ones], [1, planes, height, width + left + right], attributes)
      return nodes.reshape(made, [batch, channels, height, width + left + right])
    },
    isConvolution: ({ operator, domain: own, attributes: { group } }) => operator === 'Conv' && own === domain && group !== undefined && 'int' in group && group.int === 1,
    node: (nodes, operator, inputs, shape, attributes) => nodes.node(operator, inputs, { shape, type: 'float32' }, { domain, attributes }),
  }
  return Object.freeze(layout)
}
