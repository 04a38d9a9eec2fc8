import type { OnnxDevice } from './device'
import { holdSharedWorker } from './shared-worker'

/**
 * Loads onnxruntime-node in the worker thread.
 *
 * @returns its version, and what it can compute on
 * @throws {OnnxRuntimeMissingError} where it is not installed or does not load.
 */
export async function loadOnnxRuntime(): Promise<OnnxRuntimeFound> {
  const hold = holdSharedWorker()
  try {
    return await hold.channel.request({ kind: 'version' })
  } finally {
    await hold.release()
  }
}

/** onnxruntime-node is there. */
export interface OnnxRuntimeFound {
  /** Its version. */
  readonly version: string
  /** What it has an engine for on this system: `webgpu` says nothing of whether there is a card. */
  readonly devices: readonly OnnxDevice[]
}

/** onnxruntime-node is not there, or does not load. */
export interface OnnxRuntimeNotFound {
  /** Why, and what to do, in sentences. */
  readonly missing: string
}

/**
 * Whether onnxruntime-node can be loaded here, found out by loading it in the worker thread (about 0.1 s the first time; an
 * open session has it loaded already). Never throws.
 *
 * @returns its version and devices, or a sentence that says why there is none and what to do.
 */
export async function findOnnxRuntime(): Promise<OnnxRuntimeFound | OnnxRuntimeNotFound> {
  try {
    return await loadOnnxRuntime()
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) }
  }
}
