import type { OnnxAttribute, OnnxType, OnnxValue } from '../model/onnx-graph'
import type { NodeList } from '../lower/node-list'
import { broadcastShape } from '../trace/graph'
import { castTo, type Formula } from './elementwise'

/** Elementwise nodes as one writes a formula: the shape of each follows from its operands, its type is theirs unless told. */
export interface Expressions {
  /** A node of an operator; its type is the last operand's. */
  (operator: string, ...operands: readonly OnnxValue[]): OnnxValue
  /** A comparison or test, which gives a bool. */
  test(operator: string, ...operands: readonly OnnxValue[]): OnnxValue
  /** A node with attributes. */
  withAttributes(operator: string, operands: readonly OnnxValue[], attributes: Readonly<Record<string, OnnxAttribute>>): OnnxValue
  /** A number of an operand's type. */
  number(value: number, like: OnnxValue): OnnxValue
  /** A value of another type. */
  cast(x: OnnxValue, type: OnnxType): OnnxValue
}

/** Formulas over the nodes of a graph. */
export function expressions(nodes: NodeList): Expressions {
  const node = (operator: string, operands: readonly OnnxValue[], type: OnnxType, attributes: Readonly<Record<string, OnnxAttribute>> = {}) =>
    nodes.node(operator, operands, { shape: broadcastShape(operands.map(({ shape }) => shape)), type }, { attributes })
  const typeOf = (operands: readonly OnnxValue[]): OnnxType => operands[operands.length - 1].type
  return Object.assign((operator: string, ...operands: readonly OnnxValue[]) => node(operator, operands, typeOf(operands)), {
    test: (operator: string, ...operands: readonly OnnxValue[]) => node(operator, operands, 'bool'),
    withAttributes: (operator: string, operands: readonly OnnxValue[], attributes: Readonly<Record<string, OnnxAttribute>>) =>
      node(operator, operands, typeOf(operands), attributes),
    number: (value: number, like: OnnxValue) => nodes.scalar(value, like.type),
    cast: (x: OnnxValue, type: OnnxType) => castTo(nodes, x, type),
  })
}

/** A formula that is computed in float32, whatever its operands are, and cut to the type that is wanted: what TensorFlow.js does. */
export const inFloats = (formula: Formula): Formula => (nodes, operands, output, attributes) =>
  castTo(nodes, formula(nodes, operands.map((each) => castTo(nodes, each, 'float32')), { shape: output.shape, type: 'float32' }, attributes), output.type)

/** A formula that reckons with true as 1 and false as 0; a bool that comes of it is whether the number is not 0. */
export const inNumbers = (formula: Formula): Formula => (nodes, operands, output, attributes) => {
  const type = operands[0].type === 'float32' ? 'float32' : 'int32'
  const result = formula(nodes, operands.map((each) => castTo(nodes, each, type)), { shape: output.shape, type }, attributes)
  return castTo(nodes, result, output.type)
}
