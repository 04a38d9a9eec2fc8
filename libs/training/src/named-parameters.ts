import { ShapeError, type Params } from '@sbgm/sde-core'
import { tensor } from '@tensorflow/tfjs-core'
import type { HostArray } from './step-runner'

/** Reads parameters back to the host, for a file. */
export async function parametersToHost(params: Params): Promise<Record<string, HostArray>> {
  const entries = Object.entries(params).map(async ([name, value]) => [name, { data: Float32Array.from(await value.data()), shape: value.shape }] as const)
  return Object.fromEntries(await Promise.all(entries))
}

/**
 * Parameters from a file's arrays, in the order and with the shapes of a network's own.
 *
 * @param arrays - what the file holds
 * @param like - parameters of the network, such as fresh ones; borrowed
 * @returns tensors owned by the caller
 * @throws ShapeError naming the first parameter that is missing or differs.
 */
export function parametersFromHost(arrays: Readonly<Record<string, HostArray>>, like: Params): Params {
  for (const [name, { shape }] of Object.entries(like)) {
    const actual = arrays[name]?.shape ?? []
    if (actual.join() !== shape.join()) throw new ShapeError(`the parameter ${name} of the checkpoint`, shape, actual)
  }
  return Object.fromEntries(Object.keys(like).map((name) => [name, tensor(arrays[name].data, [...arrays[name].shape])]))
}
