import type { OnnxValue } from '../model/onnx-graph'
import { operator, type Formula } from './elementwise'
import { expressions } from './expression'

/** π/2 = high + middle + low: 11 bits, 11 bits, and what is left in float32, so that whole multiples below 2¹³ of the first two are exact. */
const [high, middle, low] = (() => {
  const bits = (value: number, step: number) => Math.floor(value / step) * step
  const first = bits(Math.PI / 2, 2 ** -10)
  const second = bits(Math.PI / 2 - first, 2 ** -21)
  return [first, second, Math.PI / 2 - first - second]
})()

/** (−1)ⁿ/(2n + 1)! from n = 6 down to 1, for Horner's rule in r²: up to r¹³ the series is right to 2⁻³⁰ for |r| ≤ π/2. */
const coefficients = [6, 5, 4, 3, 2, 1].map((n) => (-1) ** n / Array.from({ length: 2 * n + 1 }, (_, i) => i + 1).reduce((product, each) => product * each))

/**
 * Sine or cosine on a GPU, where WGSL's own may be wrong by 2⁻¹¹ within [−π, π] and by anything outside, and the features of a network's time are sines of up to a thousand radians:
 * x less the nearest multiple of π (sine) or odd multiple of π/2 (cosine), in three parts (Cody and Waite 1980), then Taylor's series. Right to 2⁻²² for |x| ≤ 12,000.
 */
const reduced = (name: 'Sin' | 'Cos'): Formula => (nodes, [x]) => {
  const of = expressions(nodes)
  const number = (value: number) => of.number(value, x)
  const times = (a: OnnxValue, b: number) => of('Mul', a, number(b))
  const halfTurns = times(x, 1 / Math.PI)
  const k = of('Floor', name === 'Sin' ? of('Add', halfTurns, number(0.5)) : halfTurns)
  const multiple = name === 'Sin' ? times(k, 2) : of('Add', times(k, 2), number(1))
  const r = [high, middle, low].reduce((rest, part) => of('Sub', rest, times(multiple, part)), x)
  const square = of('Mul', r, r)
  const series = coefficients.slice(1).reduce((inner, each) => of('Add', of('Mul', inner, square), number(each)), number(coefficients[0]))
  const sine = of('Add', r, of('Mul', of('Mul', r, square), series))
  const odd = of('Sub', k, times(of('Floor', times(k, 0.5)), 2)) // 0 or 1
  const sign = name === 'Sin' ? of('Sub', number(1), times(odd, 2)) : of('Sub', times(odd, 2), number(1))
  return of('Mul', sign, sine)
}

/** Sine and cosine: ONNX's own on the processor. */
export const angleFunction = (name: 'Sin' | 'Cos'): Formula => (nodes, operands, output, attributes) =>
  (nodes.device === 'cpu' ? operator(name) : reduced(name))(nodes, operands, output, attributes)

/** Tangent: ONNX's own on the processor. */
export const tangent: Formula = (nodes, [x], output, attributes) =>
  nodes.device === 'cpu' ? operator('Tan')(nodes, [x], output, attributes) : nodes.node('Div', [reduced('Sin')(nodes, [x], output, attributes), reduced('Cos')(nodes, [x], output, attributes)], output)
