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
/** @typedef {import('./device').OnnxDevice} OnnxDevice */
/** @typedef {{ session: import('onnxruntime-node').InferenceSession, device: OnnxDevice, slots: StateSlot[], loose: string[] }} OpenSession */

class OnnxRuntimeMissing extends Error {}

/** @type {Promise<typeof import('onnxruntime-node')> | undefined} */
let loading
/** @type {Map<number, OpenSession>} */
const sessions = new Map()

/** Each takes the request's fields; what it gives is the answer.
 * @type {{ [K in WorkerRequest['kind']]: (request: Extract<WorkerRequest, { kind: K }>) => Promise<unknown> }} */
const handlers = {
  async version() {
    const { env, listSupportedBackends } = await loadOnnxRuntime()
    return { version: env.versions.node, devices: listSupportedBackends().filter(({ name, bundled }) => bundled && name in deviceOptions).map(({ name }) => name) }
  },

  async open({ session: key, model, options: { device, threads, optimization, state } }) {
    const { InferenceSession } = await loadOnnxRuntime()
    const session = await InferenceSession.create(model, {
      ...deviceOptions[device](state),
      intraOpNumThreads: device === 'cpu' ? threads : 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: optimization,
      logSeverityLevel: 4, // its errors are thrown as well as printed
      extra: {
        session: {
          intra_op: { spin_duration_us: '1000' }, // idle threads wait awake for the next operation, but not for long on the cores that another session's run needs
          disable_cpu_ep_fallback: device === 'cpu' || state.length === 0 ? '0' : '1', // each node on the processor would fetch what it needs from the card, step by step
        },
      },
    })
    const carried = new Set(state.map(({ output }) => output))
    const loose = session.outputNames.filter((name) => !carried.has(name))
    sessions.set(key, { session, device, loose, slots: state.map((link) => ({ ...link, current: undefined, next: undefined })) })
    return { inputs: formsOf(session.inputMetadata), outputs: formsOf(session.outputMetadata) }
  },

  async run({ session: key, feeds }) {
    const { session, device, slots, loose } = opened(key)
    const { Tensor } = await loadOnnxRuntime()
    const inputs = await toTensors(feeds)
    const outputs = Object.fromEntries(loose.map((name) => [name, null]))
    for (const slot of slots) {
      inputs[slot.input] = slot.current
      outputs[slot.output] = device === 'cpu' ? (slot.next ??= emptyLike(slot.current, Tensor)) : null
    }
    const results = await session.run(inputs, outputs) // throws before any slot has changed
    for (const slot of slots) {
      const before = slot.current
      slot.current = results[slot.output]
      if (device === 'cpu') slot.next = before
      else free(before)
    }
    return Object.fromEntries(loose.map((name) => [name, { data: results[name].data, shape: results[name].dims }]))
  },

  async 'read-state'({ session: key, reader }) {
    const written = opened(key).slots.filter(({ current }) => current !== undefined)
    if (written.some(({ current }) => onGpu(current))) {
      const copies = await opened(reader).session.run(Object.fromEntries(written.map(({ input, current }) => [input, current])))
      return Object.fromEntries(written.map(({ input, output }) => [input, { data: copies[output].data, shape: copies[output].dims }]))
    }
    return Object.fromEntries(written.map(({ input, current }) => [input, { data: current.data.slice(), shape: current.dims }]))
  },

  async 'write-state'({ session: key, values }) {
    const tensors = await toTensors(values)
    for (const slot of opened(key).slots) {
      if (tensors[slot.input] === undefined) continue
      free(slot.current)
      slot.current = tensors[slot.input]
    }
  },

  async close({ session: key }) {
    const { session, slots } = opened(key)
    sessions.delete(key)
    for (const { current } of slots) free(current)
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
    const device = request.options?.device ?? sessions.get(request.session)?.device ?? 'cpu'
    parentPort.postMessage({ id, failure: { kind, reason: error instanceof Error ? error.message : String(error), device } })
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

/** How a session computes on a device, and where its state lies.
 * @type {{ [K in OnnxDevice]: (state: WorkerSessionOptions['state']) => import('onnxruntime-node').InferenceSession.SessionOptions }} */
const deviceOptions = {
  cpu: () => ({ executionProviders: ['cpu'] }),
  webgpu: (state) => ({
    executionProviders: [{ name: 'webgpu', validationMode: 'basic' }], // with less, what a card refuses comes out as zeros
    preferredOutputLocation: Object.fromEntries(state.map(({ output }) => [output, 'gpu-buffer'])),
  }),
}

/** @param {Tensor | undefined} tensor */
const onGpu = (tensor) => tensor?.location === 'gpu-buffer'

/** Gives the buffer of a tensor on a GPU back; others are the garbage collector's.
 * @param {Tensor | undefined} tensor */
function free(tensor) {
  if (onGpu(tensor)) tensor.dispose()
}

/** @param {Tensor} tensor */
const emptyLike = ({ type, dims, data, size }, Tensor) => new Tensor(type, new data.constructor(size), dims)

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
