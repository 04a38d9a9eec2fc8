import { elementwiseKernel, neutral, operator } from './elementwise'
import type { Kernel } from './kernel'

const sameType = (types: readonly ('float32' | 'int32' | 'bool')[]) => types[0]
const binary = (name: string, onnx: string, shortcut?: Kernel['shortcut']): Kernel =>
  elementwiseKernel(name, { inputs: ['a', 'b'], type: sameType, formula: operator(onnx), ...(shortcut ? { shortcut } : {}) })

/** Sums, products and powers of two tensors. */
export const arithmetic: readonly Kernel[] = [
  binary('Add', 'Add', neutral(0, [0, 1])),
  binary('Sub', 'Sub', neutral(0, [1])),
  binary('Multiply', 'Mul', neutral(1, [0, 1])),
  elementwiseKernel('RealDiv', { inputs: ['a', 'b'], type: () => 'float32', formula: operator('Div'), shortcut: neutral(1, [1]) }),
  elementwiseKernel('Pow', { inputs: ['a', 'b'], type: sameType, formula: operator('Pow'), shortcut: neutral(1, [1]) }),
  binary('Maximum', 'Max'),
  binary('Minimum', 'Min'),
  elementwiseKernel('SquaredDifference', {
    inputs: ['a', 'b'],
    type: sameType,
    formula: (nodes, [a, b], output) => {
      const difference = nodes.node('Sub', [a, b], output)
      return nodes.node('Mul', [difference, difference], output)
    },
  }),
]
