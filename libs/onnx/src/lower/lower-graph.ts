import { TraceError } from '../errors'
import { primitiveNamed } from '../kernels/table'
import type { OnnxGraph, OnnxValue } from '../model/onnx-graph'
import type { OnnxDevice } from '../run/device'
import { sizeOf, type Graph, type HostNumbers, type Operation, type Value } from '../trace/graph'
import { blockedLayout } from './blocked-layout'
import { consumersOf } from './consumers'
import { asCounted, lowering, type Lower } from './lowering'
import { nodeList } from './node-list'
import { operationsInOrder } from './operations-in-order'

/** How a graph is lowered. */
export interface LoweringOptions {
  /** Channels per block of onnxruntime's blocked convolutions, which are there on the processor only. @defaultValue none: standard operators only */
  readonly block?: number | undefined
  /** What the graph is to run on. Graphs of either run on both, slower. @defaultValue 'cpu' */
  readonly device?: OnnxDevice
}

/** A traced graph as an ONNX graph; what no output depends on is left out. */
export function lowerGraph({ inputs, outputs }: Graph, { block, device = 'cpu' }: LoweringOptions = {}): OnnxGraph {
  const lower: Lower = (operation: Operation, context) => {
    if (device === 'webgpu' && notOnWebGpu.includes(operation.kernel)) {
      throw new TraceError(`onnxruntime's WebGPU engine must know every kernel of a function that it is to run; got ${operation.kernel}, which it cannot compute. Compile the function for the processor.`)
    }
    return operation.outputs.every(({ shape }) => sizeOf(shape) === 0)
      ? operation.outputs.map((output) => asCounted(context.constant(emptyOf(output), output))) // not every operator of onnxruntime can do without numbers
      : primitiveNamed(operation.kernel).lower(operation, context)
  }
  const operations = operationsInOrder(Object.values(outputs))
  const nodes = nodeList(new Set([...Object.keys(inputs), ...Object.keys(outputs)]))
  const context = lowering({ nodes, lowerOperation: lower, consumers: consumersOf(operations, outputs), blocks: block === undefined ? undefined : blockedLayout(block), device })
  const onnxInputs = Object.entries(inputs).map(([name, { shape, type }]) => ({ name, shape, type }))
  Object.values(inputs).forEach((value, i) => context.setInput(value, onnxInputs[i]))
  for (const { outputs: [value] } of operations) context.lower(value) // in order, so that no chain of calls is as deep as the graph
  const held = Object.entries(outputs).map(([name, value]) => [name, context.natural(value)] as const)
  return withOutputNames({ inputs: onnxInputs, nodes: nodes.nodes, constants: nodes.constants }, held)
}

/** What the WebGPU engine of onnxruntime 1.30.0 computes wrongly, as convolutions in groups over whole images, or not at all, as where maxima lie. */
const notOnWebGpu: readonly string[] = ['DepthwiseConv2dNativeBackpropInput', 'DepthwiseConv2dNativeBackpropFilter', 'MaxPoolGrad']

/** The numbers of a value that has none. */
const emptyOf = ({ type }: Value): HostNumbers => ({ float32: new Float32Array(), int32: new Int32Array(), bool: new Uint8Array() })[type]

/** Gives outputs their names: a node's own output is renamed, anything else (an input, a constant, an output that is there twice) copied. */
function withOutputNames(
  { inputs, nodes, constants }: Omit<OnnxGraph, 'outputs'>, held: readonly (readonly [string, OnnxValue])[],
): OnnxGraph {
  const byNodes = new Set(nodes.flatMap(({ outputs }) => outputs))
  const renamed = new Map<string, string>()
  const copies: OnnxGraph['nodes'][number][] = []
  for (const [name, { name: inner }] of held) {
    if (byNodes.has(inner) && !renamed.has(inner)) renamed.set(inner, name)
    else copies.push({ operator: 'Identity', domain: '', inputs: [inner], outputs: [name], attributes: {} })
  }
  const nameOf = (name: string): string => renamed.get(name) ?? name
  const used = new Set<string>()
  const final = [...nodes, ...copies].map((node) => ({ ...node, inputs: node.inputs.map(nameOf), outputs: node.outputs.map(nameOf) }))
  const alive = liveNodes(final, held.map(([name]) => name))
  alive.forEach((node) => node.inputs.forEach((name) => used.add(name)))
  return {
    inputs,
    outputs: held.map(([name, { shape, type }]) => ({ name, shape, type })),
    constants: constants.filter(({ name }) => used.has(name)),
    nodes: alive,
  }
}

/** The nodes that an output depends on, in order. */
function liveNodes<Node extends { readonly inputs: readonly string[], readonly outputs: readonly string[] }>(nodes: readonly Node[], outputs: readonly string[]): Node[] {
  const needed = new Set(outputs)
  const alive: Node[] = []
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some((name) => needed.has(name))) continue
    node.inputs.forEach((name) => needed.add(name))
    alive.push(node)
  }
  return alive.reverse()
}
