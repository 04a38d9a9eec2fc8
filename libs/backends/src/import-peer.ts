import { BackendUnavailableError } from './backend-unavailable-error'
import type { EngineName } from './engine-name'

/** A package that an engine needs and that the user installs. */
export interface PeerOptions<Module> {
  /** Engine on whose behalf it is loaded. */
  readonly engine: EngineName
  /** Name of the package, for the message. */
  readonly packageName: string
  /** What to do if it is missing, as a sentence. */
  readonly remedy: string
  /** Imports it; the literal stays at the call so that bundlers see it. */
  readonly load: () => Promise<Module>
}

/**
 * Imports an optional peer package.
 *
 * @throws {BackendUnavailableError} if it is not installed or fails to load; the first error is its `cause`.
 */
export async function importPeer<Module>({ engine, packageName, remedy, load }: PeerOptions<Module>): Promise<Module> {
  try {
    return await load()
  } catch (cause) {
    const reason = isMissing(cause, packageName)
      ? `Engine '${engine}' needs the package ${packageName}, which is not installed.`
      : `Engine '${engine}' needs the package ${packageName}, which failed to load: ${messageOf(cause).replace(/[.?!]*$/, '.')}`
    throw new BackendUnavailableError({ engine, reason, remedy }, { cause })
  }
}

function isMissing(error: unknown, packageName: string): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const notFound = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
  return notFound && messageOf(error).includes(`'${packageName}'`)
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
