import type { AdapterReport } from './webgpu/adapter-report'
import type { EngineName } from './engine-name'

const marker = Symbol.for('@sbgm/backends.BackendUnavailableError')

/** Why an engine cannot be opened here, and what to do about it. */
export interface BackendUnavailable {
  /** The engine that was asked for. */
  readonly engine: EngineName
  /** Why it cannot be opened, as a sentence. */
  readonly reason: string
  /** What to install or which engine to choose, as a sentence. */
  readonly remedy: string
  /** The GPU adapter that was found and not taken. */
  readonly adapter?: AdapterReport
}

/** An engine that was asked for cannot be opened here; the message is `reason` followed by `remedy`. */
export class BackendUnavailableError extends Error implements BackendUnavailable {
  /** The class's name, as stack traces print it; to tell errors apart use `isInstance`. */
  override readonly name = 'BackendUnavailableError'
  readonly engine: EngineName
  readonly reason: string
  readonly remedy: string
  readonly adapter?: AdapterReport

  constructor({ engine, reason, remedy, adapter }: BackendUnavailable, options?: ErrorOptions) {
    super(`${reason} ${remedy}`, options)
    this.engine = engine
    this.reason = reason
    this.remedy = remedy
    if (adapter !== undefined) this.adapter = adapter
    Object.defineProperty(this, marker, { value: true })
  }

  /** Whether an error is of this class, also where two copies of the package are loaded. */
  static isInstance(error: unknown): error is BackendUnavailableError {
    return typeof error === 'object' && error !== null && marker in error
  }
}
