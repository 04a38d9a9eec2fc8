import { loadOnnxRuntime } from './run/onnxruntime'
import { OnnxRuntimeMissingError } from './run/onnxruntime-missing-error'

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
  /** Threads of onnxruntime within an operation. @defaultValue all cores that the process may use */
  readonly threads?: number
}

/** What was chosen, and why. */
export interface EngineChoice {
  /** What runs the function. */
  readonly engine: EngineKind
  /** Why, as a sentence. */
  readonly reason: string
}

/**
 * Decides what runs a function.
 *
 * @throws OnnxRuntimeMissingError where onnxruntime was asked for by name and cannot be loaded.
 */
export async function chooseEngine({ engine = 'auto' }: CompileOptions): Promise<EngineChoice> {
  if (engine === 'eager') return { engine, reason: 'asked for by name.' }
  try {
    const version = await loadOnnxRuntime()
    return { engine: 'onnxruntime', reason: `onnxruntime-node ${version} ${engine === 'auto' ? 'is installed.' : 'was asked for by name.'}` }
  } catch (error) {
    if (engine === 'onnxruntime' || !OnnxRuntimeMissingError.isInstance(error)) throw error
    return { engine: 'eager', reason: error.message }
  }
}
