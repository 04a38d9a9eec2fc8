import { TraceError } from '../errors'
import { openLength, unknownLength, type OnnxConstant, type OnnxGraph, type OnnxNode, type OnnxValue } from './onnx-graph'

/** A function lowered for one batch size. */
export interface GraphAtBatch {
  /** The batch size. */
  readonly batch: number
  /** The graph for it. */
  readonly graph: OnnxGraph
}

/** Where the batch size is read when the model runs. */
export interface BatchAxis {
  /** Name of an input. */
  readonly input: string
  /** Its axis that is the batch. */
  readonly axis: number
}

/**
 * One graph for every batch size, from the graphs of one function for two of them.
 *
 * Node for node they must be the same. Where they differ is the batch: in a list of integers whose differing entries are the
 * batch times a whole number. In a reshape, one such entry is left to follow from the others (-1); anywhere else the list is
 * computed from the input's shape.
 *
 * @param small - the function at one size
 * @param large - the function at another; sizes with no common divisor, else a length that is the product of one of them and a
 * fixed number could be taken for a multiple of the other
 * @param axis - where the batch size is read
 * @throws TraceError naming the first node in which they differ in any other way.
 */
export function openBatch(small: GraphAtBatch, large: GraphAtBatch, axis: BatchAxis): OnnxGraph {
  const [ours, theirs] = [sourcesOf(small.graph), sourcesOf(large.graph)]
  const lists = integerLists(small.batch, large.batch, axis)
  const pairs = Math.max(small.graph.nodes.length, large.graph.nodes.length)
  const nodes = Array.from({ length: pairs }, (_, place): OnnxNode => {
    const [node, other] = [small.graph.nodes[place], large.graph.nodes[place]] as readonly (OnnxNode | undefined)[]
    const refuse = (difference: string): never => {
      throw new TraceError(
        'A function must compute the same for each sample to be exported with an open batch; ' +
          `node ${place + 1} (${(node ?? other)?.operator}) ${difference} at batch ${small.batch} and ${large.batch}. ` +
          'Export it for one size (batch: 64), or hand in as an input what depends on the size, such as a weight 1/batch.',
      )
    }
    if (node === undefined || other === undefined || node.operator !== other.operator || node.inputs.length !== other.inputs.length) {
      return refuse(`is ${node?.operator ?? 'missing'} and ${other?.operator ?? 'missing'}`)
    }
    const attribute = Object.keys(node.attributes).find((name) => JSON.stringify(node.attributes[name]) !== JSON.stringify(other.attributes[name]))
    if (attribute !== undefined) return refuse(`has the ${attribute} ${JSON.stringify(node.attributes[attribute])} and ${JSON.stringify(other.attributes[attribute])}`)
    const inputs = node.inputs.map((name, i) => {
      const [a, b] = [ours.get(name), theirs.get(other.inputs[i])]
      if (typeof a !== 'object' || typeof b !== 'object') return a === b ? name : refuse(`has another input ${i + 1}`)
      if (sameConstants(a, b)) return name
      return lists.name(a, b, node.operator === 'Reshape') ?? refuse(`has the constant ${described(a)} and ${described(b)}`)
    })
    return { ...node, inputs }
  })
  const used = new Set(nodes.flatMap(({ inputs }) => inputs))
  const opened = (value: OnnxValue, k: number, theirValues: readonly OnnxValue[]): OnnxValue =>
    ({ ...value, shape: value.shape.map((length, i) => openedLength(length, theirValues[k].shape[i], small.batch, large.batch)) })
  return {
    inputs: small.graph.inputs.map((value, k) => opened(value, k, large.graph.inputs)),
    outputs: small.graph.outputs.map((value, k) => opened(value, k, large.graph.outputs)),
    constants: [...small.graph.constants.filter(({ name }) => used.has(name)), ...lists.constants],
    nodes: [...lists.nodes, ...nodes],
  }
}

/** What each name of a graph stands for: an input, an output of a node by its place, or a constant. */
function sourcesOf({ inputs, nodes, constants }: OnnxGraph): Map<string, string | OnnxConstant> {
  return new Map<string, string | OnnxConstant>([
    ['', 'left out'],
    ...inputs.map(({ name }): [string, string] => [name, `input ${name}`]),
    ...nodes.flatMap(({ outputs }, place) => outputs.map((name, i): [string, string] => [name, `output ${i} of node ${place}`])),
    ...constants.map((constant): [string, OnnxConstant] => [constant.name, constant]),
  ])
}

const sameConstants = (a: OnnxConstant, b: OnnxConstant): boolean =>
  a.data === b.data || (a.type === b.type && a.shape.join() === b.shape.join() && a.data.every((number, i) => Object.is(number, b.data[i])))

const openedLength = (a: number, b: number, small: number, large: number): number =>
  a === b ? a : a === small && b === large ? openLength : unknownLength

/** A constant in a message: its numbers where they are few. */
const described = ({ data, shape, type }: OnnxConstant): string =>
  data.length <= 8 ? `[${Array.from(data, String).join(', ')}]` : `${type} of shape (${shape.join(', ')})`

/** The lists of integers that depend on the batch, each made once. */
function integerLists(small: number, large: number, { input, axis }: BatchAxis) {
  const constants: OnnxConstant[] = []
  const nodes: OnnxNode[] = []
  const made = new Map<string, string>()
  const once = (key: string, make: () => void): string => {
    const name = made.get(key) ?? `batch/${key}`
    if (!made.has(key)) make()
    made.set(key, name)
    return name
  }
  const constant = (values: readonly bigint[]): string =>
    once(values.join(), () => constants.push({ name: `batch/${values.join()}`, shape: [values.length], type: 'int64', data: BigInt64Array.from(values) }))
  const node = (key: string, operator: string, inputs: readonly string[], attributes: OnnxNode['attributes'] = {}): string =>
    once(key, () => nodes.push({ operator, domain: '', inputs, outputs: [`batch/${key}`], attributes }))

  const size = (): string => node('size', 'Shape', [input], { start: { int: axis }, end: { int: axis + 1 } })
  const multiple = (factor: bigint): string => (factor === 1n ? size() : node(`${factor}×size`, 'Mul', [size(), constant([factor])]))

  return {
    constants,
    nodes,
    /** The name of a list that is a at the small batch and b at the large one; undefined where that is not known to be so for others. */
    name(a: OnnxConstant, b: OnnxConstant, follows: boolean): string | undefined {
      if (a.type !== 'int64' || b.type !== 'int64' || a.data.length !== b.data.length) return undefined
      const [lengths, others] = [[...(a.data as BigInt64Array)], [...(b.data as BigInt64Array)]]
      const factors = lengths.map((length, i) => (length === others[i] ? undefined : wholeFactor(length, others[i], small, large)))
      if (factors.includes(0n)) return undefined
      if (follows && factors.filter((factor) => factor !== undefined).length === 1) {
        return constant(lengths.map((length, i) => (factors[i] === undefined ? length : -1n)))
      }
      const parts = lengths.map((length, i) => factors[i] === undefined ? constant([length]) : multiple(factors[i]))
      return parts.length === 1 ? parts[0] : node(`[${lengths.map((length, i) => (factors[i] === undefined ? length : `${factors[i]}×size`)).join()}]`, 'Concat', parts, { axis: { int: 0 } })
    },
  }
}

/** k where the lengths are k · small and k · large; 0 where there is none. */
function wholeFactor(a: bigint, b: bigint, small: number, large: number): bigint {
  const factor = a / BigInt(small)
  return factor * BigInt(small) === a && factor * BigInt(large) === b ? factor : 0n
}
