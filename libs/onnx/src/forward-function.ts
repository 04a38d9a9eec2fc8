import type { Tensor } from '@tensorflow/tfjs-core'
import { readTensors } from './host-forms'
import { elementTypeOf, type HostTensor } from './run/host-tensor'
import { constantValue, sizeOf, type Graph, type Value } from './trace/graph'
import { trace, type TracedFunction } from './trace/trace'

/** A network's forward pass: parameters by name, inputs by name → outputs by name. */
export type ForwardFunction = (params: Readonly<Record<string, Tensor>>, inputs: Record<string, Tensor>) => Readonly<Record<string, Tensor>>

/** Parameters as constants, by the names that the function knows. */
export type Constants = Readonly<Record<string, Value>>

/** Prefixes keep apart what has the same name as input, parameter or output. */
export const parameterPrefix = 'parameter/'
const inputPrefix = 'input/'

/**
 * Binds parameters.
 *
 * @param params - tensors, which are read and borrowed until this resolves, or arrays of the host, which are kept
 * @param graphName - the name of a parameter in the graph. @defaultValue its own
 * @throws RangeError for one that is none, or has another number of numbers than its shape says.
 */
export async function bindParameters(params: Readonly<Record<string, Tensor | HostTensor>>, graphName = (name: string): string => name): Promise<Constants> {
  const constants = await Promise.all(Object.entries(params).map(async ([name, value]): Promise<[string, Value]> => {
    if (typeof value !== 'object' || !('shape' in value)) throw new RangeError(`A parameter must be a tensor or an array of the host, { data, shape }; got ${String(value)} for ${name}.`)
    const array = 'dataId' in value ? (await readTensors({ value })).value : value
    if (array.data.length !== sizeOf(array.shape)) {
      throw new RangeError(`A parameter must have as many numbers as its shape says; got ${array.data.length} for ${name}, (${array.shape.join(', ')}).`)
    }
    return [name, constantValue(array.data, { shape: array.shape, type: elementTypeOf(array) }, graphName(name))]
  }))
  return Object.fromEntries(constants)
}

/** Traces a function with its parameters bound. */
export function traceForward(forward: ForwardFunction, constants: Constants, inputs: Readonly<Record<string, Value>>): Graph {
  const fn: TracedFunction = (tensors) => forward(startingWith(parameterPrefix, tensors), startingWith(inputPrefix, tensors))
  const graph = trace(fn, { ...renamed(constants, (name) => parameterPrefix + name), ...renamed(inputs, (name) => inputPrefix + name) })
  return { ...graph, inputs: startingWith(inputPrefix, graph.inputs) }
}

/** The values whose names begin so, without that beginning. */
const startingWith = <T>(prefix: string, values: Readonly<Record<string, T>>): Record<string, T> =>
  renamed(Object.fromEntries(Object.entries(values).filter(([name]) => name.startsWith(prefix))), (name) => name.slice(prefix.length))

/** The same values under other names. */
export const renamed = <T>(values: Readonly<Record<string, T>>, rename: (name: string) => string): Record<string, T> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [rename(name), value]))
