import { Cos, Sin, util, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { overrideKernel } from '../../kernel-override'
import { flatWorkgroup, runProgram, spread } from './run-program'

const workgroupSize = 64

/**
 * Largest |x| of the reduction below: the multiple of π/2 then has at most 13 bits, and its product with a constant of 11 is exact.
 * Beyond, WGSL's own function answers, of which its specification promises nothing there.
 */
const largest = 12_000

/** π/2 = high + middle + low: 11 bits, 11 bits, and what is left in float32, so that k · high and k · middle are exact for k < 2¹³. */
const [high, middle, low] = (() => {
  const bits = (value: number, step: number) => Math.floor(value / step) * step
  const first = bits(Math.PI / 2, 2 ** -10)
  const second = bits(Math.PI / 2 - first, 2 ** -21)
  return [first, second, Math.fround(Math.PI / 2 - first - second)]
})()

/** A number as a literal of WGSL that is read back to the bit. */
const literal = (value: number) => (Number.isInteger(value) ? `${value}.0` : String(value))

/** 1/n! with the signs of the Taylor series of sine or cosine, highest power first, as Horner's rule in r². Up to r⁹ and r¹⁰ they are right to 2⁻²⁴ for |r| ≤ π/4. */
function series(powers: readonly number[]): string {
  const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1))
  const coefficients = powers.map((power) => literal((Math.floor(power / 2) % 2 === 0 ? 1 : -1) / factorial(power)))
  return coefficients.reduce((inner, coefficient) => `(${inner} * r2 + ${coefficient})`)
}

const source = (name: string, quarterTurns: number) => `
fn ${name}Of(x_: f32) -> f32 {
  if (!(abs(x_) <= ${literal(largest)})) { return ${name}(x_); }
  let k = round(x_ * ${literal(2 / Math.PI)});
  let r = ((x_ - k * ${literal(high)}) - k * ${literal(middle)}) - k * ${literal(low)};
  let r2 = r * r;
  let quadrant = i32(k) + ${quarterTurns};
  let sine = r + r * r2 * ${series([9, 7, 5, 3])};
  let cosine = 1.0 + r2 * ${series([10, 8, 6, 4, 2])};
  let value = select(sine, cosine, (quadrant & 1) == 1);
  return select(value, -value, (quadrant & 2) == 2);
}

fn work() {
  let index = ${flatWorkgroup} * ${workgroupSize} + i32(localIndex);
  if (index < uniforms.count) { result[index] = ${name}Of(x[index]); }
}`

/**
 * Replaces sine and cosine on WebGPU. WGSL allows its own ones an absolute error of 2⁻¹¹ within [−π, π] and any outside (its “accuracy of built-in functions”), and cards
 * make use of it; the features of a network's time are sines of up to a thousand radians. These are right to 1.5 units in the last
 * place of 1 for |x| ≤ 12,000: x less a multiple of π/2 in three parts (Cody and Waite 1980), then Taylor's series.
 *
 * @returns a function that takes this installation back.
 */
export const installSine: readonly (() => () => void)[] = [
  () => overrideKernel({ kernelName: Sin, backendName: 'webgpu', replace: (stock) => kernel(stock, 'sin', 0) }),
  () => overrideKernel({ kernelName: Cos, backendName: 'webgpu', replace: (stock) => kernel(stock, 'cos', 1) }),
]

function kernel(stock: KernelFunc, name: string, quarterTurns: number): KernelFunc {
  return (call) => {
    const { x } = call.inputs as { x: TensorInfo }
    const count = util.sizeFromShape(x.shape)
    if (x.dtype !== 'float32' || count === 0) return stock(call)
    const backend = call.backend as WebGPUBackend
    return runProgram(backend, {
      name: name === 'sin' ? 'Sine' : 'Cosine',
      key: '',
      inputs: { x },
      shape: x.shape,
      workgroupSize,
      dispatch: spread(Math.ceil(count / workgroupSize)),
      integers: { count },
      source: () => source(name, quarterTurns),
    })
  }
}
