import type { OnnxAttribute, OnnxConstant, OnnxNode, OnnxType, OnnxValue } from '../model/onnx-graph'
import { sizeOf } from '../trace/graph'

/** What a node gives: shape and element type. */
export interface NodeOutput {
  /** Shape in memory. */
  readonly shape: readonly number[]
  /** Element type. */
  readonly type: OnnxType
}

/** What a node may have beside its inputs. */
export interface NodeOptions {
  /** Its attributes. @defaultValue none */
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>
  /** Its operator set. @defaultValue ONNX's own */
  readonly domain?: string
}

/** What names of values that nobody named look like: none that comes from outside (an input's, a parameter's, an output's) may. */
export const generatedName = /^(value|constant|batch)\/./

/** An ONNX graph under construction. A node that is there already, or a constant, is not made twice. */
export interface NodeList {
  /** The nodes so far, in order. */
  readonly nodes: readonly OnnxNode[]
  /** The constants so far. */
  readonly constants: readonly OnnxConstant[]
  /** A node with one output. */
  node(operator: string, inputs: readonly (Pick<OnnxValue, 'name'> | undefined)[], output: NodeOutput, options?: NodeOptions): OnnxValue
  /** A node with several outputs. */
  split(operator: string, inputs: readonly (Pick<OnnxValue, 'name'> | undefined)[], outputs: readonly NodeOutput[], options?: NodeOptions): OnnxValue[]
  /** The node that gave a value; undefined for inputs and constants. */
  origin(value: OnnxValue): OnnxNode | undefined
  /** A constant; under a name of its own where one is given. */
  constant(data: OnnxConstant['data'], output: NodeOutput, name?: string): OnnxValue
  /** A list of integers, as shapes, axes and sizes are handed to nodes. */
  integers(values: readonly number[]): OnnxValue
  /** One number of an element type. */
  scalar(value: number, type: OnnxType): OnnxValue
  /** The same numbers under another shape; a value that has it already is returned, and of reshapes one behind the other only the last is made. */
  reshape(x: OnnxValue, shape: readonly number[]): OnnxValue
  /** The axes in another order: axis k of the result is axis `permutation[k]` of x. */
  transpose(x: OnnxValue, permutation: readonly number[]): OnnxValue
}

/**
 * An empty graph to be built.
 *
 * @param taken - names that come from outside: no value is named so. @defaultValue none
 */
export function nodeList(taken: ReadonlySet<string> = new Set()): NodeList {
  const nodes: OnnxNode[] = []
  const constants: OnnxConstant[] = []
  const made = new Map<string, OnnxValue[]>()
  const reshaped = new Map<string, OnnxValue>()
  const origins = new Map<string, OnnxNode>()
  let count = 0
  const freshName = (kind: 'value' | 'constant'): string => {
    const name = `${kind}/${count++}`
    return taken.has(name) ? freshName(kind) : name
  }
  const once = (key: string, make: () => OnnxValue[]): OnnxValue[] => {
    const known = made.get(key)
    if (known) return known
    const values = make()
    made.set(key, values)
    return values
  }
  const list: NodeList = {
    nodes,
    constants,
    node: (operator, inputs, output, options) => list.split(operator, inputs, [output], options)[0],
    split(operator, inputs, outputs, { attributes = {}, domain = '' } = {}) {
      const names = inputs.map((input) => input?.name ?? '')
      while (names.at(-1) === '') names.pop()
      return once(JSON.stringify([domain, operator, names, attributes]), () => {
        const values = outputs.map(({ shape, type }) => ({ name: freshName('value'), shape, type }))
        const node = { operator, domain, inputs: names, outputs: values.map(({ name }) => name), attributes }
        nodes.push(node)
        for (const { name } of values) origins.set(name, node)
        return values
      })
    },
    origin: ({ name }) => origins.get(name),
    constant(data, { shape, type }, name) {
      const make = () => {
        const value = { name: name ?? freshName('constant'), shape, type }
        constants.push({ ...value, data })
        return [value]
      }
      const small = data.length <= 64 && name === undefined
      return (small ? once(JSON.stringify([type, shape, Array.from(data, exactly)]), make) : make())[0]
    },
    integers: (values) => list.constant(BigInt64Array.from(values, BigInt), { shape: [values.length], type: 'int64' }),
    scalar: (value, type) => list.constant(numbersOfType([value], type), { shape: [], type }),
    reshape(given, shape) {
      const x = reshaped.get(given.name) ?? given
      if (x.shape.length === shape.length && x.shape.every((length, i) => length === shape[i])) return x
      if (sizeOf(x.shape) !== sizeOf(shape)) throw new RangeError(`A reshape must keep the number of elements; got (${x.shape.join(', ')}) to (${shape.join(', ')}).`)
      const attributes = shape.includes(0) ? { allowzero: { int: 1 } } : {} // else ONNX takes a 0 for "as it was"
      const result = list.node('Reshape', [x, list.integers(shape)], { shape, type: x.type }, { attributes })
      reshaped.set(result.name, x)
      return result
    },
    transpose(x, permutation) {
      if (permutation.every((axis, i) => axis === i)) return x
      const shape = permutation.map((axis) => x.shape[axis])
      return list.node('Transpose', [x], { shape, type: x.type }, { attributes: { perm: { ints: permutation } } })
    },
  }
  return list
}

/** A number in a key: −0 is another constant than 0. */
const exactly = (number: number | bigint): string => (Object.is(number, -0) ? '-0' : String(number))

/** Numbers as an array of an element type. */
function numbersOfType(values: readonly number[], type: OnnxType): OnnxConstant['data'] {
  switch (type) {
    case 'float32': return Float32Array.from(values)
    case 'int32': return Int32Array.from(values)
    case 'int64': return BigInt64Array.from(values, BigInt)
    case 'bool': return Uint8Array.from(values, (value) => (value === 0 ? 0 : 1))
  }
}
