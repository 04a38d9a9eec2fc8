import { InvalidArgumentError, ShapeError } from '@sbgm/sde-core'
import type { ParameterLayout } from './flat-parameters'
import { sizeOf, type HostArray, type HostArrays } from './host-array'

/** Names and shapes that arrays are held against. */
export type ArrayNames = Pick<ParameterLayout, 'names' | 'shapes'>

/**
 * Holds arrays against the parameters of a network, before anything is made of them.
 *
 * @param group - what the arrays are, as an error is to call them: `arrays`, `from.average`
 * @throws ShapeError naming the first parameter whose shape differs; InvalidArgumentError naming the first that is missing,
 * or the first that the network does not have.
 */
export function checkArrays(arrays: HostArrays, { names, shapes }: ArrayNames, group: string): void {
  names.forEach((name, i) => {
    if (!Object.hasOwn(arrays, name)) {
      throw new InvalidArgumentError(group, Object.keys(arrays), `a checkpoint of this network, with the parameter ${name}`)
    }
    const { data, shape } = arrays[name]
    if (shape.join() !== shapes[i].join()) throw new ShapeError(`${group}: the parameter ${name} of the checkpoint`, shapes[i], shape)
    if (data.length !== sizeOf(shape)) throw new ShapeError(`${group}: the data of the parameter ${name}`, [sizeOf(shape)], [data.length])
  })
  const known = new Set(names)
  const foreign = Object.keys(arrays).find((name) => !known.has(name))
  if (foreign !== undefined) throw new InvalidArgumentError(group, foreign, 'a checkpoint of this network, without other parameters')
}

/** Named arrays as one vector in the order of a layout that they fit. */
export function flattenArrays(arrays: HostArrays, { names, sizes, total }: ParameterLayout): Float32Array {
  const flat = new Float32Array(total)
  let start = 0
  names.forEach((name, i) => {
    flat.set(arrays[name].data, start)
    start += sizes[i]
  })
  return flat
}

/** The named arrays in a vector of the layout's length, as copies. */
export function unflattenArrays(flat: Float32Array, { names, shapes, sizes }: ParameterLayout): HostArrays {
  let start = 0
  return Object.fromEntries(
    names.map((name, i): [string, HostArray] => [name, { data: flat.slice(start, (start += sizes[i])), shape: [...shapes[i]] }]),
  )
}
