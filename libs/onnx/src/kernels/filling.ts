import { broadcastValue, type HostNumbers, type Value, type ValueType } from '../trace/graph'
import { valueType } from '../trace/trace-backend'
import { attribute, type Attributes, type ComposedKernel, type Kernel } from './kernel'

/** Numbers of an element type, made as TensorFlow.js makes them: one after the other, each rounded to the type. */
function numbers(count: number, type: ValueType, next: (previous: number, place: number) => number): HostNumbers {
  const data = type === 'float32' ? new Float32Array(count) : type === 'int32' ? new Int32Array(count) : new Uint8Array(count)
  for (let i = 0; i < count; i++) data[i] = next(data[i - 1], i)
  return data
}

const constant = (data: HostNumbers, shape: readonly number[], type: ValueType): Value => ({ shape, type, origin: { kind: 'constant', data } })

/** The same number everywhere: one number, and a view that repeats it. */
const everywhere = (number: number, shape: readonly number[], type: ValueType): Value =>
  broadcastValue(constant(numbers(1, type, () => number), [], type), shape)

const numberAttribute = (attributes: Attributes, name: string): number => attribute(attributes, name)
const typeAttribute = (attributes: Attributes): ValueType => valueType(attribute(attributes, 'dtype') ?? 'float32')

const like = (name: string, number: number): ComposedKernel => ({
  name,
  inputs: ['x'],
  compose: ([x]) => [everywhere(number, (x as Value).shape, (x as Value).type)],
})

/** Evenly spaced numbers, each the one before plus a step, from the start on. */
function spaced(count: number, start: number, step: number, type: ValueType): Value {
  return constant(numbers(count, type, (previous, i) => (i === 0 ? start : previous + step)), [count], type)
}

/** Kernels that make constants. */
export const filling: readonly Kernel[] = [
  {
    name: 'Fill',
    inputs: [],
    compose: (_inputs, attributes) => [everywhere(numberAttribute(attributes, 'value'), attribute(attributes, 'shape'), typeAttribute(attributes))],
  },
  like('ZerosLike', 0),
  like('OnesLike', 1),
  {
    name: 'Range',
    inputs: [],
    compose: (_inputs, attributes) => {
      const [start, stop, asked] = ['start', 'stop', 'step'].map((name) => numberAttribute(attributes, name))
      const step = stop < start && asked === 1 ? -1 : asked // TensorFlow.js turns a step of 1 round by itself
      const count = (stop - start) * step > 0 ? Math.ceil((stop - start) / step) : 0
      return [spaced(count, start, step, typeAttribute(attributes))]
    },
  },
  {
    name: 'LinSpace',
    inputs: [],
    compose: (_inputs, attributes) => {
      const [start, stop, count] = ['start', 'stop', 'num'].map((name) => numberAttribute(attributes, name))
      return [spaced(count, start, (stop - start) / (count - 1), 'float32')]
    },
  },
]
