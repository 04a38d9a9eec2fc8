import { blockedLayout, type BlockedLayout } from '../lower/blocked-layout'
import { nodeList, type NodeList } from '../lower/node-list'
import { encodeModel } from '../model/encode-model'
import type { OnnxValue } from '../model/onnx-graph'
import { sizeOf } from '../trace/graph'
import type { HostTensor } from './host-tensor'

/** A model together with what to feed it. */
export interface CheckModel {
  /** The bytes of the model. */
  readonly model: Uint8Array
  /** Its inputs. */
  readonly feeds: Readonly<Record<string, HostTensor>>
}

/** Both blocks that are known, 8 and 16, divide it. */
const channels = 16

/**
 * Channels 0 to 15 of two pixels, numbered in the order in which they lie, brought into blocks: what comes out ('blocked')
 * begins with the first pixel's channels 0, 2, 4, …, as many as a block has, and goes on with the second's, 1, 3, 5, ….
 */
export function blockModel(): CheckModel {
  const nodes = nodeList()
  const x: OnnxValue = { name: 'x', shape: [1, channels, 1, 2], type: 'float32' }
  const blocked = blockedLayout(channels).enter(nodes, x, 'channels first')
  return {
    model: modelOf(nodes, [x], { blocked }),
    feeds: { x: { data: Float32Array.from({ length: 2 * channels }, (_, i) => i), shape: x.shape } },
  }
}

/** One convolution to be made in both ways: `outs` and `ins` in blocks, fewer `ins` than a block as they are. */
interface Convolution {
  readonly kernel: number
  readonly stride: number
  readonly ins: number
  readonly outs: number
  readonly layout: 'channels first' | 'channels last'
  /** What is added within the convolution: nothing, a number per channel, or that and whole images. */
  readonly added: 'nothing' | 'bias' | 'bias and images'
  /** Groups of channels that are convolved alone, with one column of pixels left out between two taps. @defaultValue all together, without gaps */
  readonly groups?: number
}

/** Every kind of convolution over all channels that graphs are lowered to, on images of odd height and even width. */
const convolutions = (block: number): Readonly<Record<string, Convolution>> => ({
  sameSize: { kernel: 3, stride: 1, ins: 2 * block, outs: block, layout: 'channels first', added: 'nothing' },
  halved: { kernel: 3, stride: 2, ins: block, outs: 2 * block, layout: 'channels last', added: 'nothing' },
  pointwise: { kernel: 1, stride: 1, ins: 2 * block, outs: 2 * block, layout: 'channels last', added: 'bias' },
  fewChannels: { kernel: 3, stride: 1, ins: 1, outs: 2 * block, layout: 'channels first', added: 'bias' },
  residual: { kernel: 3, stride: 1, ins: 2 * block, outs: 2 * block, layout: 'channels last', added: 'bias and images' },
  grouped: { kernel: 3, stride: 1, ins: 2 * block, outs: 4 * block, layout: 'channels first', added: 'nothing', groups: 2 },
  residualHalved: { kernel: 3, stride: 2, ins: 2 * block, outs: block, layout: 'channels first', added: 'bias and images' },
})

/**
 * A model that makes each convolution both ways, and what is made plane by plane, outputs `<name>.plain` by ONNX's own Conv and `<name>.blocked` in blocks, with
 * the filter brought into blocks within the graph, as a training step does it. Its inputs are numbers in (−1, 1) without a pattern.
 */
export function convolutionModel(block: number): CheckModel {
  const nodes = nodeList()
  const inputs: OnnxValue[] = []
  const outputs: Record<string, OnnxValue> = {}
  const blocks = blockedLayout(block)
  for (const [name, convolution] of Object.entries(convolutions(block))) {
    const input = (part: string, shape: readonly number[]): OnnxValue => {
      inputs.push({ name: `${name}.${part}`, shape, type: 'float32' })
      return inputs[inputs.length - 1] as OnnxValue
    }
    const pair = bothWays(nodes, blocks, convolution, input)
    outputs[`${name}.plain`] = pair.plain
    outputs[`${name}.blocked`] = pair.blocked
  }
  const input = (part: string, shape: readonly number[]): OnnxValue => {
    inputs.push({ name: `planes.${part}`, shape, type: 'float32' })
    return inputs[inputs.length - 1] as OnnxValue
  }
  Object.assign(outputs, planeByPlane(nodes, blocks, input))
  const feeds = inputs.map(({ name, shape }, index) => [name, { data: scattered(sizeOf(shape), index), shape }] as const)
  return { model: modelOf(nodes, inputs, outputs), feeds: Object.fromEntries(feeds) }
}

