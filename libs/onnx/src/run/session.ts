import { encodeModel } from '../model/encode-model'
import type { OnnxType, OnnxValue } from '../model/onnx-graph'
import { checkDevice, type OnnxDevice } from './device'
import { checkElementTypes, checkHostTensor, HostTensorError } from './host-tensor-error'
import type { HostTensor, HostTensors, TensorForm } from './host-tensor'
import { checkStateLinks, type StateLink } from './state-link'
import { nodeModule } from './node-module'
import { holdSharedWorker, type WorkerHold } from './shared-worker'
import { checkThreads } from './threads'
import { ownedTensors } from './transfer'

/** How a model is run. */
export interface SessionOptions {
  /** What computes; on a GPU the state stays on it from run to run. @defaultValue 'cpu' */
  readonly device?: OnnxDevice
  /** Threads within an operation on the processor, at least 1. @defaultValue all cores that the process may use */
  readonly threads?: number
  /** Inputs that get an output of the run before and stay in the worker. @defaultValue none */
  readonly state?: readonly StateLink[]
  /** How far onnxruntime rewrites the graph before it runs it; more takes longer to open. @defaultValue 'all' */
  readonly optimization?: 'all' | 'extended' | 'basic' | 'disabled'
}

/** How one run treats its arguments. */
export interface RunOptions {
  /**
   * Names of feeds whose arrays the caller gives away: they are moved to the worker, not copied, and are empty afterwards.
   * One that is part of a larger buffer, or of shared memory, is copied all the same. @defaultValue none
   */
  readonly transfer?: readonly string[]
}

/** A model ready to run. Calls are queued; each waits for those before it. */
export interface OnnxSession {
  /**
   * Runs the model once and carries its state on. Arrays are copied when this is called, so the caller may change them at once.
   *
   * @param feeds - every input that is no state, by name
   * @param options - which arrays are given away
   * @returns every output that is no state, by name; the caller's.
   * @throws {HostTensorError} for a feed that is missing, unknown, or of another form than the model's, and for a state that was never written.
   * @throws {OnnxRuntimeError} where onnxruntime fails; the state stays as it was before the run.
   * @throws {OnnxWorkerError} where the worker thread has ended; its sessions are lost.
   */
  run(feeds: HostTensors, options?: RunOptions): Promise<Record<string, HostTensor>>
  /** The state as it is after the runs so far, by input name; copies, the caller's. What was never written is absent. */
  readState(): Promise<Record<string, HostTensor>>
  /**
   * Sets state, by input name; what is not named stays. Before the first run every state must have been written once.
   *
   * @throws {HostTensorError} for a name that is no state, or a value of another form; then nothing is written.
   */
  writeState(values: HostTensors): Promise<void>
  /** Waits for the calls before it and gives everything back. The last session's close ends the worker thread. Idempotent. */
  close(): Promise<void>
}

let sessions = 0

/**
 * Makes a session of a model in the worker thread that all sessions of the process share, so that the program's event loop
 * stays free while it runs. It executes one operation after the other, each on all threads, with onnxruntime's memory arena.
 * An idle session does not keep the process alive. Same feeds, state and number of threads give the same bits.
 *
 * Denormal numbers are left as they are: onnxruntime's `session.set_denormal_as_zero` holds for the process's first session
 * only, so results would hang on the order of opening; and Adam on denormal moments alone, at its worst three times slower,
 * is under a hundredth of a step.
 *
 * @param model - the bytes of an ONNX file; copied
 * @param options - threads, state and optimisation
 * @throws {RangeError} unless `threads` is a positive integer.
 * @throws {OnnxRuntimeMissingError} where onnxruntime-node is not installed or does not load, or where this is not Node.
 * @throws {OnnxRuntimeError} where onnxruntime does not accept the model.
 * @throws {HostTensorError} where an input or output is of a type that is none of a host tensor's, or where an input and the
 *   output linked to it are not of one fixed form.
 */
