import { encodeModel } from '../model/encode-model'
import type { OnnxValue } from '../model/onnx-graph'

/** A node by operator, with its inputs and outputs. */
export type TinyNode = readonly [operator: string, inputs: readonly string[], outputs: readonly string[]]

/** The bytes of a model without attributes and constants. */
export function tinyModel(nodes: readonly TinyNode[], inputs: readonly OnnxValue[], outputs: readonly OnnxValue[]): Uint8Array {
  return encodeModel({
    inputs, outputs, constants: [],
    nodes: nodes.map(([operator, from, to]) => ({ operator, domain: '', inputs: from, outputs: to, attributes: {} })),
  })
}

/** A float32 value of a model. */
export const floatValue = (name: string, ...shape: number[]): OnnxValue => ({ name, shape, type: 'float32' })

/** A running sum over runs: newTotal = total + x, scaled = newTotal · scale, of `length` numbers each. */
export const runningSum = (length = 3): Uint8Array => tinyModel(
  [['Add', ['total', 'x'], ['newTotal']], ['Mul', ['newTotal', 'scale'], ['scaled']]],
  [floatValue('total', length), floatValue('x', length), floatValue('scale')],
  [floatValue('newTotal', length), floatValue('scaled', length)],
)

/** power = x · x · … · x, matrices of `size` rows and columns, `products` times: something that takes its time. */
export const matrixPower = (size: number, products: number): Uint8Array => tinyModel(
  Array.from({ length: products }, (_, i): TinyNode => ['MatMul', [i === 0 ? 'x' : `power${i}`, 'x'], [i === products - 1 ? 'power' : `power${i + 1}`]]),
  [floatValue('x', size, size)],
  [floatValue('power', size, size)],
)
