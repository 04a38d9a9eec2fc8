import { sizeOf } from '../trace/graph'
import { describeForm, elementTypeOf, type ElementType, type HostTensor, type TensorForm } from './host-tensor'

/** A tensor that a session does not take, or a model whose tensors cannot be handed over; nothing has been run. */
export class HostTensorError extends Error {
  /** Always `HostTensorError`, so that it is known across copies of the library. */
  override readonly name = 'HostTensorError'
  /** The model's input or output that it is about. */
  readonly tensor: string

  constructor(tensor: string, message: string) {
    super(message)
    this.tensor = tensor
  }

  /** Whether something is a {@link HostTensorError}, also one of another copy of this library. */
  static isInstance(error: unknown): error is HostTensorError {
    return error instanceof Error && error.name === 'HostTensorError'
  }
}

/**
 * Checks that a tensor is one that a model's input takes: onnxruntime's own message names neither types nor the input's full shape.
 *
 * @throws {HostTensorError} where the element type, the shape or the number of elements is another one.
 */
export function checkHostTensor(input: string, tensor: HostTensor, form: TensorForm): void {
  const type = elementTypeOf(tensor)
  const { shape } = tensor
  const fits = type === form.type && shape.length === form.shape.length
    && form.shape.every((length, axis) => typeof length === 'string' || length === shape[axis])
  if (!fits) {
    throw new HostTensorError(input, `Input '${input}' must be ${describeForm(form)}; got ${describeForm({ type, shape })}. ` +
      'Give it in that form, or compile for the form that you have.')
  }
  checkCount(input, tensor)
}

/** Checks that a tensor has as many numbers as its shape says. @throws {HostTensorError} */
export function checkCount(input: string, { shape, data }: Pick<HostTensor, 'shape' | 'data'>): void {
  const size = sizeOf(shape)
  if (data.length === size) return
  throw new HostTensorError(input, `Input '${input}' of shape (${shape.join(', ')}) must have ${size} numbers; got ${data.length}. Give its true shape.`)
}

const elementTypes: readonly string[] = ['float32', 'int32', 'bool'] satisfies ElementType[]

/**
 * Checks that the inputs or outputs of a model are of element types that a {@link HostTensor} can hold.
 *
 * @throws {HostTensorError} for the first that is not.
 */
export function checkElementTypes(role: 'input' | 'output', forms: Readonly<Record<string, TensorForm>>): void {
  const [name, form] = Object.entries(forms).find(([, { type }]) => !elementTypes.includes(type)) ?? []
  if (name === undefined || form === undefined) return
  throw new HostTensorError(name, `An ${role} of a model must be float32, int32 or bool; ${role} '${name}' is ${form.type}. Cast it in the model.`)
}
