import { holdSharedWorker } from './shared-worker'

/**
 * Loads onnxruntime-node in the worker thread.
 *
 * @returns its version
 * @throws {OnnxRuntimeMissingError} where it is not installed or does not load.
 */
export async function loadOnnxRuntime(): Promise<string> {
  const hold = holdSharedWorker()
  try {
    return await hold.channel.request({ kind: 'version' })
  } finally {
    await hold.release()
  }
}

/**
 * Whether onnxruntime-node can be loaded here, found out by loading it in the worker thread (about 0.1 s the first time; an
 * open session has it loaded already). Never throws.
 *
 * @returns its version, or a sentence that says why there is none and what to do.
 */
export async function findOnnxRuntime(): Promise<{ version: string } | { missing: string }> {
  try {
    return { version: await loadOnnxRuntime() }
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) }
  }
}
