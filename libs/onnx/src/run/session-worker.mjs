/*
 * The worker thread in which onnxruntime runs: session.run blocks the thread that calls it, so that thread is not the program's.
 * Plain JavaScript, because it is loaded as a file of its own from the sources and from the build alike.
 * One request after the other: a run takes every core there is, so a second one beside it would only slow both.
 */
import { parentPort, workerData } from 'node:worker_threads'

/** @typedef {import('./worker-messages').WorkerCall} WorkerCall */
/** @typedef {import('./worker-messages').WorkerRequest} WorkerRequest */
/** @typedef {import('./worker-messages').WorkerSessionOptions} WorkerSessionOptions */
/** @typedef {import('./host-tensor').HostTensors} HostTensors */
/** @typedef {import('onnxruntime-node').Tensor} Tensor */
/** @typedef {{ input: string, output: string, current: Tensor | undefined, next: Tensor | undefined }} StateSlot */
/** @typedef {{ session: import('onnxruntime-node').InferenceSession, slots: StateSlot[], loose: string[] }} OpenSession */

class OnnxRuntimeMissing extends Error {}

/** @type {Promise<typeof import('onnxruntime-node')> | undefined} */
let loading
/** @type {Map<number, OpenSession>} */
const sessions = new Map()

/** Each takes the request's fields; what it gives is the answer.
 * @type {{ [K in WorkerRequest['kind']]: (request: Extract<WorkerRequest, { kind: K }>) => Promise<unknown> }} */
const handlers = {
  version: async () => (await loadOnnxRuntime()).env.versions.node,

  async open({ session: key, model, options: { threads, optimization, state } }) {
    const { InferenceSession } = await loadOnnxRuntime()
    const session = await InferenceSession.create(model, {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: optimization,
      logSeverityLevel: 4, // its errors are thrown as well as printed
      extra: { session: { intra_op: { spin_duration_us: '1000' } } }, // idle threads wait awake for the next operation, but not for long on the cores that another session's run needs
    })
    const carried = new Set(state.map(({ output }) => output))
    const loose = session.outputNames.filter((name) => !carried.has(name))
    sessions.set(key, { session, loose, slots: state.map((link) => ({ ...link, current: undefined, next: undefined })) })
    return { inputs: formsOf(session.inputMetadata), outputs: formsOf(session.outputMetadata) }
  },

  async run({ session: key, feeds }) {
    const { session, slots, loose } = opened(key)
    const { Tensor } = await loadOnnxRuntime()
    const inputs = await toTensors(feeds)
    const outputs = Object.fromEntries(loose.map((name) => [name, null]))
    for (const slot of slots) {
      const { type, dims } = slot.current
      slot.next ??= new Tensor(type, new slot.current.data.constructor(slot.current.size), dims)
      inputs[slot.input] = slot.current
      outputs[slot.output] = slot.next
    }
    const results = await session.run(inputs, outputs) // throws before any slot has changed
    for (const slot of slots) [slot.current, slot.next] = [slot.next, slot.current]
    return Object.fromEntries(loose.map((name) => [name, { data: results[name].data, shape: results[name].dims }]))
  },

  async 'read-state'({ session: key }) {
    const written = opened(key).slots.filter(({ current }) => current !== undefined)
    return Object.fromEntries(written.map(({ input, current }) => [input, { data: current.data.slice(), shape: current.dims }]))
  },

  async 'write-state'({ session: key, values }) {
    const tensors = await toTensors(values)
    for (const slot of opened(key).slots) slot.current = tensors[slot.input] ?? slot.current
  },

  async close({ session: key }) {
    const { session } = opened(key)
    sessions.delete(key)
    await session.release()
  },
}

/** The gate of exit-gate.ts.
 * @type {Int32Array} */
const gate = workerData.gate
const [open, passing, shut] = [0, 1, 2]

/** @param {WorkerCall} call */
async function answer({ id, request }) {
  if (Atomics.compareExchange(gate, 0, open, passing) === shut) return // the process exits: nobody waits for an answer
  try {
    const value = await handlers[request.kind](request)
    parentPort.postMessage({ id, value }, buffersOf(value))
  } catch (error) {
    const kind = error instanceof OnnxRuntimeMissing ? 'missing' : 'runtime'
    parentPort.postMessage({ id, failure: { kind, reason: error instanceof Error ? error.message : String(error) } })
  } finally {
    Atomics.store(gate, 0, open)
    Atomics.notify(gate, 0)
  }
}

async function loadOnnxRuntime() {
  try {
    return await (loading ??= import('onnxruntime-node'))
  } catch (error) {
    throw new OnnxRuntimeMissing(error instanceof Error ? error.message : String(error))
  }
}

/** @param {number} key */
function opened(key) {
  const session = sessions.get(key)
  if (session === undefined) throw new Error(`session ${key} is not open.`)
  return session
}

/** @param {HostTensors} values */
async function toTensors(values) {
  const { Tensor } = await loadOnnxRuntime()
  const types = { Float32Array: 'float32', Int32Array: 'int32', Uint8Array: 'bool' }
  return Object.fromEntries(Object.entries(values).map(([name, { data, shape }]) => [name, new Tensor(types[data.constructor.name], data, shape)]))
}

/** @param {readonly import('onnxruntime-node').InferenceSession.ValueMetadata[]} metadata */
const formsOf = (metadata) => Object.fromEntries(metadata.map(({ name, type = 'no tensor', shape = [] }) => [name, { type, shape }]))

/** The buffers of an answer's arrays: they are moved, not copied. */
const buffersOf = (value) => Object.values(Object(value)).flatMap((each) => (ArrayBuffer.isView(each?.data) ? [each.data.buffer] : []))

let queue = Promise.resolve()
parentPort.on('message', (/** @type {WorkerCall} */ call) => {
  queue = queue.then(() => answer(call))
})
