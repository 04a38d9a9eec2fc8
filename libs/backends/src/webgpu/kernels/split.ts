import { util, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { overrideKernel } from '../../kernel-override'
import { rowsOfWorkgroups, runShader, type Shader } from './shader'

const workgroupSize = 256
/** Branches of a shader at most, whatever the device would let it bind. */
const partsAtMost = 15

/** Copies neighbouring stretches of one array into arrays of their own. */
const splitShader = (parts: number): Shader => {
  const numbered = Array.from({ length: parts }, (_, part) => part)
  return {
    name: 'Split',
    key: `${parts}`,
    outputs: numbered.map((part) => `part${part}`),
    inputs: ['x'],
    uniforms: ['start', 'row', ...numbered.map((part) => `end${part}`)],
    workgroupSize,
    source: () => `
fn compute(workgroup: vec3<u32>, local: u32) {
  let i = (workgroup.y * uniforms.row + workgroup.x) * ${workgroupSize}u + local;
  ${numbered.map((part) => `if (i < uniforms.end${part}) { part${part}[${part === 0 ? 'i' : `i - uniforms.end${part - 1}`}] = x[uniforms.start + i]; }`).join('\n  else ')}
}`,
  }
}

/**
 * Splitting along the first axis, as the parameters of a network are taken from their vector: as many parts by one dispatch as the device can bind,
 * where stock has one for each. All other splits stay with the stock kernel.
 */
export const installSplit = (): (() => void) =>
  overrideKernel({
    kernelName: 'SplitV',
    backendName: 'webgpu',
    replace: (stock): KernelFunc => (call) => {
      const { x } = call.inputs as { x: TensorInfo }
      const { numOrSizeSplits, axis } = call.attrs as unknown as { numOrSizeSplits: number | number[]; axis: number }
      const backend = call.backend as WebGPUBackend
      const [along] = util.parseAxisParam(axis, x.shape)
      const rows = sizesOf(numOrSizeSplits, x.shape[along])
      if (along !== 0 || x.dtype !== 'float32' || rows === undefined || rows.length < 2 || backend.shouldExecuteOnCPU([x])) return stock(call)
      return splitRows(backend, x, rows)
    },
  })

/** The parts' lengths, or undefined where one of them is left to be computed, or empty. */
function sizesOf(numOrSizes: number | number[], length: number): readonly number[] | undefined {
  const sizes = typeof numOrSizes === 'number' ? new Array<number>(numOrSizes).fill(length / numOrSizes) : numOrSizes
  return sizes.every((size) => size > 0) ? sizes : undefined
}

function splitRows(backend: WebGPUBackend, x: TensorInfo, rows: readonly number[]): TensorInfo[] {
  const perRow = util.sizeFromShape(x.shape.slice(1))
  const most = Math.min(partsAtMost, backend.device.limits.maxStorageBuffersPerShaderStage - 1)
  const parts: TensorInfo[] = []
  let from = 0
  for (let first = 0; first < rows.length; first += most) {
    const some = rows.slice(first, first + most)
    let end = 0
    const ends = some.map((count) => (end += count * perRow))
    const { workgroups, row } = rowsOfWorkgroups(Math.ceil(end / workgroupSize))
    parts.push(...runShader(backend, splitShader(some.length), {
      outputs: some.map((count) => [count, ...x.shape.slice(1)]), inputs: [x], uniforms: [from, row, ...ends], workgroups,
    }))
    from += end
  }
  return parts
}
