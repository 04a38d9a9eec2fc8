import { engine as tfjsEngine, getBackend, registerBackend, removeBackend, setBackend } from '@tensorflow/tfjs-core'
import { BackendUnavailableError } from './backend-unavailable-error'
import type { AvailableEngine } from './engine-name'

/**
 * Makes a registered tfjs backend the active one; the package of that backend must be imported before.
 *
 * @param name - of the backend
 * @param engine - that it is opened for, where that has another name
 * @returns a function that takes it back: the backend active before is active again, and this one is freed if this call
 * started it (tensors that still live on it cannot be read any more). It can be activated again afterwards.
 * @throws {BackendUnavailableError} if tfjs cannot start it; what was active before is active again.
 */
export async function activate(name: string, engine: AvailableEngine = name as AvailableEngine): Promise<() => Promise<void>> {
  const previous = getBackend() as string | null // null before any backend was set, whatever its type says
  const started = !(name in tfjsEngine().registry)
  const restore = async () => {
    if (previous !== null && previous !== name && previous in tfjsEngine().registry) await setBackend(previous)
  }
  if (!(await setBackend(name))) {
    await restore()
    throw new BackendUnavailableError({
      engine,
      reason: `TensorFlow.js could not start its '${name}' backend; its own warning stands above.`,
      remedy: 'Check that its package is complete (and for wasm that this Node supports WebAssembly), or choose another engine.',
    })
  }
  return async () => {
    if (started) freeBackend(name)
    await restore()
  }
}

/** Frees a backend's memory and keeps its factory, which `removeBackend` forgets, so that it can be activated again. */
function freeBackend(name: string): void {
  const registration = tfjsEngine().registryFactory[name]
  if (registration === undefined) return
  removeBackend(name)
  registerBackend(name, registration.factory, registration.priority)
}
