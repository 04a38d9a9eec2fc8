import { UsageError } from './errors'
import type { RunOptions } from './options'

/** How the option is written, on every command line that has it. */
export const softwareAdapterFlag = '--allow-software-adapter'

/** What `--help` says of it. */
export const softwareAdapterWords = 'let the engine webgpu compute on the processor (SwiftShader, lavapipe): slow, for tests'

/**
 * Whether `webgpu` may compute on the processor.
 *
 * @returns false where the option was not given
 * @throws {UsageError} where it does not stand beside `--engine webgpu`, which alone has such adapters.
 */
export function readSoftwareAdapter({ engine, allowSoftwareAdapter = false }: { readonly engine?: RunOptions['engine']; readonly allowSoftwareAdapter?: boolean }): boolean {
  if (!allowSoftwareAdapter || engine === 'webgpu') return allowSoftwareAdapter
  throw new UsageError(`${softwareAdapterFlag} must stand beside --engine webgpu, the engine that it is for; got ${engine === undefined ? 'no --engine' : `--engine ${engine}`}.`)
}
