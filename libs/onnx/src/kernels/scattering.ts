import { TraceError } from '../errors'
import type { OnnxValue } from '../model/onnx-graph'
import { asCounted, type Lowering } from '../lower/lowering'
import { sizeOf, type Value } from '../trace/graph'
import { castTo } from './elementwise'
import { expressions } from './expression'
import { attribute, type Kernel } from './kernel'

/**
 * Rows of numbers put, or added, into a table at the rows that are named.
 *
 * By ScatterElements, which goes through them in order: ScatterND shares them out to threads, which then meet at a row that is named twice.
 *
 * @param table - (rows, width)
 * @param rows - (count,), int64
 * @param updates - (count, width)
 */
function scattered(lowering: Lowering, table: OnnxValue, rows: OnnxValue, updates: OnnxValue, reduction: 'add' | 'none'): OnnxValue {
  const [count] = rows.shape
  const named = lowering.node('Expand', [lowering.reshape(rows, [count, 1]), lowering.integers(updates.shape)], { shape: updates.shape, type: 'int64' })
  const attributes = { axis: { int: 0 }, reduction: { string: reduction } }
  return lowering.node('ScatterElements', [table, named, updates], { shape: table.shape, type: table.type }, { attributes })
}

const zeros = (lowering: Lowering, shape: readonly number[], type: Value['type']): OnnxValue =>
  lowering.node('Expand', [lowering.scalar(0, type), lowering.integers(shape)], { shape, type })

/** The rows of a table of so many slices that a list of indices (…, depth) names. */
function rowsNamed(lowering: Lowering, indices: Value, shape: readonly number[]): OnnxValue {
  const depth = indices.shape[indices.shape.length - 1]
  const count = sizeOf(indices.shape.slice(0, -1))
  const places = lowering.reshape(castTo(lowering, lowering.natural(indices), 'int64'), [count, depth])
  if (depth === 1) return lowering.reshape(places, [count])
  const strides = lowering.integers(shape.slice(0, depth).map((_, axis) => sizeOf(shape.slice(axis + 1, depth))))
  const parts = lowering.node('Mul', [places, strides], { shape: [count, depth], type: 'int64' })
  return lowering.node('ReduceSum', [parts, lowering.integers([1])], { shape: [count], type: 'int64' }, { attributes: { keepdims: { int: 0 } } })
}

/** Slices written into a tensor of this shape. */
function lowerScatter(lowering: Lowering, target: Value | undefined, indices: Value, updates: Value, { shape, type }: Value) {
  const depth = indices.shape[indices.shape.length - 1]
  const table = [sizeOf(shape.slice(0, depth)), sizeOf(shape.slice(depth))]
  const inside = type === 'bool' ? 'int32' : type
  const numbers = (value: Value, as: readonly number[]) => lowering.reshape(castTo(lowering, lowering.natural(value), inside), as)
  const into = target ? numbers(target, table) : zeros(lowering, table, inside)
  const rows = rowsNamed(lowering, indices, shape)
  const held = scattered(lowering, into, rows, numbers(updates, [rows.shape[0], table[1]]), target ? 'none' : 'add')
  return asCounted(lowering.reshape(castTo(lowering, held, type), shape))
}

/** Kernels that put numbers at places that are named. */
export const scattering: readonly Kernel[] = [
  {
    name: 'ScatterNd',
    inputs: ['indices', 'updates'],
    forms: ([, updates], attributes) => [{ shape: attribute<number[]>(attributes, 'shape'), type: updates.type }],
    lower: ({ inputs, outputs: [output] }, lowering) => lowerScatter(lowering, undefined, inputs[0] as Value, inputs[1] as Value, output),
  },
  {
    name: 'TensorScatterUpdate',
    inputs: ['tensor', 'indices', 'updates'],
    forms: ([{ shape, type }]) => [{ shape, type }],
    lower: ({ inputs, outputs: [output] }, lowering) => lowerScatter(lowering, inputs[0], inputs[1] as Value, inputs[2] as Value, output),
  },
  {
    name: 'UnsortedSegmentSum',
    inputs: ['x', 'segmentIds'],
    forms: ([x, { shape }], attributes) => {
      if (shape.length === 1) return [{ shape: [attribute<number>(attributes, 'numSegments'), ...x.shape.slice(1)], type: x.type }]
      throw new TraceError(`A traced unsortedSegmentSum must have its segments in a list; got a tensor of shape (${shape.join(', ')}). Reshape it to one axis.`)
    },
    lower: ({ inputs, outputs: [{ shape, type }] }, lowering) => {
      const [x, ids] = inputs as readonly Value[]
      const of = expressions(lowering)
      const [segments, width] = [shape[0], sizeOf(shape.slice(1))]
      const named = castTo(lowering, lowering.natural(ids), 'int64')
      const known = of.test('And', of.test('GreaterOrEqual', named, of.number(0, named)), of.test('Less', named, of.number(segments, named)))
      const rows = of('Where', known, named, of.number(segments, named)) // what belongs to no segment goes to a row of its own, which is cut off
      const updates = lowering.reshape(lowering.natural(x), [ids.shape[0], width])
      const held = scattered(lowering, zeros(lowering, [segments + 1, width], type), rows, updates, 'add')
      const kept = lowering.node('Slice', [held, lowering.integers([0]), lowering.integers([segments]), lowering.integers([0])], { shape: [segments, width], type })
      return asCounted(lowering.reshape(kept, shape))
    },
  },
]
