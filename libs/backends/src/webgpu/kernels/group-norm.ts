import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { installTogether, provideKernel } from '../../kernel-override'
import { columnSums } from './column-sums'
import { groupNormGradientShader, groupNormShader, type GroupNormSettings } from './group-norm-shader'
import { rowsOfWorkgroups, runShader } from './shader'

interface GroupNormInputs {
  readonly x: TensorInfo
  readonly scale: TensorInfo
  readonly shift: TensorInfo
  readonly offset?: TensorInfo
}
interface Attributes {
  readonly groups: number
  readonly epsilon: number
  readonly activation: GroupNormSettings['activation']
}

/** The shader's settings, its numbers, and how many workgroups it takes. */
function prepare({ x, offset }: GroupNormInputs, { groups, epsilon, activation }: Attributes) {
  const [batch, height, width, channels] = x.shape
  const members = channels / groups
  const { workgroups, row } = rowsOfWorkgroups(batch * groups)
  return {
    settings: { members, activation, offset: offset !== undefined },
    run: { uniforms: [batch * groups, row, height * width, channels, groups, members, epsilon], workgroups },
  } as const
}

const groupNorm: KernelFunc = ({ inputs, backend, attrs }) => {
  const given = inputs as unknown as GroupNormInputs
  const { x, scale, shift, offset } = given
  const { settings, run } = prepare(given, attrs as unknown as Attributes)
  const [y] = runShader(backend as WebGPUBackend, groupNormShader(settings), { ...run, outputs: [x.shape], inputs: [x, scale, shift, ...(offset ? [offset] : [])] })
  return y
}

const groupNormGradient: KernelFunc = ({ inputs, backend, attrs }) => {
  const given = inputs as unknown as GroupNormInputs & { readonly dy: TensorInfo }
  const { x, dy, scale, shift, offset } = given
  const { settings, run } = prepare(given, attrs as unknown as Attributes)
  const [batch, , , channels] = x.shape
  const [dx, sums, ...dOffset] = runShader(backend as WebGPUBackend, groupNormGradientShader(settings), {
    ...run,
    outputs: [x.shape, [batch, 2 * channels], ...(offset ? [offset.shape] : [])],
    inputs: [x, dy, scale, ...(settings.activation === 'silu' ? [shift] : []), ...(offset ? [offset] : [])],
  })
  const parameters = columnSums(backend as WebGPUBackend, sums, 2 * channels, [[channels], [channels]])
  ;(backend as WebGPUBackend).disposeData(sums.dataId)
  return [dx, ...parameters, ...dOffset]
}

/** `sbgm.GroupNorm` and `sbgm.GroupNormGrad`, as `@sbgm/unet` asks for them: one dispatch forward, two back. */
export const installGroupNorm = (): (() => void) =>
  installTogether([
    () => provideKernel({ kernelName: 'sbgm.GroupNorm', backendName: 'webgpu', kernelFunc: groupNorm }),
    () => provideKernel({ kernelName: 'sbgm.GroupNormGrad', backendName: 'webgpu', kernelFunc: groupNormGradient }),
  ])
