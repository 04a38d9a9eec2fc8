import type { Params } from '@sbgm/sde-core'
import { tensor } from '@tensorflow/tfjs-core'
import type { HostArray, HostArrays } from './host-array'
import { checkArrays } from './host-parameters'

/**
 * Reads parameters back to the host, for a file.
 *
 * @param params - borrowed
 * @returns copies by name
 */
export async function parametersToHost(params: Params): Promise<Record<string, HostArray>> {
  const entries = Object.entries(params).map(
    async ([name, value]): Promise<[string, HostArray]> => [name, { data: new Float32Array(await value.data()), shape: [...value.shape] }],
  )
  return Object.fromEntries(await Promise.all(entries))
}

/**
 * Parameters from a file's arrays, in the order and with the shapes of a network's own.
 *
 * @param arrays - what the file holds; copied
 * @param like - parameters of the network, such as fresh ones; borrowed
 * @returns tensors owned by the caller
 * @throws ShapeError naming the first parameter whose shape differs; InvalidArgumentError naming the first that is missing,
 * or the first that the network does not have.
 */
export function parametersFromHost(arrays: HostArrays, like: Params): Params {
  const names = Object.keys(like)
  checkArrays(arrays, { names, shapes: names.map((name) => like[name].shape) }, 'arrays')
  return Object.fromEntries(names.map((name) => [name, tensor(arrays[name].data.slice(), [...arrays[name].shape])]))
}
