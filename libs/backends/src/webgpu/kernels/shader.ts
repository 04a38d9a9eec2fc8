import { util, type TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'

/** A compute shader that writes one tensor or several, which TensorFlow.js's own programs cannot. All its tensors are flat arrays, of f32 unless ': vec4<f32>' stands behind the name. */
export interface Shader {
  /** What it does, for the names of pipelines. */
  readonly name: string
  /** What else its text depends on; two shaders of one name and key must have one text, as its pipeline is kept under them. */
  readonly key: string
  /** Arrays that it writes, by name. */
  readonly outputs: readonly string[]
  /** Arrays that it reads, by name. */
  readonly inputs: readonly string[]
  /** Numbers that it reads as `uniforms.NAME`, at least one of which it must: whole ones (u32), or with ': i32' or ': f32' behind the name. */
  readonly uniforms: readonly string[]
  /** Invocations of a workgroup, along x. */
  readonly workgroupSize: number
  /** WGSL with `fn compute(group: vec3<u32>, local: u32)`: which workgroup, and which of its invocations. Made only where there is no pipeline yet. */
  readonly source: () => string
}

/** One run of a {@link Shader}. */
export interface ShaderRun {
  /** The shape of each output, in its order: a new tensor, or one that is there already. */
  readonly outputs: readonly (readonly number[] | TensorInfo)[]
  /** What it reads, in its order; by name float32. */
  readonly inputs: readonly TensorInfo[]
  /** Its numbers, in its order. */
  readonly uniforms: readonly number[]
  /** Workgroups along x, y and z. */
  readonly workgroups: readonly [number, number?, number?]
}

/** What TensorFlow.js's backend has besides its public methods: it binds the output, the inputs and the uniforms in this order, whatever a shader calls them. */
interface Recorder {
  recordAndSubmit(program: object, output: TensorInfo, inputs: readonly TensorInfo[], uniforms: readonly { readonly type: string; readonly data: number[] }[]): void
}

const pipelines = new WeakMap<GPUDevice, Map<string, GPUComputePipeline>>()

/**
 * Runs a shader among the commands of TensorFlow.js's WebGPU backend, with its buffers, its submissions and its timers.
 *
 * TensorFlow.js casts whole numbers and truth values to float32 in name alone: on the device they stay i32. They are made numbers for the shader here.
 *
 * @returns the tensors that it writes; new ones belong to the caller.
 */
export function runShader(backend: WebGPUBackend, shader: Shader, run: ShaderRun): TensorInfo[] {
  const inputs = run.inputs.map((input) => (backend.tensorMap.get(input.dataId).dtype === 'float32' ? input : floatsOf(backend, input)))
  const written = record(backend, shader, { ...run, inputs })
  inputs.forEach((input, i) => input !== run.inputs[i] && backend.disposeData(input.dataId))
  return written
}

const conversion: Shader = {
  name: 'Floats',
  key: '',
  outputs: ['result'],
  inputs: ['x: i32'],
  uniforms: ['size', 'row'],
  workgroupSize: 256,
  source: () => `
fn compute(workgroup: vec3<u32>, local: u32) {
  let i = (workgroup.y * uniforms.row + workgroup.x) * 256u + local;
  if (i < uniforms.size) { result[i] = f32(x[i]); }
}`,
}

function floatsOf(backend: WebGPUBackend, x: TensorInfo): TensorInfo {
  const size = util.sizeFromShape(x.shape)
  const { workgroups, row } = rowsOfWorkgroups(Math.ceil(size / conversion.workgroupSize))
  return record(backend, conversion, { outputs: [x.shape], inputs: [x], uniforms: [size, row], workgroups })[0] as TensorInfo
}

/** Runs a shader with its inputs as they lie on the device. */
function record(backend: WebGPUBackend, shader: Shader, { outputs, inputs, uniforms, workgroups }: ShaderRun): TensorInfo[] {
  const written = outputs.map((output) => ('dataId' in output ? output : backend.makeTensorInfo([...output], 'float32')))
  for (const { dataId } of [...written, ...inputs]) backend.uploadToGPU(dataId)
  const [x, y = 1, z = 1] = workgroups
  const program = {
    constructor: { name: shader.name }, // under which its timers go
    pipeline: pipelineOf(backend.device, shader),
    dispatch: [x, y, z],
    pixelsOpType: 0, // so that the backend adds no shapes to the uniforms; what it adds are the strides of the output, one number for a vector
  }
  const [first, ...others] = written
  const vector = { ...first, shape: [util.sizeFromShape(first.shape)] }
  const numbers = uniforms.map((value, i) => ({ type: typeOf(shader.uniforms[i]), data: [value] }))
  ;(backend as unknown as Recorder).recordAndSubmit(program, vector, [...others, ...inputs], numbers)
  return written
}

const typeOf = (uniform: string) => (uniform.endsWith(': f32') ? 'float32' : uniform.endsWith(': i32') ? 'int32' : 'uint32')

function pipelineOf(device: GPUDevice, shader: Shader): GPUComputePipeline {
  const known = pipelines.get(device) ?? new Map<string, GPUComputePipeline>()
  pipelines.set(device, known)
  const name = `${shader.name} ${shader.key}`
  const kept = known.get(name)
  if (kept !== undefined) return kept
  const module = device.createShaderModule({ label: name, code: textOf(shader) })
  const pipeline = device.createComputePipeline({ label: shader.name, layout: 'auto', compute: { module, entryPoint: 'run' } })
  known.set(name, pipeline)
  return pipeline
}

function textOf({ outputs, inputs, uniforms, workgroupSize, source }: Shader): string {
  const arrays = [...outputs.map((array) => ({ array, access: 'read_write' })), ...inputs.map((array) => ({ array, access: 'read' }))].map(({ array, access }) => {
    const [name, type = 'f32'] = array.split(': ')
    return `var<storage, ${access}> ${name}: array<${type}>;`
  })
  return `
${arrays.map((array, i) => `@group(0) @binding(${i}) ${array}`).join('\n')}
struct Uniforms { strides: i32, ${uniforms.map((name) => (name.includes(':') ? name : `${name}: u32`)).join(', ')} };
@group(0) @binding(${arrays.length}) var<uniform> uniforms: Uniforms;
${source()}
@compute @workgroup_size(${workgroupSize})
fn run(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) { compute(group, local); }`
}

/** So many workgroups over x, and y where x has no room; a shader has its number as `group.y * uniforms.row + group.x` and leaves out those past the end. */
export function rowsOfWorkgroups(count: number): { readonly workgroups: readonly [number, number]; readonly row: number } {
  const row = Math.min(count, 65535) // WebGPU's least limit
  return { workgroups: [row, Math.ceil(count / row)], row }
}
