import { checkDevice, type OnnxDevice } from './run/device'
import { loadOnnxRuntime } from './run/onnxruntime'
import { OnnxRuntimeError } from './run/onnxruntime-error'
import { OnnxRuntimeMissingError } from './run/onnxruntime-missing-error'
import { checkThreads } from './run/threads'

/** What runs a function: onnxruntime, or TensorFlow.js itself. */
export type EngineKind = 'onnxruntime' | 'eager'

/** What every compilation may be told. */
export interface CompileOptions {
  /**
   * `auto`: onnxruntime where onnxruntime-node can be loaded, else the function itself, run eagerly on the active backend, with the
   * same numbers up to float32 rounding. A named one is used or refused, never replaced.
   *
   * @defaultValue 'auto'
   */
  readonly engine?: EngineKind | 'auto'
  /** What onnxruntime computes on. One that is named is used or refused, never replaced. @defaultValue 'cpu' */
  readonly device?: OnnxDevice
  /** Threads of onnxruntime within an operation on the processor, at least 1. @defaultValue all cores that the process may use */
  readonly threads?: number
}

/** What was chosen, and why. */
export interface EngineChoice {
  /** What runs the function. */
  readonly engine: EngineKind
  /** Why, as a sentence. */
  readonly reason: string
}

const engines: readonly unknown[] = ['auto', 'onnxruntime', 'eager'] satisfies CompileOptions['engine'][]

/**
 * Decides what runs a function.
 *
 * @throws OnnxRuntimeMissingError where onnxruntime was asked for by name and cannot be loaded; OnnxRuntimeError where it has no engine for the device; RangeError for an engine
 * or device that there is not or an odd number of threads.
 */
export async function chooseEngine({ engine = 'auto', device = 'cpu', threads }: CompileOptions): Promise<EngineChoice> {
  checkThreads(threads)
  checkDevice(device)
  if (!engines.includes(engine)) throw new RangeError(`engine must be one of ${engines.map((each) => `'${each}'`).join(', ')}; got '${String(engine)}'. Leave it out for the faster one that is there.`)
  if (engine === 'eager') return { engine, reason: 'asked for by name.' }
  try {
    const { version, devices } = await loadOnnxRuntime()
    if (!devices.includes(device)) throw new OnnxRuntimeError('open', `onnxruntime-node ${version} has no engine '${device}' on this system.`, device)
    return { engine: 'onnxruntime', reason: `onnxruntime-node ${version} ${engine === 'auto' ? 'is installed.' : 'was asked for by name.'}` }
  } catch (error) {
    if (engine === 'onnxruntime' || !OnnxRuntimeMissingError.isInstance(error)) throw error
    return { engine: 'eager', reason: error.message }
  }
}
