import type { HostTensor, HostTensors } from '@sbgm/onnx'

/**
 * Cuts arrays of one batch into blocks of a fixed number of rows, the last filled up with zeros.
 *
 * @param arrays - by name, each of shape (count, …) with the same count
 * @param rows - rows of every block, at least 1
 * @returns how many rows there were, and the blocks in order
 */
export function rowBlocks(arrays: HostTensors, rows: number): { readonly count: number; readonly blocks: readonly HostTensors[] } {
  const [{ shape: [count] }] = Object.values(arrays)
  const blocks = Array.from({ length: Math.ceil(count / rows) }, (_, block) =>
    Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, blockOf(array, block * rows, rows)])))
  return { count, blocks }
}

function blockOf({ data, shape: [count, ...rest] }: HostTensor, from: number, rows: number): HostTensor {
  const size = data.length / count
  const present = data.subarray(from * size, (from + rows) * size)
  const filled = present.length === rows * size ? present : extended(present, rows * size)
  return { data: filled, shape: [rows, ...rest] }
}

/** The same numbers, and zeros after them. */
function extended(data: HostTensor['data'], length: number): HostTensor['data'] {
  const longer = emptyLike(data, length)
  longer.set(data)
  return longer
}

/** Puts blocks together again, without the rows that filled them up. */
export function joinedRows(blocks: readonly HostTensors[], count: number): Record<string, HostTensor> {
  return Object.fromEntries(Object.entries(blocks[0]).map(([name, { data: first, shape: [rows, ...rest] }]) => {
    const size = first.length / rows
    const data = emptyLike(first, count * size)
    blocks.forEach((block, index) => data.set(block[name].data.subarray(0, (count - index * rows) * size), index * rows * size))
    return [name, { data, shape: [count, ...rest] }]
  }))
}

function emptyLike(data: HostTensor['data'], length: number): HostTensor['data'] {
  if (data instanceof Float32Array) return new Float32Array(length)
  return data instanceof Int32Array ? new Int32Array(length) : new Uint8Array(length)
}
