import type { DataType, Tensor } from '@tensorflow/tfjs-core'
import type { HostTensor, HostTensors } from './run/host-tensor'
import { elementTypeOf } from './run/host-tensor'
import type { Value, ValueForm, ValueType } from './trace/graph'
import { valueType } from './trace/trace-backend'

/** Shape and element type of an input; a tensor is one. */
export interface InputForm {
  /** Its shape. */
  readonly shape: readonly number[]
  /** Its element type: float32, int32 or bool. */
  readonly dtype: DataType
}

/** Inputs by name, as forms. */
export type InputForms = Readonly<Record<string, InputForm>>

/** The forms of arrays. */
export const formsOf = (arrays: HostTensors): InputForms =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, { shape: array.shape, dtype: elementTypeOf(array) }]))

/** The same text for the same names, shapes and types. */
export const signatureOf = (forms: InputForms): string =>
  Object.entries(forms).map(([name, { shape, dtype }]) => `${name}:${dtype}(${shape.join()})`).sort().join(' ')

/** A graph's inputs. */
export const inputValues = (forms: InputForms): Record<string, Value> =>
  Object.fromEntries(Object.entries(forms).map(([name, { shape, dtype }]) => [name, inputValue(name, { shape: [...shape], type: valueType(dtype) })]))

const inputValue = (name: string, form: ValueForm): Value => ({ ...form, origin: { kind: 'input', name } })

/** Numbers in the array of their type: TensorFlow.js' cpu backend keeps bools that were cast to floats as bytes. */
function ofType(numbers: ArrayLike<number>, type: ValueType): HostTensor['data'] {
  const array = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }[type]
  return numbers instanceof array ? numbers : array.from(numbers)
}

/** Reads tensors to the host; they are borrowed. */
export async function readTensors(tensors: Readonly<Record<string, Tensor>>): Promise<Record<string, HostTensor>> {
  const read = async ([name, tensor]: [string, Tensor]): Promise<[string, HostTensor]> => {
    return [name, { data: ofType(await tensor.data(), valueType(tensor.dtype)), shape: tensor.shape }]
  }
  return Object.fromEntries(await Promise.all(Object.entries(tensors).map(read)))
}