function bothWays(
  nodes: NodeList, blocks: BlockedLayout, { kernel, stride, ins, outs, layout, added, groups = 1 }: Convolution,
  input: (part: string, shape: readonly number[]) => OnnxValue,
): { plain: OnnxValue, blocked: OnnxValue } {
  const [height, width] = [7, 6]
  const shape = [2, outs, Math.ceil(height / stride), Math.ceil(width / stride)]
  const pad = (kernel - 1) / 2
  const gap = groups > 1 ? 2 : 1
  const attributes = {
    kernel_shape: { ints: [kernel, kernel] }, pads: { ints: [pad, gap * pad, pad, gap * pad] }, strides: { ints: [stride, stride] }, dilations: { ints: [1, gap] }, group: { int: groups },
  }
  const images = input('images', [2, ins, height, width])
  const filter = input('filter', [outs, ins / groups, kernel, kernel])
  const bias = added === 'nothing' ? undefined : input('bias', [outs])
  const sum = added === 'bias and images' ? input('sum', shape) : undefined

  const convolved = nodes.node('Conv', [images, filter, bias], { shape, type: 'float32' }, { attributes })
  const plain = sum === undefined ? convolved : nodes.node('Add', [convolved, sum], { shape, type: 'float32' })

  const enter = (x: OnnxValue) => blocks.enter(nodes, layout === 'channels first' ? x : nodes.transpose(x, [0, 2, 3, 1]), layout)
  const few = ins < blocks.block
  const weights = few ? outputsInBlocks(nodes, filter, blocks.block) : bothInBlocks(nodes, filter, blocks.block)
  const inBlocks = blocks.node(nodes, 'Conv', [few ? images : enter(images), weights, bias, sum && enter(sum)], shape, attributes)
  const left = blocks.leave(nodes, inBlocks, layout)
  return { plain, blocked: layout === 'channels first' ? left : nodes.transpose(left, [0, 3, 1, 2]) }
}

/** What is made plane by plane: x · scale + shift + y with numbers per channel, and the sum of x y over the pixels. */
function planeByPlane(nodes: NodeList, blocks: BlockedLayout, input: (part: string, shape: readonly number[]) => OnnxValue): Record<string, OnnxValue> {
  const shape = [2, 2 * blocks.block, 5, 7]
  const [batch, channels] = shape as [number, number, number, number]
  const [x, y] = [input('x', shape), input('y', shape)]
  const [scale, shift] = [input('scale', [batch, channels]), input('shift', [batch, channels])]
  const over = (perChannel: OnnxValue) => nodes.reshape(perChannel, [batch, channels, 1, 1])
  const node = (operator: string, ...operands: readonly OnnxValue[]) => nodes.node(operator, operands, { shape, type: 'float32' })
  const [inX, inY] = [x, y].map((images) => blocks.enter(nodes, images, 'channels first')) as [OnnxValue, OnnxValue]
  return {
    'affine.plain': node('Add', node('Add', node('Mul', x, over(scale)), over(shift)), y),
    'affine.blocked': blocks.leave(nodes, blocks.affine(nodes, inX, { scale, shift, sum: inY }), 'channels first'),
    'product.plain': nodes.node('ReduceSum', [node('Mul', x, y), nodes.integers([2, 3])], { shape: [batch, channels], type: 'float32' }, { attributes: { keepdims: { int: 0 } } }),
    'product.blocked': blocks.product(nodes, inX, inY),
  }
}

function bothInBlocks(nodes: NodeList, filter: OnnxValue, block: number): OnnxValue {
  const [outs = 0, ins = 0, rows = 0, columns = 0] = filter.shape
  const split = nodes.reshape(filter, [outs / block, block, ins / block, block, rows, columns])
  return nodes.reshape(nodes.transpose(split, [0, 2, 4, 5, 3, 1]), filter.shape)
}

function outputsInBlocks(nodes: NodeList, filter: OnnxValue, block: number): OnnxValue {
  const [outs = 0, ins = 0, rows = 0, columns = 0] = filter.shape
  const split = nodes.reshape(filter, [outs / block, block, ins, rows, columns])
  return nodes.reshape(nodes.transpose(split, [0, 2, 3, 4, 1]), filter.shape)
}

/** The fractional parts of multiples of an irrational number, brought to (−1, 1): without a pattern, the same everywhere. */
function scattered(length: number, seed: number): Float32Array {
  const golden = (Math.sqrt(5) - 1) / 2
  return Float32Array.from({ length }, (_, i) => 2 * (((i + 1) * golden * (1 + 0.37 * seed)) % 1) - 1)
}

/** The bytes of a graph, its outputs under their own names. */
function modelOf(nodes: NodeList, inputs: readonly OnnxValue[], outputs: Readonly<Record<string, OnnxValue>>): Uint8Array {
  const named = Object.entries(outputs).map(([name, value]) => ({ from: value.name, output: { ...value, name } }))
  const identities = named.map(({ from, output }) => ({ operator: 'Identity', domain: '', inputs: [from], outputs: [output.name], attributes: {} }))
  return encodeModel({ inputs, outputs: named.map(({ output }) => output), constants: nodes.constants, nodes: [...nodes.nodes, ...identities] })
}
