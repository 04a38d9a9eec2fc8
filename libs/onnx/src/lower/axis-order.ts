import { sizeOf } from '../trace/graph'

/**
 * In which order the axes of a value lie in memory: `order[k]` is the logical axis at place k, so that NHWC images that lie
 * as NCHW have the order [0, 3, 1, 2].
 */
export type AxisOrder = readonly number[]

/** The order in which the axes lie as they are counted. */
export const naturalOrder = (rank: number): AxisOrder => Array.from({ length: rank }, (_, axis) => axis)

/** Images (batch, height, width, channels) with their channels before the pixels. */
export const channelsFirst: AxisOrder = [0, 3, 1, 2]

/** A logical shape in the order in which its axes lie. */
export const lyingShape = (shape: readonly number[], order: AxisOrder): number[] => order.map((axis) => shape[axis])

/** Whether the two orders put the same numbers at the same places: axes of length 1 may stand anywhere. */
export function sameLying(shape: readonly number[], a: AxisOrder, b: AxisOrder): boolean {
  const long = (order: AxisOrder) => order.filter((axis) => shape[axis] !== 1)
  return long(a).join() === long(b).join()
}

/** The order of what a transposition gives: its axis k is the operand's axis `permutation[k]`. */
export const orderOfTransposed = (order: AxisOrder, permutation: readonly number[]): AxisOrder => order.map((axis) => permutation.indexOf(axis))

/** The order that is left without some axes, the others renumbered. */
export function orderWithout(order: AxisOrder, axes: readonly number[]): AxisOrder {
  const kept = [...order.keys()].filter((axis) => !axes.includes(axis))
  return order.filter((axis) => !axes.includes(axis)).map((axis) => kept.indexOf(axis))
}

/**
 * The order in which a reshaped value lies if its numbers stay where they are; undefined where they would have to move.
 *
 * A reshape splits and merges runs of neighbouring axes. It is free where, in memory too, the axes of every run are
 * neighbours in their logical order.
 */
export function orderOfReshaped(from: readonly number[], order: AxisOrder, to: readonly number[]): AxisOrder | undefined {
  if (sizeOf(from) === 0) return undefined
  const runs = matchRuns(from, to)
  if (runs === undefined) return undefined
  const lying = order.filter((axis) => from[axis] !== 1)
  const result: number[] = []
  for (let place = 0; place < lying.length;) {
    const run = runs.find(({ source }) => source[0] === lying[place])
    if (run === undefined || run.source.some((axis, i) => lying[place + i] !== axis)) return undefined
    result.push(...run.target)
    place += run.source.length
  }
  // axes of length 1 lie anywhere: put each behind the axis that it follows
  for (let axis = 0; axis < to.length; axis++) {
    if (to[axis] === 1) result.splice(axis === 0 ? 0 : result.indexOf(axis - 1) + 1, 0, axis)
  }
  return result
}

/** Runs of axes longer than 1 with equal products, in order. */
function matchRuns(from: readonly number[], to: readonly number[]): { source: number[], target: number[] }[] | undefined {
  const long = (shape: readonly number[]) => [...shape.keys()].filter((axis) => shape[axis] !== 1)
  const [source, target] = [long(from), long(to)]
  const runs: { source: number[], target: number[] }[] = []
  let [i, j] = [0, 0]
  while (i < source.length && j < target.length) {
    const run = { source: [source[i]], target: [target[j]] }
    let [a, b] = [from[source[i++]], to[target[j++]]]
    while (a !== b) {
      if (a < b) {
        if (i === source.length) return undefined
        run.source.push(source[i])
        a *= from[source[i++]]
      } else {
        if (j === target.length) return undefined
        run.target.push(target[j])
        b *= to[target[j++]]
      }
    }
    runs.push(run)
  }
  return i === source.length && j === target.length ? runs : undefined
}
