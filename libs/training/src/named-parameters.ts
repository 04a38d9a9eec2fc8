import { InvalidArgumentError, ShapeError, type Params } from '@sbgm/sde-core'
import { tensor } from '@tensorflow/tfjs-core'
import { sizeOf, type HostArray } from './host-array'

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
export function parametersFromHost(arrays: Readonly<Record<string, HostArray>>, like: Params): Params {
  for (const [name, { shape }] of Object.entries(like)) {
    if (!Object.hasOwn(arrays, name)) throw new InvalidArgumentError('arrays', Object.keys(arrays), `a checkpoint of this network, with the parameter ${name}`)
    const { data, shape: actual } = arrays[name]
    if (actual.join() !== shape.join()) throw new ShapeError(`the parameter ${name} of the checkpoint`, shape, actual)
    if (data.length !== sizeOf(shape)) throw new ShapeError(`the data of the parameter ${name}`, [sizeOf(shape)], [data.length])
  }
  const foreign = Object.keys(arrays).find((name) => !Object.hasOwn(like, name))
  if (foreign !== undefined) throw new InvalidArgumentError('arrays', foreign, 'a checkpoint of this network, without other parameters')
  return Object.fromEntries(Object.keys(like).map((name) => [name, tensor(arrays[name].data.slice(), [...arrays[name].shape])]))
}