export async function openSession(model: Uint8Array, options: SessionOptions = {}): Promise<OnnxSession> {
  const { device = 'cpu', threads = nodeModule('node:os')?.availableParallelism() ?? 1, state = [], optimization = 'all' } = options
  checkThreads(threads)
  checkDevice(device)
  const hold = holdSharedWorker()
  try {
    const open = async (bytes: Uint8Array<ArrayBuffer>, links: readonly StateLink[]) => {
      const session = sessions++
      const forms = await hold.channel.request({ kind: 'open', session, model: bytes, options: { device, threads, optimization, state: links } }, [bytes.buffer])
      return { session, ...forms }
    }
    const { session, inputs, outputs } = await open(model.slice(), state)
    let reader: number | undefined
    try {
      checkElementTypes('input', inputs)
      checkElementTypes('output', outputs)
      checkStateLinks(state, inputs, outputs)
      if (device === 'webgpu' && state.length > 0) reader = (await open(readerModel(state, inputs).slice(), [])).session
    } catch (error) {
      await hold.channel.request({ kind: 'close', session })
      throw error
    }
    return sessionOf({ hold, session, reader, inputs, state })
  } catch (error) {
    await hold.release()
    throw error
  }
}

/** A model that copies state: what lies on a GPU comes back through a run alone. */
function readerModel(state: readonly StateLink[], inputs: Readonly<Record<string, TensorForm>>): Uint8Array {
  const valueOf = (name: string, { type, shape }: TensorForm): OnnxValue => ({ name, type: type as OnnxType, shape: shape as number[] })
  return encodeModel({
    inputs: state.map(({ input }) => valueOf(input, inputs[input])),
    outputs: state.map(({ input, output }) => valueOf(output, inputs[input])),
    constants: [],
    nodes: state.map(({ input, output }) => ({ operator: 'Identity', domain: '', inputs: [input], outputs: [output], attributes: {} })),
  })
}

interface OpenedSession {
  readonly hold: WorkerHold
  readonly session: number
  /** The session that reads the state off a GPU. */
  readonly reader: number | undefined
  readonly inputs: Readonly<Record<string, TensorForm>>
  readonly state: readonly StateLink[]
}

function sessionOf({ hold, session, reader, inputs, state }: OpenedSession): OnnxSession {
  const stateNames = new Set(state.map(({ input }) => input))
  const feedNames = Object.keys(inputs).filter((name) => !stateNames.has(name))
  const unwritten = new Set(stateNames)
  let closed: Promise<void> | undefined

  const checkOpen = () => {
    if (closed !== undefined) throw new Error('A session must be open to be used; this one was closed. Open the model again.')
  }
  const checkTensors = (tensors: HostTensors, names: readonly string[], role: string) => {
    for (const [name, tensor] of Object.entries(tensors)) {
      const form = names.includes(name) ? inputs[name] : undefined
      if (form === undefined) throw new HostTensorError(name, `A ${role} must be one of ${list(names)}; got '${name}'.`)
      checkHostTensor(name, tensor, form)
    }
  }
  const closeNow = async () => {
    try {
      for (const each of [session, reader]) if (each !== undefined && hold.channel.alive) await hold.channel.request({ kind: 'close', session: each })
    } finally {
      await hold.release()
    }
  }

  return {
    async run(feeds, { transfer = [] } = {}) {
      checkOpen()
      const missing = feedNames.find((name) => feeds[name] === undefined)
      if (missing !== undefined) throw new HostTensorError(missing, `A run needs every input that is no state (${list(feedNames)}); '${missing}' is missing.`)
      checkTensors(feeds, feedNames, 'feed')
      const [unset] = unwritten
      if (unset !== undefined) throw new HostTensorError(unset, `Every state must be written once before the first run; '${unset}' was not. Call writeState.`)
      const { tensors, buffers } = ownedTensors(feeds, transfer)
      return hold.channel.request({ kind: 'run', session, feeds: tensors }, buffers)
    },
    async readState() {
      checkOpen()
      return hold.channel.request({ kind: 'read-state', session, reader })
    },
    async writeState(values) {
      checkOpen()
      checkTensors(values, [...stateNames], 'state')
      const { tensors, buffers } = ownedTensors(values, [])
      for (const name of Object.keys(values)) unwritten.delete(name) // what is asked from here on comes after the write
      await hold.channel.request({ kind: 'write-state', session, values: tensors }, buffers)
    },
    close: () => (closed ??= closeNow()),
  }
}

const list = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ') || 'none'
