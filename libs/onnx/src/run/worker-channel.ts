import { exitGate, shutExitGate } from './exit-gate'
import { nodeModule } from './node-module'
import { OnnxRuntimeError } from './onnxruntime-error'
import { OnnxRuntimeMissingError } from './onnxruntime-missing-error'
import { OnnxWorkerError } from './onnx-worker-error'
import type { WorkerAnswers, WorkerCall, WorkerReply, WorkerRequest } from './worker-messages'

type Answer<R extends WorkerRequest> = WorkerAnswers[R['kind']]

/** Requests to one worker thread, and its answers. */
export interface WorkerChannel {
  /**
   * Asks; requests are answered in their order. The buffers in `transfer` are the worker's from now on.
   *
   * @throws {OnnxRuntimeMissingError} where onnxruntime-node does not load.
   * @throws {OnnxRuntimeError} with onnxruntime's words where it refuses.
   * @throws {OnnxWorkerError} where the worker ends before it answers, or has ended already.
   */
  request<R extends WorkerRequest>(request: R, transfer?: readonly ArrayBuffer[]): Promise<Answer<R>>
  /** Whether the worker can still be asked. */
  readonly alive: boolean
  /** Ends the worker; resolved when it is gone. */
  end(): Promise<void>
}

interface Pending {
  readonly kind: WorkerRequest['kind']
  readonly resolve: (value: WorkerReply extends infer R ? R extends { value: infer V } ? V : never : never) => void
  readonly reject: (error: Error) => void
}

/**
 * Starts a worker thread from a script that answers {@link WorkerCall}s. It keeps the process alive only while a request is
 * unanswered, so a program whose sessions are idle ends by itself; process.exit waits for the request that is being answered.
 *
 * @param script - where it is; asked only where there is Node, since a browser's bundle may have no address for it
 * @throws {OnnxRuntimeMissingError} where this is not Node.
 */
export function openWorkerChannel(script: () => URL): WorkerChannel {
  const threads = nodeModule('node:worker_threads')
  if (threads === undefined) throw new OnnxRuntimeMissingError('there are no worker threads of Node\'s here; it runs in Node only.')
  // Without the program's own flags: a loader or a debugger among them has nothing to do in there.
  const gate = exitGate()
  const worker = new threads.Worker(script(), { name: 'onnxruntime', execArgv: [], workerData: { gate } })
  const pending = new Map<number, Pending>()
  let calls = 0
  let ended: OnnxWorkerError | undefined
  const shutGate = () => shutExitGate(gate)
  worker.unref()
  process.on('exit', shutGate)

  const end = (error: OnnxWorkerError) => {
    ended ??= error
    process.off('exit', shutGate)
    for (const { reject } of pending.values()) reject(ended)
    pending.clear()
  }
  worker.on('error', (error) => end(new OnnxWorkerError(`it ended with: ${error.message}.`, { cause: error })))
  worker.on('exit', (code) => end(new OnnxWorkerError(`it ended with exit code ${code}.`)))
  worker.on('message', (reply: WorkerReply) => {
    const call = pending.get(reply.id)
    if (call === undefined) return
    pending.delete(reply.id)
    if (pending.size === 0) worker.unref()
    if ('value' in reply) call.resolve(reply.value)
    else call.reject(toError(call.kind, reply.failure))
  })

  return {
    request<R extends WorkerRequest>(request: R, transfer: readonly ArrayBuffer[] = []) {
      return new Promise<Answer<R>>((resolve, reject) => {
        if (ended !== undefined) throw ended
        const call: WorkerCall = { id: calls++, request }
        worker.postMessage(call, transfer)
        pending.set(call.id, { kind: request.kind, resolve: resolve as Pending['resolve'], reject })
        worker.ref()
      })
    },
    get alive() {
      return ended === undefined
    },
    async end() {
      await worker.terminate()
    },
  }
}

function toError(request: WorkerRequest['kind'], { kind, reason, device }: Extract<WorkerReply, { failure: unknown }>['failure']): Error {
  if (kind === 'missing') return new OnnxRuntimeMissingError(reason)
  return new OnnxRuntimeError(request === 'open' || request === 'close' ? request : 'run', reason, device)
}
