import type { OnnxValue } from '../model/onnx-graph'
import type { NodeList } from '../lower/node-list'
import { expressions } from './expression'

/**
 * ⌊a / b⌋ as int32. Of whole numbers it is exact, and 0 where b is 0, as TensorFlow.js has it (and where the processor would trap).
 */
export function floorQuotient(nodes: NodeList, a: OnnxValue, b: OnnxValue): OnnxValue {
  const of = expressions(nodes)
  if (a.type === 'float32') return of.cast(of('Floor', of('Div', a, b)), 'int32')
  const [wideA, wideB] = [of.cast(a, 'int64'), of.cast(b, 'int64')] // −2³¹ / −1 does not fit in 32 bits
  const isZero = of.test('Equal', wideB, of.number(0, wideB))
  const divisor = of('Where', isZero, of.number(1, wideB), wideB)
  const whole = of('Sub', wideA, of('Mod', wideA, divisor)) // a multiple of b, so the division cuts nothing off
  return of.cast(of('Where', isZero, of.number(0, wideB), of('Div', whole, divisor)), 'int32')
}

/** a − b ⌊a / b⌋, which has the sign of b; of whole numbers 0 where b is 0. */
export function remainder(nodes: NodeList, a: OnnxValue, b: OnnxValue): OnnxValue {
  const of = expressions(nodes)
  const zero = of.number(0, b)
  if (a.type !== 'float32') {
    const isZero = of.test('Equal', b, zero)
    return of('Where', isZero, zero, of('Mod', a, of('Where', isZero, of.number(1, b), b))) // ONNX' Mod of whole numbers is just that
  }
  const cut = of.withAttributes('Mod', [a, b], { fmod: { int: 1 } }) // has the sign of a
  const signsDiffer = of.test('Xor', of.test('Less', a, zero), of.test('Less', b, zero))
  const isWhole = of.test('Equal', cut, zero)
  return of('Where', of.test('And', signsDiffer, of.test('Not', isWhole)), of('Add', cut, b), cut)
}
