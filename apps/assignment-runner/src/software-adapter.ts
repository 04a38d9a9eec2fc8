import { UsageError } from './errors'
import type { RunOptions } from './options'

/** How the option is written, on every command line that has it. */
export const softwareAdapterFlag = '--allow-software-adapter'

/** What `--help` says of it. */
export const softwareAdapterWords = 'let the engines webgpu and onnx-webgpu compute on the processor (SwiftShader, lavapipe): slow, for tests'

/** The engines whose card may be one in software. */
const engines: readonly (RunOptions['engine'] | undefined)[] = ['webgpu', 'onnx-webgpu']

/**
 * Whether `webgpu` and `onnx-webgpu` may compute on the processor.
 *
 * @returns false where the option was not given
 * @throws {UsageError} where it does not stand beside one of them by name, which alone have such adapters.
 */
export function readSoftwareAdapter({ engine, allowSoftwareAdapter = false }: { readonly engine?: RunOptions['engine']; readonly allowSoftwareAdapter?: boolean }): boolean {
  if (!allowSoftwareAdapter || engines.includes(engine)) return allowSoftwareAdapter
  throw new UsageError(`${softwareAdapterFlag} must stand beside --engine webgpu or --engine onnx-webgpu, the engines that it is for; got ${engine === undefined ? 'no --engine' : `--engine ${engine}`}.`)
}
