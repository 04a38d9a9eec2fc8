import { elementwiseKernel, operator, type Formula } from './elementwise'
import { expressions, inFloats } from './expression'
import { attribute, type Kernel } from './kernel'

const activation = (name: string, formula: Formula): Kernel =>
  elementwiseKernel(name, { inputs: ['x'], type: ([type]) => type, formula: inFloats(formula) })

/** x between two bounds; NaN stays NaN. */
const between = (low: number, high: number): Formula => (nodes, [x]) => {
  const of = expressions(nodes)
  return of('Min', of('Max', x, of.number(low, x)), of.number(high, x))
}

/** Activation functions. */
export const activations: readonly Kernel[] = [
  activation('Relu', operator('Relu')),
  activation('Relu6', between(0, 6)),
  activation('ClipByValue', (nodes, operands, output, attributes) =>
    between(attribute(attributes, 'clipValueMin'), attribute(attributes, 'clipValueMax'))(nodes, operands, output, attributes)),
  activation('Elu', operator('Elu')),
  activation('Selu', operator('Selu')),
  activation('Softplus', operator('Softplus')),
  activation('Step', (nodes, [x], _output, attributes) => {
    const of = expressions(nodes)
    const step = of('Where', of.test('Greater', x, of.number(0, x)), of.number(1, x), of.number(attribute(attributes, 'alpha') ?? 0, x))
    return of('Where', of.test('IsNaN', x), x, step)
  }),
  elementwiseKernel('LeakyRelu', {
    inputs: ['x'],
    type: () => 'float32',
    formula: inFloats((nodes, [x], output, attributes) =>
      nodes.node('LeakyRelu', [x], output, { attributes: { alpha: { float: attribute(attributes, 'alpha') } } })),
  }),
  elementwiseKernel('Prelu', {
    inputs: ['x', 'alpha'],
    type: () => 'float32',
    formula: inFloats((nodes, [x, alpha]) => {
      const of = expressions(nodes)
      return of('Where', of.test('Less', x, of.number(0, x)), of('Mul', alpha, x), x)
    }),
  }),
  elementwiseKernel('EluGrad', {
    inputs: ['dy', 'y'],
    type: () => 'float32',
    formula: inFloats((nodes, [dy, y]) => {
      const of = expressions(nodes)
      return of('Where', of.test('Less', y, of.number(0, y)), of('Mul', dy, of('Add', y, of.number(1, y))), dy)
    }),
  }),
]
