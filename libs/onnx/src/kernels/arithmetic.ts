import { elementwiseKernel, neutral, operator, type Formula } from './elementwise'
import { expressions, inFloats, inNumbers } from './expression'
import type { Kernel, PrimitiveKernel } from './kernel'
import { floorQuotient, remainder } from './whole-division'

/** A kernel of two tensors whose result has their type. */
const binary = (name: string, formula: Formula, shortcut?: PrimitiveKernel['shortcut']): Kernel =>
  elementwiseKernel(name, { inputs: ['a', 'b'], type: ([type]) => type, formula: inNumbers(formula), ...(shortcut ? { shortcut } : {}) })

/** Sums, products, quotients and powers. */
export const arithmetic: readonly Kernel[] = [
  binary('Add', operator('Add'), neutral(0, [0, 1])),
  binary('Sub', operator('Sub'), neutral(0, [1])),
  binary('Multiply', operator('Mul'), neutral(1, [0, 1])),
  elementwiseKernel('RealDiv', { inputs: ['a', 'b'], type: () => 'float32', formula: inFloats(operator('Div')), shortcut: neutral(1, [1]) }),
  elementwiseKernel('FloorDiv', {
    inputs: ['a', 'b'],
    type: () => 'int32',
    formula: (nodes, [a, b]) => floorQuotient(nodes, a, b),
  }),
  binary('Mod', (nodes, [a, b]) => remainder(nodes, a, b)),
  binary('Pow', power, neutral(1, [1])),
  binary('Maximum', operator('Max')),
  binary('Minimum', operator('Min')),
  binary('SquaredDifference', (nodes, [a, b], output) => {
    const difference = nodes.node('Sub', [a, b], output)
    return nodes.node('Mul', [difference, difference], output)
  }),
  elementwiseKernel('Atan2', { inputs: ['a', 'b'], type: ([type]) => type, formula: inFloats(angle) }),
  {
    name: 'AddN',
    inputs: 'list',
    compose: ([first, ...others], _attributes, call) => {
      let sum = first
      for (const each of others) [sum] = call('Add', [sum, each])
      return sum ? [sum] : []
    },
  },
]

/** aᵇ; of whole numbers, the part before the point, and 0 for a negative power of 0, which is infinite. */
function power(...[nodes, [a, b], output]: Parameters<Formula>): ReturnType<Formula> {
  const result = nodes.node('Pow', [a, b], output)
  if (a.type === 'float32') return result
  const of = expressions(nodes)
  const zero = of.number(0, a)
  return of('Where', of.test('And', of.test('Equal', a, zero), of.test('Less', b, zero)), zero, result)
}

/** The angle of the point (b, a), in (−π, π]; the sign of a zero is not looked at. */
function angle(...[nodes, [a, b]]: Parameters<Formula>): ReturnType<Formula> {
  const of = expressions(nodes)
  const zero = of.number(0, a)
  const [isUp, isLeft] = [of.test('GreaterOrEqual', a, zero), of.test('Less', b, zero)]
  const halfTurn = of('Where', isUp, of.number(Math.PI, a), of.number(-Math.PI, a))
  const slope = of('Add', of('Atan', of('Div', a, b)), of('Where', isLeft, halfTurn, zero))
  return of('Where', of.test('Equal', b, zero), of('Mul', of('Sign', a), of.number(Math.PI / 2, a)), slope)
}
