import type { OnnxAttribute, OnnxValue } from '../model/onnx-graph'
import type { NodeList } from './node-list'

/**
 * The layout in which onnxruntime's fastest convolutions want images: channels in blocks that lie innermost, so that
 * (batch, channels, height, width) lies as (batch, channels / block, height, width, block).
 *
 * Elementwise operations work on it as on any other; numbers per channel meet it after being repeated along a row of pixels.
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
  /** A node of a blocked operator. */
  node(nodes: NodeList, operator: string, inputs: readonly (OnnxValue | undefined)[], shape: readonly number[], attributes: Readonly<Record<string, OnnxAttribute>>): OnnxValue
}

const domain = 'com.microsoft.nchwc'

/** The reordering operators take floats only: what a comparison gave goes through them as 0 and 1. */
function throughFloats(nodes: NodeList, x: OnnxValue, reorder: (floats: OnnxValue) => OnnxValue): OnnxValue {
  if (x.type === 'float32') return reorder(x)
  const cast = (value: OnnxValue, type: 'float32' | 'bool') => nodes.node('Cast', [value], { shape: value.shape, type }, { attributes: { to: { int: type === 'bool' ? 9 : 1 } } })
  return cast(reorder(cast(x, 'float32')), 'bool')
}

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
    node: (nodes, operator, inputs, shape, attributes) => nodes.node(operator, inputs, { shape, type: 'float32' }, { domain, attributes }),
  }
  return Object.freeze(layout)
}
