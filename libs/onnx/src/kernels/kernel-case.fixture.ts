import { grads, mul, range, reshape, sin, sum, tensor, tidy, type Tensor } from '@tensorflow/tfjs-core'
import { elementTypeOf, type HostTensor } from '../run/host-tensor'

/** Tensors in, a tensor or a list of them out; declared as a method, so that a case may name the ranks that it wants. */
export type Computation = { of(...operands: Tensor[]): Tensor | Tensor[] }['of']

/** How a case is judged, where not by eager TensorFlow.js to a few units in the last place. */
export interface Judgement {
  /** In units of 2⁻²³ times the largest number of the result. @defaultValue 8 */
  readonly ulps?: number
  /** What is right where eager TensorFlow.js' cpu backend is not, from the operands. @defaultValue eager is */
  readonly truth?: (...operands: HostTensor[]) => ArrayLike<number> | Promise<ArrayLike<number>>
}

/** One use of a kernel. */
export interface KernelCase extends Judgement {
  /** The kernel that it is about; eager TensorFlow.js must call it too. */
  readonly kernel: string
  /** What of it is shown. */
  readonly name: string
  /** What it is computed from. */
  readonly operands: readonly HostTensor[]
  /** How. */
  readonly compute: Computation
}

/** A case. */
export const kernelCase = (kernel: string, name: string, operands: readonly HostTensor[], compute: Computation, judgement: Judgement = {}): KernelCase =>
  ({ kernel, name, operands, compute, ...judgement })

/** The gradient with respect to every operand of the result weighted with fixed numbers. */
export const gradients = (compute: { of(...operands: Tensor[]): Tensor }['of']): Computation => (...operands) =>
  grads((...given) => weighted(compute(...given)))(operands)

/** A sum in which every number counts differently. */
const weighted = (y: Tensor): Tensor => sum(mul(y, reshape(sin(range(1, y.size + 1)), y.shape)))

/** The gradient of a linear function, by what the function makes of each unit vector: exact, whatever the backend's own gradient. */
export const linearGradient = (compute: { of(x: Tensor): Tensor }['of']) => async (x: HostTensor): Promise<number[]> => {
  const unit = (place: number): Tensor => asTensor({ ...x, data: x.data.map((_each, i) => (i === place ? 1 : 0)) })
  const parts = Array.from(x.data, (_each, place) => tidy(() => weighted(compute(unit(place)))))
  return (await Promise.all(parts.map(async (part) => part.data()))).map(([part]) => part)
}

/** A host tensor on the active backend. */
export const asTensor = (host: HostTensor): Tensor => tensor(host.data, [...host.shape], elementTypeOf(host))

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1)

/** Numbers in [0, 1) that look drawn and are always the same. */
function* fractions(seed: number): Generator<number, never> {
  for (let state = seed * 2654435761 + 12345; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    yield state / 2 ** 32
  }
}

/** Different floats between two bounds. */
export function floats(shape: readonly number[], [low, high]: readonly [number, number] = [-2, 2], seed = 1): HostTensor {
  const draw = fractions(seed)
  return { data: Float32Array.from({ length: sizeOf(shape) }, () => low + (high - low) * draw.next().value), shape }
}

/** Whole numbers from the first bound up to, without, the second. */
export function integers(shape: readonly number[], [low, high]: readonly [number, number] = [-5, 6], seed = 1): HostTensor {
  const draw = fractions(seed)
  return { data: Int32Array.from({ length: sizeOf(shape) }, () => Math.floor(low + (high - low) * draw.next().value)), shape }
}

/** Trues and falses. */
export function bools(shape: readonly number[], seed = 1): HostTensor {
  const draw = fractions(seed)
  return { data: Uint8Array.from({ length: sizeOf(shape) }, () => (draw.next().value < 0.5 ? 0 : 1)), shape }
}

/** These very floats. */
export const listed = (...numbers: number[]): HostTensor => ({ data: Float32Array.from(numbers), shape: [numbers.length] })

/** These very whole numbers. */
export const whole = (...numbers: number[]): HostTensor => ({ data: Int32Array.from(numbers), shape: [numbers.length] })
