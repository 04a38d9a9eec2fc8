/** The element types that travel between the program and onnxruntime: float32, int32, and bool as bytes 0 and 1. */
export type ElementType = 'float32' | 'int32' | 'bool'

/** A tensor on the host: its numbers in row-major order, and its shape. The array's class is the element type. */
export interface HostTensor {
  /** The numbers, as many as the product of the shape: a Float32Array is float32, an Int32Array int32, a Uint8Array bool (0 and 1). */
  readonly data: Float32Array | Int32Array | Uint8Array
  /** The length of each axis; empty for a scalar. */
  readonly shape: readonly number[]
}

/** Host tensors by name. */
export type HostTensors = Readonly<Record<string, HostTensor>>

/** What a model says of one of its inputs or outputs: an axis whose length it leaves open is a name instead of a number. */
export interface TensorForm {
  /** Its element type, as onnxruntime names it. */
  readonly type: string
  /** The length of each axis, or the name of one that is free. */
  readonly shape: readonly (number | string)[]
}

/**
 * The element type of a host tensor.
 *
 * @throws {TypeError} where its data is no array of a class that has one.
 */
export function elementTypeOf({ data }: HostTensor): ElementType {
  if (data instanceof Float32Array) return 'float32'
  if (data instanceof Int32Array) return 'int32'
  if (data instanceof Uint8Array) return 'bool'
  const given = (data as object | undefined)?.constructor.name ?? 'none'
  throw new TypeError(`The data of a host tensor must be a Float32Array, an Int32Array or a Uint8Array; got ${given}. Convert it, as by Float32Array.from.`)
}

/** A form as messages print it, such as `float32 of shape (2, batch)`. */
export const describeForm = ({ type, shape }: TensorForm): string => `${type} of shape (${shape.join(', ')})`
