import { holdSharedWorker } from './shared-worker'

/**
 * Whether onnxruntime-node can be loaded here, found out by loading it in the worker thread (about 0.1 s the first time; an
 * open session has it loaded already). Never throws.
 *
 * @returns its version, or a sentence that says why there is none and what to do.
 */
export async function findOnnxRuntime(): Promise<{ version: string } | { missing: string }> {
  const hold = holdSharedWorker()
  try {
    return { version: await hold.channel.request({ kind: 'version' }) }
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) }
  } finally {
    await hold.release()
  }
}
