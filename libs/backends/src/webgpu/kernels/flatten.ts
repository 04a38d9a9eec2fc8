import { util, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { installTogether, provideKernel } from '../../kernel-override'
import { rowsOfWorkgroups, runShader, type Shader } from './shader'

const workgroupSize = 256
/** Branches of a shader at most, whatever the device would let it bind. */
const partsAtMost = 15

/** Copies neighbouring stretches of one array into arrays of their own, or back. */
const stretches = (parts: number, direction: 'apart' | 'together'): Shader => {
  const numbered = Array.from({ length: parts }, (_, part) => part)
  const names = numbered.map((part) => `part${part}`)
  const copy = (part: number) => {
    const [one, whole] = [`part${part}[${part === 0 ? 'i' : `i - uniforms.end${part - 1}`}]`, 'whole[uniforms.start + i]']
    return direction === 'apart' ? `${one} = ${whole};` : `${whole} = ${one};`
  }
  return {
    name: direction === 'apart' ? 'Unflatten' : 'Flatten',
    key: `${parts}`,
    outputs: direction === 'apart' ? names : ['whole'],
    inputs: direction === 'apart' ? ['whole'] : names,
    uniforms: ['start', 'row', ...numbered.map((part) => `end${part}`)],
    workgroupSize,
    source: () => `
fn compute(workgroup: vec3<u32>, local: u32) {
  let i = (workgroup.y * uniforms.row + workgroup.x) * ${workgroupSize}u + local;
  ${numbered.map((part) => `if (i < uniforms.end${part}) { ${copy(part)} }`).join('\n  else ')}
}`,
  }
}

/** Goes through parts of these sizes in as few runs as the device can bind, with the numbers that each needs. */
function inRuns(backend: WebGPUBackend, sizes: readonly number[], run: (first: number, count: number, numbers: Pick<Parameters<typeof runShader>[2], 'uniforms' | 'workgroups'>) => void): void {
  const most = Math.min(partsAtMost, backend.device.limits.maxStorageBuffersPerShaderStage - 1)
  let start = 0
  for (let first = 0; first < sizes.length; first += most) {
    const some = sizes.slice(first, first + most)
    let end = 0
    const ends = some.map((size) => (end += size))
    const { workgroups, row } = rowsOfWorkgroups(Math.ceil(end / workgroupSize))
    run(first, some.length, { uniforms: [start, row, ...ends], workgroups })
    start += end
  }
}

const unflatten: KernelFunc = ({ inputs, backend: active, attrs }) => {
  const backend = active as WebGPUBackend
  const { flat } = inputs as unknown as { flat: TensorInfo }
  const { shapes } = attrs as unknown as { shapes: readonly (readonly number[])[] }
  const parts: TensorInfo[] = []
  inRuns(backend, shapes.map((shape) => util.sizeFromShape([...shape])), (first, count, numbers) => {
    parts.push(...runShader(backend, stretches(count, 'apart'), { ...numbers, outputs: shapes.slice(first, first + count), inputs: [flat] }))
  })
  return parts
}

const flatten: KernelFunc = ({ inputs, backend: active }) => {
  const backend = active as WebGPUBackend
  const parts = Object.values(inputs) as TensorInfo[]
  const sizes = parts.map(({ shape }) => util.sizeFromShape(shape))
  const flat = backend.makeTensorInfo([sizes.reduce((sum, size) => sum + size, 0)], 'float32')
  inRuns(backend, sizes, (first, count, numbers) => {
    runShader(backend, stretches(count, 'together'), { ...numbers, outputs: [flat], inputs: parts.slice(first, first + count) })
  })
  return flat
}

/** `sbgm.Unflatten` and `sbgm.Flatten`, as `@sbgm/training` asks for them: as many parameters in one dispatch as the device can bind. */
export const installFlatten = (): (() => void) =>
  installTogether([
    () => provideKernel({ kernelName: 'sbgm.Unflatten', backendName: 'webgpu', kernelFunc: unflatten }),
    () => provideKernel({ kernelName: 'sbgm.Flatten', backendName: 'webgpu', kernelFunc: flatten }),
  ])
