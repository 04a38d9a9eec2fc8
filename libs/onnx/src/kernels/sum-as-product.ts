import { lyingShape, orderWithout } from '../lower/axis-order'
import type { Lowering, Lying } from '../lower/lowering'
import type { OnnxValue } from '../model/onnx-graph'
import { sizeOf } from '../trace/graph'

/** How many numbers one row of a product adds at most, where more can be added in two goes: a workgroup of a GPU adds them one tile after the other. */
const longestRow = 2048

/**
 * Sums or means over axes that are not the last as they lie, as products with rows of ones: onnxruntime's WebGPU engine first transposes what it reduces so, a pass over all
 * numbers more.
 *
 * @returns undefined where the axes lie last, are no neighbours, or are none, or where there are no numbers
 */
export function sumAsProduct(form: Lying, axes: readonly number[], mean: boolean, lowering: Lowering): Lying | undefined {
  const { held, order } = form
  const places = axes.map((axis) => order.indexOf(axis)).sort((a, b) => a - b)
  const [first, last] = [places[0], places[places.length - 1]]
  const inner = sizeOf(held.shape.slice(last + 1))
  if (places.length === 0 || last - first + 1 !== places.length || inner === 1 || sizeOf(held.shape) === 0) return undefined
  const factor = mean ? 1 / sizeOf(held.shape.slice(first, last + 1)) : 1
  let lengths = held.shape.slice(first, last + 1)
  let value = held
  while (lengths.length > 0) { // from behind, as many axes at a time as make no longer row
    let from = lengths.length - 1
    while (from > 0 && sizeOf(lengths.slice(from - 1)) <= longestRow) from--
    const [outer, row] = [sizeOf(held.shape.slice(0, first)) * sizeOf(lengths.slice(0, from)), sizeOf(lengths.slice(from))]
    value = rowTimes(lowering.reshape(value, [outer, row, inner]), lengths.length === places.length ? factor : 1, lowering)
    lengths = lengths.slice(0, from)
  }
  const kept = orderWithout(order, axes)
  const left = held.shape.filter((_, place) => place < first || place > last)
  return { held: lowering.reshape(value, left), order: kept }
}

/** Sums over the middle of (outer, row, inner), times a number: (outer, 1, inner). */
function rowTimes(x: OnnxValue, factor: number, lowering: Lowering): OnnxValue {
  const [outer, row, inner] = x.shape
  if (row === 1 && factor === 1) return x
  const ones = lowering.constant(new Float32Array(row).fill(factor), { shape: [1, row], type: 'float32' })
  return lowering.node('MatMul', [ones, x], { shape: [outer, 1, inner], type: 'float32' })
}

/** The same value with axes of length 1 where some were reduced. */
export function withAxes({ held, order }: Lying, shape: readonly number[], axes: readonly number[], lowering: Lowering): Lying {
  const counted = shape.map((_, axis) => axis)
  const kept = counted.filter((axis) => !axes.includes(axis))
  const wide = [...order.map((axis) => kept[axis]), ...axes]
  return { held: lowering.reshape(held, lyingShape(shape, wide)), order: wide }
}
