import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { addPartials } from './add-partials'
import { runProgram, type Dispatch } from './run-program'

const invocations = 256
const mostColumnsAtOnce = 64
const wantedWorkgroups = 1024
const fewestPasses = 8 // rows that an invocation of a split adds

/** A tensor seen as [outer, length, inner], to be summed over its middle. */
export interface MiddleAxis {
  readonly outer: number
  readonly length: number
  readonly inner: number
}

/** How sums over a middle axis are divided among workgroups of 256 invocations. */
export interface AxisSumsPlan {
  /** Numbers that an invocation reads at once. */
  readonly width: 1 | 4
  /** Invocations beside each other along the inner axis; the others walk the rows, so many apart. */
  readonly across: number
  /** Tiles over the inner axis, splits of the sum, and the outer axis. */
  readonly dispatch: Dispatch
  readonly rowsPerSplit: number
}

/** Each workgroup of a split sum leaves 256 numbers at most, and there are 2048 such workgroups at most: partial sums take 2 MiB. */
export function planAxisSums({ outer, length, inner }: MiddleAxis): AxisSumsPlan {
  const width = inner % 4 === 0 ? 4 : 1
  const columns = inner / width
  const across = Math.min(mostColumnsAtOnce, 2 ** Math.ceil(Math.log2(columns)))
  const down = invocations / across
  const tiles = Math.ceil(columns / across)
  const wanted = Math.max(1, Math.min(Math.ceil(wantedWorkgroups / (tiles * outer)), Math.floor(length / (fewestPasses * down))))
  const rowsPerSplit = down * Math.ceil(length / wanted / down)
  return { width, across, rowsPerSplit, dispatch: [tiles, Math.ceil(length / rowsPerSplit), outer] }
}

/**
 * Σ over the middle axis, times a factor: rows are read where they lie, nothing is transposed. The order of additions depends on the
 * sizes alone, so the same numbers give the same bits.
 */
export function axisSums(x: TensorInfo, axis: MiddleAxis, { backend, shape, factor }: { readonly backend: WebGPUBackend; readonly shape: readonly number[]; readonly factor: number }): TensorInfo {
  const { width, across, rowsPerSplit, dispatch } = planAxisSums(axis)
  const splits = dispatch[1]
  const sums = runProgram(backend, {
    name: 'AxisSums',
    key: `${width} ${across}`,
    inputs: { x },
    shape: splits === 1 ? shape : [axis.outer, splits, axis.inner],
    vec4: width === 4 ? ['x', 'result'] : [],
    workgroupSize: invocations,
    dispatch,
    integers: { length: axis.length, columns: axis.inner / width, splits, rowsPerSplit },
    floats: { factor: splits === 1 ? factor : 1 },
    source: () => sourceOf(width, across),
  })
  if (splits === 1) return sums
  const total = addPartials(backend, { partials: sums, groups: axis.outer, splits, size: axis.inner, shape, factor })
  backend.disposeData(sums.dataId)
  return total
}

function sourceOf(width: 1 | 4, across: number): string {
  const down = invocations / across
  const number = width === 4 ? 'vec4<f32>' : 'f32'
  return `
var<workgroup> sums: array<${number}, ${invocations}>;

fn numberAt(row: i32, column: i32, end: i32) -> ${number} {
  let inside = row < end && column < uniforms.columns;
  return select(${number}(0.0), x[select(0, (i32(workgroupId.z) * uniforms.length + row) * uniforms.columns + column, inside)], inside);
}

fn work() {
  let column = i32(workgroupId.x) * ${across} + i32(localIndex) % ${across};
  let start = i32(workgroupId.y) * uniforms.rowsPerSplit;
  let end = min(start + uniforms.rowsPerSplit, uniforms.length);
  var sum = ${number}(0.0);
  for (var row = start + i32(localIndex) / ${across}; row < end; row += ${4 * down}) { // four at a time, so that their reads overlap
    sum += (numberAt(row, column, end) + numberAt(row + ${down}, column, end)) + (numberAt(row + ${2 * down}, column, end) + numberAt(row + ${3 * down}, column, end));
  }
  sums[localIndex] = sum;
  for (var half = ${invocations / 2}; half >= ${across}; half = half / 2) {
    workgroupBarrier();
    if (i32(localIndex) < half) { sums[localIndex] += sums[i32(localIndex) + half]; }
  }
  if (localIndex < ${across} && column < uniforms.columns) {
    result[(i32(workgroupId.z) * uniforms.splits + i32(workgroupId.y)) * uniforms.columns + column] = uniforms.factor * sums[localIndex];
  }
}`
}
