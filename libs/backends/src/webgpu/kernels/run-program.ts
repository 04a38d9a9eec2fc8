import { util, type TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'

type StockProgram = Parameters<WebGPUBackend['runWebGPUProgram']>[0]

/** Workgroups along x, y and z. */
export type Dispatch = readonly [number, number, number]

/** A tensor as a shader sees it: an array under a name of its own, of f32 or of vec4<f32>. */
export interface Operand {
  readonly name: string
  readonly tensor: TensorInfo
  /** Whether the array is of vec4<f32>; its size must be a multiple of 4. Default: f32, or i32 for int32 and bool. */
  readonly vec4?: boolean
}

/** One dispatch of a compute shader. */
export interface ComputeProgram {
  /** Names the text of the shader: two programs with the same name must have the same text, as its pipeline is kept under it. */
  readonly name: string
  readonly operands: readonly Operand[]
  /** The float32 tensor that the shader writes, as the array `result` of f32 or, with `vec4`, of vec4<f32>. */
  readonly output: { readonly shape: readonly number[]; readonly vec4?: boolean }
  /** Invocations of a workgroup, in one dimension: `localIndex` counts them. */
  readonly workgroupSize: number
  /** How many workgroups: `workgroupId` counts them. Each number must be within the device's limit: {@link spread}. */
  readonly dispatch: Dispatch
  /** Whole numbers (i32) that the shader reads as `uniforms.NAME`. */
  readonly integers?: Readonly<Record<string, number>>
  /** Numbers (f32) that the shader reads as `uniforms.NAME`. */
  readonly floats?: Readonly<Record<string, number>>
  /** WGSL with a function `compute()`, which each invocation calls. Made only where there is no pipeline of this name yet. */
  readonly source: () => string
}

/**
 * Runs a shader of our own on tfjs's WebGPU backend: among its commands, with its buffers and its cache of pipelines.
 * To the shader every tensor is flat, so that its text does not depend on ranks.
 *
 * @returns the tensor it writes, which belongs to the caller.
 */
export function runProgram(backend: WebGPUBackend, program: ComputeProgram): TensorInfo {
  const { name, operands, output, workgroupSize, dispatch, integers = {}, floats = {}, source } = program
  const uniforms = [
    ...Object.entries(integers).map(([field, value]) => ({ field, type: 'int32', wgsl: 'i32', value })),
    ...Object.entries(floats).map(([field, value]) => ({ field, type: 'float32', wgsl: 'f32', value })),
  ]
  const stock: StockProgram = {
    shaderKey: `sbgm ${name}`,
    variableNames: operands.map((operand) => operand.name),
    variableComponents: operands.map(({ vec4 = false }) => (vec4 ? 4 : 1)),
    outputComponent: output.vec4 === true ? 4 : 1,
    outputShape: [util.sizeFromShape([...output.shape])],
    workgroupSize: [workgroupSize, 1, 1],
    dispatch: [...dispatch],
    dispatchLayout: { x: [0] }, // of the flat output: nothing of it is used
    uniforms: uniforms.map(({ field, wgsl }) => `${field}: ${wgsl}, `).join(''),
    getUserCode: () => `${source()}\nfn main(index: i32) { compute(); }`,
  }
  const inputs = operands.map(({ tensor: { dataId, shape, dtype } }) => ({ dataId, dtype, shape: [util.sizeFromShape(shape)] }))
  const { dataId } = backend.runWebGPUProgram(stock, inputs, 'float32', uniforms.map(({ type, value }) => ({ type, data: [value] })))
  return { dataId, shape: [...output.shape], dtype: 'float32' }
}

/** So many workgroups, over two dimensions where one has no room; the shader gets its number by {@link flatWorkgroup} and leaves out those past the end. */
export function spread(backend: WebGPUBackend, workgroups: number): Dispatch {
  const y = Math.ceil(workgroups / backend.device.limits.maxComputeWorkgroupsPerDimension)
  return [Math.ceil(workgroups / y), y, 1]
}

/** WGSL: the number of the workgroup in a {@link spread} dispatch. */
export const flatWorkgroup = 'i32(workgroupId.y * numWorkgroups.x + workgroupId.x)'

/** Whether the device takes so many workgroups along each dimension. */
export const fits = (backend: WebGPUBackend, dispatch: Dispatch): boolean => dispatch.every((count) => count <= backend.device.limits.maxComputeWorkgroupsPerDimension)
