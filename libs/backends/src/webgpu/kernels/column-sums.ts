import { util, type TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { runShader, type Shader } from './shader'

const workgroupSize = 256

/** The columns that a workgroup takes: 32, fewer where there are fewer, more where there are too few rows for the rest of its invocations. */
const lanesFor = (columns: number, rows: number): number => Math.min(powerOfTwo(columns), Math.max(32, workgroupSize / powerOfTwo(Math.min(rows, workgroupSize))))

const powerOfTwo = (least: number): number => 2 ** Math.ceil(Math.log2(least))

/** Adds up the rows of a matrix (rows, columns), in an order that depends on the shape alone; the columns are shared evenly by the outputs. */
const columnSumsShader = (lanes: number, parts: number): Shader => ({
  name: 'ColumnSums',
  key: `${lanes} ${parts}`,
  outputs: Array.from({ length: parts }, (_, part) => `sums${part}`),
  inputs: ['x'],
  uniforms: ['rows', 'columns'],
  workgroupSize,
  source: () => `
const LANES = ${lanes}u; const ROWS = ${workgroupSize / lanes}u; // both powers of two
var<workgroup> partial: array<f32, ${workgroupSize}>;
fn compute(workgroup: vec3<u32>, local: u32) {
  let column = workgroup.x * LANES + local % LANES;
  var sum = 0.0;
  if (column < uniforms.columns) {
    for (var row = local / LANES; row < uniforms.rows; row += ROWS) { sum += x[row * uniforms.columns + column]; }
  }
  partial[local] = sum;
  workgroupBarrier();
  for (var half = ROWS / 2u; half > 0u; half /= 2u) {
    if (local < half * LANES) { partial[local] += partial[local + half * LANES]; }
    workgroupBarrier();
  }
  if (local >= LANES || column >= uniforms.columns) { return; }
  let each = uniforms.columns / ${parts}u;
${Array.from({ length: parts }, (_, part) => `  if (column / each == ${part}u) { sums${part}[column - ${part}u * each] = partial[local]; }`).join('\n')}
}`,
})

/**
 * The sums of the columns of a matrix with about as many rows as there are samples in a batch, which a group norm's gradient leaves behind: in one dispatch, and as several tensors.
 *
 * @param x - of rows · columns numbers, row by row
 * @param shapes - of the outputs, which share the columns evenly, one behind the other
 */
export function columnSums(backend: WebGPUBackend, x: TensorInfo, columns: number, shapes: readonly (readonly number[])[]): TensorInfo[] {
  const rows = util.sizeFromShape(x.shape) / columns
  const lanes = lanesFor(columns, rows)
  return runShader(backend, columnSumsShader(lanes, shapes.length), { outputs: shapes, inputs: [x], uniforms: [rows, columns], workgroups: [Math.ceil(columns / lanes)] })
}
