/** The element types of a traced value, as TensorFlow.js names them. */
export type ValueType = 'float32' | 'int32' | 'bool'

/** Numbers on the host: float32, int32, or bool as 0 and 1. */
export type HostNumbers = Float32Array | Int32Array | Uint8Array

/** The form of a value: what is known of it before it has any numbers. */
export interface ValueForm {
  /** Its logical shape, as TensorFlow.js sees it (images are NHWC). */
  readonly shape: readonly number[]
  /** Its element type. */
  readonly type: ValueType
}

/** One value of a traced computation: an input, a constant, a broadcast view of another value, or what an operation gave. */
export interface Value extends ValueForm {
  /** Where it comes from. */
  readonly origin: ValueOrigin
}

/** Where a value comes from. */
export type ValueOrigin =
  | { readonly kind: 'input', readonly name: string }
  | { readonly kind: 'constant', readonly data: HostNumbers, readonly name?: string }
  | { readonly kind: 'broadcast', readonly of: Value }
  | { readonly kind: 'operation', readonly operation: Operation, readonly index: number }

/** One call of a kernel. */
export interface Operation {
  /** TensorFlow.js' name of the kernel. */
  readonly kernel: string
  /** Its tensors in the order of the kernel's definition; absent optional ones are undefined. */
  readonly inputs: readonly (Value | undefined)[]
  /** Its attributes, as TensorFlow.js hands them over. */
  readonly attributes: Readonly<Record<string, unknown>>
  /** What it gives. */
  readonly outputs: readonly Value[]
}

/** A traced function. */
export interface Graph {
  /** Its inputs by name. */
  readonly inputs: Readonly<Record<string, Value>>
  /** Its outputs by name. */
  readonly outputs: Readonly<Record<string, Value>>
}

/** The number of elements of a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, axis) => product * axis, 1)

/** Whether two shapes are the same. */
export const sameShape = (a: readonly number[], b: readonly number[]): boolean => a.length === b.length && a.every((axis, i) => axis === b[i])

/**
 * The shape of an elementwise operation on operands of these shapes, axes aligned at the end and axes of length 1 repeated.
 *
 * @throws RangeError for axes that differ and are not 1.
 */
export function broadcastShape(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length))
  return Array.from({ length: rank }, (_, axis) => {
    let length = 1
    for (const shape of shapes) {
      const own = shape[axis - rank + shape.length] ?? 1
      if (own === 1 || own === length) continue
      if (length !== 1) throw new RangeError(`Shapes must be equal or 1 along each axis; got ${shapes.map((each) => `(${each.join(', ')})`).join(' and ')}.`)
      length = own
    }
    return length
  })
}

/** An operation's single output. */
export function operationValue(kernel: string, inputs: readonly (Value | undefined)[], attributes: Operation['attributes'], form: ValueForm): Value {
  return operationValues(kernel, inputs, attributes, [form])[0]
}

/** An operation's outputs. */
export function operationValues(
  kernel: string, inputs: readonly (Value | undefined)[], attributes: Operation['attributes'], forms: readonly ValueForm[],
): Value[] {
  const outputs: Value[] = []
  const operation: Operation = { kernel, inputs, attributes, outputs }
  forms.forEach(({ shape, type }, index) => outputs.push({ shape, type, origin: { kind: 'operation', operation, index } }))
  return outputs
}

/** A view of a value that repeats it to a larger shape; the value itself where it has that shape already. */
export function broadcastValue(of: Value, shape: readonly number[]): Value {
  if (sameShape(of.shape, shape)) return of
  return { shape, type: of.type, origin: { kind: 'broadcast', of: unexpanded(of) } }
}

/** What a broadcast view repeats; any other value itself. */
export const unexpanded = (value: Value): Value => (value.origin.kind === 'broadcast' ? value.origin.of : value)

/** A constant of any shape; one whose numbers are all the same is kept as a view of one number. */
export function constantValue(data: HostNumbers, { shape, type }: ValueForm, name?: string): Value {
  if (name === undefined && data.length > 1 && data.every((number) => Object.is(number, data[0]))) {
    return broadcastValue(constantValue(data.slice(0, 1), { shape: [], type }), shape)
  }
  return { shape, type, origin: { kind: 'constant', data, ...(name === undefined ? {} : { name }) } }
}

/** The single number of a constant that has only one; undefined for anything else, also for a named one: a parameter, which is to stay in the graph. */
export function numberOf(value: Value | undefined): number | undefined {
  if (value === undefined) return undefined
  const { origin } = unexpanded(value)
  return origin.kind === 'constant' && origin.name === undefined && origin.data.length === 1 ? origin.data[0] : undefined
}

/** The numbers of a constant, also of a repeated one; undefined for anything that is computed. */
export function numbersOf(value: Value): HostNumbers | undefined {
  if (value.origin.kind === 'constant') return value.origin.data
  const number = numberOf(value)
  if (number === undefined) return undefined
  const size = sizeOf(value.shape)
  return (value.type === 'float32' ? new Float32Array(size) : value.type === 'int32' ? new Int32Array(size) : new Uint8Array(size)).fill(number)
}
