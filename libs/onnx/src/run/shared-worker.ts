import { openWorkerChannel, type WorkerChannel } from './worker-channel'

/** A hold on the worker thread that all sessions of the process share. */
export interface WorkerHold {
  /** The worker's channel. */
  readonly channel: WorkerChannel
  /** Gives the hold up, once; the last one to do so ends the worker and waits until it is gone. */
  release(): Promise<void>
}

let shared: { readonly channel: WorkerChannel, holders: number } | undefined

/**
 * Takes hold of the process's worker thread, which is started by the first hold. There is one for all sessions: a run takes
 * every core, so a second thread would not run anything sooner, and onnxruntime is loaded once. A dead worker is not handed out.
 *
 * @throws {OnnxRuntimeMissingError} where this is not Node.
 */
export function holdSharedWorker(): WorkerHold {
  if (shared === undefined || !shared.channel.alive) {
    shared = { channel: openWorkerChannel(() => new URL('./session-worker.mjs', import.meta.url)), holders: 0 }
  }
  const held = shared
  held.holders++
  let released = false
  return {
    channel: held.channel,
    async release() {
      if (released) return
      released = true
      if (--held.holders > 0) return
      if (shared === held) shared = undefined
      await held.channel.end()
    },
  }
}
