import { util, type TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { runShader, type Shader } from './shader'

const workgroupSize = 256
/** Rows that a workgroup adds at least, so that the last workgroup, which adds their sums, has few. */
const rowsAtLeast = 256
/** Workgroups that share the rows at most. */
const blocksAtMost = 256

/** The columns that a workgroup takes: 32, fewer where there are fewer, more where there are too few rows for the rest of its invocations. */
const lanesFor = (columns: number, rows: number): number => Math.min(powerOfTwo(columns), Math.max(32, workgroupSize / powerOfTwo(Math.min(rows, workgroupSize))))

const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(least))

/** Adds up rows of a matrix (rows, columns) by blocks, in an order that depends on the shape alone; `columns` are laid one output behind the other. */
const columnSumsShader = (lanes: number, parts: number): Shader => ({
  name: 'ColumnSums',
  key: `${lanes} ${parts}`,
  outputs: Array.from({ length: parts }, (_, part) => `sums${part}`),
  inputs: ['x'],
  uniforms: ['rows', 'columns', 'rowsPerBlock'],
  workgroupSize,
  source: () => `
const LANES = ${lanes}u; const ROWS = ${workgroupSize / lanes}u; // both powers of two
var<workgroup> partial: array<f32, ${workgroupSize}>;
fn compute(workgroup: vec3<u32>, local: u32) {
  let column = workgroup.x * LANES + local % LANES;
  let end = min(uniforms.rows, (workgroup.y + 1u) * uniforms.rowsPerBlock);
  var sum = 0.0;
  if (column < uniforms.columns) {
    for (var row = workgroup.y * uniforms.rowsPerBlock + local / LANES; row < end; row += ROWS) { sum += x[row * uniforms.columns + column]; }
  }
  partial[local] = sum;
  workgroupBarrier();
  for (var half = ROWS / 2u; half > 0u; half /= 2u) {
    if (local < half * LANES) { partial[local] += partial[local + half * LANES]; }
    workgroupBarrier();
  }
  if (local >= LANES || column >= uniforms.columns) { return; }
${parts === 1
    ? '  sums0[workgroup.y * uniforms.columns + column] = partial[local];'
    : `  let each = uniforms.columns / ${parts}u;
${Array.from({ length: parts }, (_, part) => `  if (column / each == ${part}u) { sums${part}[column - ${part}u * each] = partial[local]; }`).join('\n')}`}
}`,
})

/**
 * The sums of a matrix's columns.
 *
 * @param x - of rows · columns numbers, row by row
 * @param shapes - of the outputs, which share the columns evenly, one behind the other
 */
export function columnSums(backend: WebGPUBackend, x: TensorInfo, columns: number, shapes: readonly (readonly number[])[]): TensorInfo[] {
  const run = (from: TensorInfo, rows: number, blocks: number, outputs: readonly (readonly number[])[]) => {
    const rowsPerBlock = Math.ceil(rows / blocks)
    const lanes = lanesFor(columns, rowsPerBlock)
    return runShader(backend, columnSumsShader(lanes, outputs.length), {
      outputs, inputs: [from], uniforms: [rows, columns, rowsPerBlock], workgroups: [Math.ceil(columns / lanes), Math.ceil(rows / rowsPerBlock)],
    })
  }
  const rows = util.sizeFromShape(x.shape) / columns
  const rowsPerBlock = Math.max(rowsAtLeast, Math.ceil(rows / blocksAtMost))
  const blocks = Math.ceil(rows / rowsPerBlock)
  if (rows <= 2 * rowsAtLeast) return run(x, rows, 1, shapes)
  const [partial] = run(x, rows, blocks, [[blocks, columns]])
  const sums = run(partial, blocks, 1, shapes)
  backend.disposeData(partial.dataId)
  return sums
}
