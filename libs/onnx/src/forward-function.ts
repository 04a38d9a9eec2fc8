import type { Tensor } from '@tensorflow/tfjs-core'
import { readTensors } from './host-forms'
import { elementTypeOf, type HostTensor } from './run/host-tensor'
import { constantValue, sizeOf, type Value } from './trace/graph'
import type { TracedFunction } from './trace/trace'

/** A network's forward pass: parameters by name, inputs by name → outputs by name. */
export type ForwardFunction = (params: Readonly<Record<string, Tensor>>, inputs: Record<string, Tensor>) => Readonly<Record<string, Tensor>>

/** A forward function of which only the inputs are left, and its parameters as constants. */
export interface BoundForward {
  /** The function of inputs and constants. */
  readonly fn: TracedFunction
  /** The constants, by the names that `fn` knows them by. */
  readonly constants: Readonly<Record<string, Value>>
}

/** Keeps parameters and inputs of one name apart. */
export const parameterPrefix = 'parameter/'

/**
 * Binds parameters.
 *
 * @param params - tensors, which are read and borrowed until this resolves, or arrays of the host, which are kept
 * @param graphName - the name of a parameter in the graph. @defaultValue its own
 */
export async function bindParameters(
  forward: ForwardFunction, params: Readonly<Record<string, Tensor | HostTensor>>, graphName = (name: string): string => name,
): Promise<BoundForward> {
  const constants = await Promise.all(Object.entries(params).map(async ([name, value]): Promise<[string, Value]> => {
    const array = 'dataId' in value ? (await readTensors({ value })).value : value
    if (array.data.length !== sizeOf(array.shape)) {
      throw new RangeError(`A parameter must have as many numbers as its shape says; got ${array.data.length} for ${name}, (${array.shape.join(', ')}).`)
    }
    return [parameterPrefix + name, constantValue(array.data, { shape: array.shape, type: elementTypeOf(array) }, graphName(name))]
  }))
  const fn: TracedFunction = (tensors) => {
    const [own, inputs]: Record<string, Tensor>[] = [{}, {}]
    for (const [name, tensor] of Object.entries(tensors)) {
      if (name.startsWith(parameterPrefix)) own[name.slice(parameterPrefix.length)] = tensor
      else inputs[name] = tensor
    }
    return forward(own, inputs)
  }
  return { fn, constants: Object.fromEntries(constants) }
}
