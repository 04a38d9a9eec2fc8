import type { Tensor } from '@tensorflow/tfjs-core'
import type { InputForms } from './host-forms'
import { elementTypeOf, type HostTensors } from './run/host-tensor'
import { checkCount, HostTensorError } from './run/host-tensor-error'
import { describeTensor } from './trace/trace-backend'

/** Checks the examples of a function. @throws RangeError for a length that is no whole number; TypeError for one without a shape, such as an option. */
export function checkForms(forms: InputForms): void {
  for (const [name, form] of Object.entries(forms as Readonly<Record<string, unknown>>)) {
    const { shape } = Object(form) as { readonly shape?: unknown }
    if (shape === undefined) {
      throw new TypeError(`The example of the input ${name} must be a tensor or { shape }; got ${String(form)}. Options stand behind the examples, for which undefined will do.`)
    }
    if (!isShape(shape)) throw new RangeError(`${oddShape(name, shape)} Give the length of each axis; another length is traced when it comes.`)
  }
}

/**
 * Checks arrays of the host before anything is traced for their shapes.
 *
 * @throws HostTensorError for one that is none or has another number of numbers than its shape says; TypeError for one of another element type.
 */
export function checkArrays(arrays: HostTensors): void {
  for (const [name, given] of Object.entries(arrays as Readonly<Record<string, Partial<HostTensors[string]> | undefined>>)) {
    const { data, shape } = Object(given) as Partial<HostTensors[string]>
    if (data === undefined || shape === undefined) {
      throw new HostTensorError(name, `The input ${name} must be an array of the host, { data, shape }; got ${String(given)}. ` +
        `Write { ${name}: { data: Float32Array.of(…), shape: […] } }, or use run for tensors.`)
    }
    elementTypeOf({ data, shape })
    if (!isShape(shape)) throw new HostTensorError(name, `${oddShape(name, shape)} Give the length of each axis.`)
    checkCount(name, { data, shape })
  }
}

/** Checks tensors. @throws HostTensorError for what is none, or none any more. */
export function checkTensors(tensors: Readonly<Record<string, Tensor>>): void {
  for (const [name, given] of Object.entries(tensors as Readonly<Record<string, unknown>>)) {
    if (!isTensor(given)) throw new HostTensorError(name, `The input ${name} must be a tensor; got ${String(given)}. Make one of it, or use runArrays for arrays of the host.`)
    if (given.isDisposed) {
      throw new HostTensorError(name, `The input ${name} must be a tensor that is not disposed; this one, ${describeTensor(given)}, was. Dispose it when the run has resolved.`)
    }
  }
}

const isTensor = (given: unknown): given is Tensor => typeof given === 'object' && given !== null && 'dataId' in given
const isShape = (shape: unknown): boolean => Array.isArray(shape) && shape.every((length) => Number.isSafeInteger(length) && length >= 0)
const oddShape = (name: string, shape: unknown): string => `The shape of the input ${name} must be whole numbers; got ${Array.isArray(shape) ? `(${shape.join(', ')})` : String(shape)}.`
