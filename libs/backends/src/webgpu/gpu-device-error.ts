const marker = Symbol.for('@sbgm/backends.GpuDeviceError')

/** What went wrong on a device: a call that WebGPU refuses, memory that is not there, a failure inside the driver, or the device itself is gone. */
export type GpuFailure = 'validation' | 'out-of-memory' | 'internal' | 'lost'

const what: Readonly<Record<GpuFailure, string>> = {
  validation: 'refused a command',
  'out-of-memory': 'has no memory left',
  internal: 'failed inside its driver',
  lost: 'was lost',
}
const remedies: Readonly<Record<GpuFailure, string>> = {
  validation: 'That is a defect of the program, of TensorFlow.js or of the driver: report it with this message, and take another engine meanwhile.',
  'out-of-memory': 'Take a smaller batch or network, or end what else uses the card.',
  internal: 'Update the driver, or take another engine.',
  lost: 'A reset of the driver, a sleep, or a kernel that took too long ends it: start again, or take another engine.',
}

/**
 * A GPU failed. WebGPU reports that late and goes on with zeros; so nothing that was computed since the last read can be trusted, and
 * every operation and every read on that backend throws this from then on.
 */
export class GpuDeviceError extends Error {
  /** The class's name, as stack traces print it; to tell errors apart use `isInstance`. */
  override readonly name = 'GpuDeviceError'
  /** What went wrong. */
  readonly failure: GpuFailure

  constructor(failure: GpuFailure, { adapter, message }: { readonly adapter: string; readonly message: string }) {
    const told = message.replace(/\s+/g, ' ').trim()
    super(`The GPU ${adapter} ${what[failure]}${told === '' ? '' : `: ${told.replace(/\.$/, '')}`}. ${remedies[failure]}`)
    this.failure = failure
    Object.defineProperty(this, marker, { value: true })
  }

  /** Whether an error is of this class, also where two copies of the package are loaded. */
  static isInstance(error: unknown): error is GpuDeviceError {
    return typeof error === 'object' && error !== null && marker in error
  }
}

/** Which failure an error of WebGPU's is. */
export function failureOf(error: object): GpuFailure {
  if (error.constructor.name === 'GPUOutOfMemoryError') return 'out-of-memory'
  return error.constructor.name === 'GPUInternalError' ? 'internal' : 'validation'
}
