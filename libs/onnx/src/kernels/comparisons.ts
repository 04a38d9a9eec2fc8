import type { OnnxValue } from '../model/onnx-graph'
import type { NodeList } from '../lower/node-list'
import type { ValueType } from '../trace/graph'
import { castTo, elementwiseKernel, type Formula } from './elementwise'
import { expressions } from './expression'
import type { Kernel } from './kernel'

/** Which of two values comes first is asked of numbers: true counts as 1. */
const comparison = (name: string, onnx: string, negated = false): Kernel => elementwiseKernel(name, {
  inputs: ['a', 'b'],
  type: () => 'bool',
  formula: (nodes, operands) => {
    const of = expressions(nodes)
    const result = of.test(onnx, ...operands.map((each) => (each.type === 'bool' ? of.cast(each, 'int32') : each)))
    return negated ? of.test('Not', result) : result
  },
})

const logical = (name: string, onnx: string, inputs: readonly string[]): Kernel => elementwiseKernel(name, {
  inputs,
  type: () => 'bool',
  formula: (nodes, operands) => expressions(nodes).test(onnx, ...operands.map((each) => castTo(nodes, each, 'bool'))),
})

/** A test of floats; whole numbers are always finite. */
const floatTest = (name: string, test: (nodes: NodeList, x: OnnxValue) => OnnxValue): Kernel => elementwiseKernel(name, {
  inputs: ['x'],
  type: () => 'bool',
  formula: (nodes, [x]) => test(nodes, castTo(nodes, x, 'float32')),
})

const order: readonly ValueType[] = ['bool', 'int32', 'float32']
const wider = (types: readonly ValueType[]): ValueType => types.reduce((a, b) => (order.indexOf(b) > order.indexOf(a) ? b : a))

const choice: Formula = (nodes, [condition, yes, no], { type }) =>
  expressions(nodes)('Where', castTo(nodes, condition, 'bool'), castTo(nodes, yes, type), castTo(nodes, no, type))

/** Comparisons, logic, and the choice between two tensors. */
export const comparisons: readonly Kernel[] = [
  comparison('Equal', 'Equal'),
  comparison('NotEqual', 'Equal', true),
  comparison('Greater', 'Greater'),
  comparison('GreaterEqual', 'GreaterOrEqual'),
  comparison('Less', 'Less'),
  comparison('LessEqual', 'LessOrEqual'),
  logical('LogicalAnd', 'And', ['a', 'b']),
  logical('LogicalOr', 'Or', ['a', 'b']),
  logical('LogicalNot', 'Not', ['x']),
  floatTest('IsNan', (nodes, x) => expressions(nodes).test('IsNaN', x)),
  floatTest('IsInf', (nodes, x) => expressions(nodes).test('IsInf', x)),
  floatTest('IsFinite', (nodes, x) => {
    const of = expressions(nodes)
    return of.test('Not', of.test('Or', of.test('IsNaN', x), of.test('IsInf', x)))
  }),
  elementwiseKernel('Select', { inputs: ['condition', 't', 'e'], type: ([, yes, no]) => wider([yes, no]), formula: choice }),
]
