import type { OnnxValue } from '../model/onnx-graph'
import type { NodeList } from '../lower/node-list'
import { sameShape, type ValueForm, type ValueType } from '../trace/graph'
import { castTo, elementwiseKernel, operator } from './elementwise'
import { attribute, type Attributes, type Kernel } from './kernel'

type UnaryFormula = (nodes: NodeList, x: OnnxValue, output: ValueForm, attributes: Attributes) => OnnxValue

const unary = (name: string, formula: string | UnaryFormula): Kernel =>
  elementwiseKernel(name, {
    inputs: ['x'],
    type: ([type]) => type,
    formula: typeof formula === 'string' ? operator(formula) : (nodes, [x], output, attributes) => formula(nodes, x, output, attributes),
  })

/** Functions of one tensor. */
export const unaryKernels: readonly Kernel[] = [
  unary('Cos', 'Cos'),
  unary('Exp', 'Exp'),
  unary('Log', 'Log'),
  unary('Neg', 'Neg'),
  unary('Sigmoid', 'Sigmoid'),
  unary('Sin', 'Sin'),
  unary('Sqrt', 'Sqrt'),
  unary('Tanh', 'Tanh'),
  unary('Relu', 'Relu'),
  unary('Rsqrt', (nodes, x, output) => nodes.node('Reciprocal', [nodes.node('Sqrt', [x], output)], output)),
  unary('Square', (nodes, x, output) => nodes.node('Mul', [x, x], output)),
  elementwiseKernel('Cast', {
    inputs: ['x'],
    type: (_types, attributes) => attribute<ValueType>(attributes, 'dtype'),
    formula: (nodes, [x], { type }) => castTo(nodes, x, type),
    shortcut: ([x], _attributes, { type }) => (x.type === type ? x : undefined),
  }),
  elementwiseKernel('Identity', {
    inputs: ['x'],
    type: ([type]) => type,
    formula: (_nodes, [x]) => x,
    shortcut: ([x], _attributes, { shape }) => (sameShape(x.shape, shape) ? x : undefined),
  }),
]
