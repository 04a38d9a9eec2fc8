import type { HostTensor, HostTensors } from './host-tensor'

/** Tensors whose arrays may be moved to another thread, and the buffers to move. */
export interface OwnedTensors {
  /** The tensors by name. */
  readonly tensors: HostTensors
  /** The buffers under them, each once. */
  readonly buffers: readonly ArrayBuffer[]
}

/**
 * Makes tensors movable: those named in `givenAway` as they are, the others as copies. A copy here and a move cost one pass over
 * the numbers; a posted array would be copied twice, and the whole buffer under it with it where it is a part of a larger one.
 */
export function ownedTensors(tensors: HostTensors, givenAway: readonly string[]): OwnedTensors {
  const buffers = new Set<ArrayBuffer>()
  const owned = Object.entries(tensors).map(([name, { data, shape }]): [string, HostTensor] => {
    const mine = givenAway.includes(name) && isWhole(data) ? data : data.slice()
    buffers.add(mine.buffer as ArrayBuffer)
    return [name, { data: mine, shape }]
  })
  return { tensors: Object.fromEntries(owned), buffers: [...buffers] }
}

/** Whether moving an array takes nothing along but itself. */
const isWhole = ({ buffer, byteLength }: HostTensor['data']): boolean => buffer instanceof ArrayBuffer && buffer.byteLength === byteLength
