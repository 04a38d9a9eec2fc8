import { util, type TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { rowsOfWorkgroups, runShader } from './shader'

/** Workgroups along x, y and z. */
export type Dispatch = readonly [number, number, number]

/** A run of a shader that writes one tensor, the array `result`, and whose numbers have names. */
export interface ComputeProgram {
  /** What it does, for the names of pipelines. */
  readonly name: string
  /** What else its text depends on. */
  readonly key: string
  /** Tensors that it reads, under their names: arrays of f32, or, where `vec4` names them, of vec4<f32>. */
  readonly inputs: Readonly<Record<string, TensorInfo>>
  readonly shape: readonly number[]
  /** Arrays of vec4<f32>, `result` among them. */
  readonly vec4?: readonly string[]
  /** Invocations of a workgroup: `localIndex` (u32) counts them. */
  readonly workgroupSize: number
  /** How many workgroups: `workgroupId` (vec3<u32>) counts them. */
  readonly dispatch: Dispatch
  /** Numbers (i32) that it reads as `uniforms.NAME`; those of the dispatch come with them, as `uniforms.groupsX` and `uniforms.groupsY`. */
  readonly integers: Readonly<Record<string, number>>
  /** Numbers (f32) that it reads as `uniforms.NAME`. */
  readonly floats?: Readonly<Record<string, number>>
  /** WGSL with a function `work()`, which each invocation calls. Made only where there is no pipeline yet. */
  readonly source: () => string
}

/**
 * Runs a {@link ComputeProgram} among the commands of TensorFlow.js's WebGPU backend.
 *
 * @returns the tensor it writes, which belongs to the caller.
 */
export function runProgram(backend: WebGPUBackend, program: ComputeProgram): TensorInfo {
  const { name, key, inputs, shape, vec4 = [], workgroupSize, dispatch, floats = {}, source } = program
  const integers = { ...program.integers, groupsX: dispatch[0], groupsY: dispatch[1] }
  const array = (named: string) => (vec4.includes(named) ? `${named}: vec4<f32>` : named)
  const shader = {
    name, key, workgroupSize, inputs: Object.keys(inputs).map(array), outputs: [array('result')],
    uniforms: [...Object.keys(integers).map((field) => `${field}: i32`), ...Object.keys(floats).map((field) => `${field}: f32`)],
    source: () => `
var<private> workgroupId: vec3<u32>;
var<private> localIndex: u32;
${source()}
fn compute(group: vec3<u32>, local: u32) { workgroupId = group; localIndex = local; work(); }`,
  }
  const [result] = runShader(backend, shader, { outputs: [shape], inputs: Object.values(inputs), uniforms: [...Object.values(integers), ...Object.values(floats)], workgroups: dispatch })
  return result as TensorInfo
}

/** So many workgroups, over two dimensions where one has no room; a shader has its number by {@link flatWorkgroup} and leaves out those past the end. */
export function spread(workgroups: number): Dispatch {
  const [x, y] = rowsOfWorkgroups(workgroups).workgroups
  return [x, y, 1]
}

/** WGSL: the number of the workgroup in a {@link spread} dispatch. */
export const flatWorkgroup = '(i32(workgroupId.y) * uniforms.groupsX + i32(workgroupId.x))'

/** Whether the device takes so many workgroups along each dimension. */
export const fits = (backend: WebGPUBackend, dispatch: Dispatch): boolean => dispatch.every((count) => count <= backend.device.limits.maxComputeWorkgroupsPerDimension)

/** A float32 tensor of one number over and over, made on the host: the result of sums without terms, which no shader can be bound to. */
export const filledTensor = (backend: WebGPUBackend, shape: readonly number[], value = 0): TensorInfo =>
  backend.makeTensorInfo([...shape], 'float32', new Float32Array(util.sizeFromShape([...shape])).fill(value))
