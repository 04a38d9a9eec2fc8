import { sameShape, type ValueType } from '../trace/graph'
import { castTo, elementwiseKernel, operator, type Formula } from './elementwise'
import { expressions, inFloats, inNumbers } from './expression'
import { attribute, type Kernel } from './kernel'
import { angleFunction, tangent } from './sine'

/** A function whose result has the operand's type. */
const unary = (name: string, formula: Formula): Kernel => elementwiseKernel(name, { inputs: ['x'], type: ([type]) => type, formula })

/** One that ONNX has for floats, under the same name unless told; of whole numbers the result is cut to whole numbers again. */
const floating = (name: string, onnx = name): Kernel => unary(name, inFloats(operator(onnx)))

/** Functions that every type has. */
const numeric: readonly Kernel[] = [
  unary('Abs', inNumbers(operator('Abs'))),
  unary('Neg', inNumbers(operator('Neg'))),
  unary('Sign', inNumbers((nodes, [x], output) => {
    if (x.type !== 'float32') return nodes.node('Sign', [x], output)
    const of = expressions(nodes)
    return of('Where', of.test('IsNaN', x), of.number(0, x), of('Sign', x)) // TensorFlow.js' sign of NaN is 0
  })),
  unary('Square', inNumbers((nodes, [x], output) => nodes.node('Mul', [x, x], output))),
]

/** e^x − 1 and ln(1 + x), exact near 0 too, which ONNX has not. */
const nearZero: readonly Kernel[] = [
  unary('Expm1', inFloats((nodes, [x]) => {
    const of = expressions(nodes)
    const one = of.number(1, x)
    const half = of('Tanh', of('Mul', x, of.number(0.5, x))) // e^x − 1 = 2 t / (1 − t), t = tanh(x / 2), loses nothing near 0
    const near = of('Div', of('Add', half, half), of('Sub', one, half))
    return of('Where', of.test('Less', of('Abs', x), one), near, of('Sub', of('Exp', x), one))
  })),
  unary('Log1p', inFloats((nodes, [x]) => {
    const of = expressions(nodes)
    const one = of.number(1, x)
    const u = of('Add', x, one) // what rounding took from 1 + x, the factor x / (u − 1) gives back (Kahan)
    const near = of('Mul', of('Log', u), of('Div', x, of('Sub', u, one)))
    return of('Where', of.test('Or', of.test('Equal', u, one), of.test('Equal', u, of.number(Infinity, u))), x, near)
  })),
]

/** Functions of one tensor. */
export const unaryKernels: readonly Kernel[] = [
  ...numeric,
  ...nearZero,
  ...['Acos', 'Acosh', 'Asin', 'Asinh', 'Atan', 'Atanh', 'Ceil', 'Cosh', 'Erf', 'Floor', 'Log', 'Reciprocal', 'Round', 'Sigmoid', 'Sinh',
    'Sqrt', 'Tanh'].map((name) => floating(name)),
  unary('Sin', inFloats(angleFunction('Sin'))),
  unary('Cos', inFloats(angleFunction('Cos'))),
  unary('Tan', inFloats(tangent)),
  elementwiseKernel('Exp', { inputs: ['x'], type: () => 'float32', formula: inFloats(operator('Exp')) }),
  unary('Rsqrt', inFloats((nodes, [x], output) => nodes.node('Reciprocal', [nodes.node('Sqrt', [x], output)], output))),
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
