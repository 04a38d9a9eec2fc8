import { create, globals } from 'webgpu'

/**
 * Makes Dawn's null backend this process's `navigator.gpu`: it checks and records every command and computes nothing. To be called before a backend
 * is opened. Its memory is 512 MiB.
 */
export function offerNullDevice() {
  for (const [name, value] of Object.entries(globals)) globalThis[name] ??= value
  if (globalThis.navigator === undefined) Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true, writable: true }) // Node 20
  Object.defineProperty(globalThis.navigator, 'gpu', { value: create(['backend=null']), configurable: true })
}

/**
 * Counts what goes to the device while `work` runs.
 *
 * @param {() => Promise<unknown>} work
 * @returns {Promise<{dispatches: Readonly<Record<string, number>>, submissions: number, uploads: number, copies: number, allocations: number}>}
 * dispatches by the name of their program; command buffers submitted; buffers that were filled by the host (uniforms and tensors), copied, allocated
 */
export async function countCommands(work) {
  const { GPUComputePassEncoder: pass, GPUCommandEncoder: encoder, GPUQueue: queue, GPUDevice: device, GPUBuffer: buffer } = globals
  const counts = { dispatches: {}, submissions: 0, uploads: 0, copies: 0, allocations: 0 }
  const undo = [
    wrap(pass, 'setPipeline', ([{ label }]) => (counts.dispatches[label || 'unnamed'] = (counts.dispatches[label || 'unnamed'] ?? 0) + 1)),
    wrap(queue, 'submit', () => counts.submissions++),
    wrap(queue, 'writeBuffer', () => counts.uploads++),
    wrap(buffer, 'unmap', () => counts.uploads++),
    wrap(encoder, 'copyBufferToBuffer', () => counts.copies++),
    wrap(device, 'createBuffer', () => counts.allocations++),
  ]
  try {
    await work()
  } finally {
    undo.forEach((restore) => restore())
  }
  return counts
}

function wrap({ prototype }, method, note) {
  const original = prototype[method]
  prototype[method] = function (...call) {
    note(call)
    return original.apply(this, call)
  }
  return () => (prototype[method] = original)
}
