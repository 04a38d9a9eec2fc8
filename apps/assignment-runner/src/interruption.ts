import { InterruptedError, type InterruptSignal } from './errors'

/** Where signals come from: the process. */
export interface SignalSource {
  on(name: InterruptSignal, listener: (name: InterruptSignal) => void): unknown
  off(name: InterruptSignal, listener: (name: InterruptSignal) => void): unknown
}

/** What {@link watchInterruption} needs. */
export interface InterruptionOptions {
  readonly signals: SignalSource
  /** Called at once at the first signal, before the work is asked to stop. */
  readonly onInterrupt: (by: InterruptSignal) => void
  /** Called where the work did not end in time, or at a second signal: ends the process. */
  readonly onForce: (by: InterruptSignal) => void
  /** What an interruption leaves, and how to go on from it. @defaultValue that of {@link InterruptedError} */
  readonly kept?: string | undefined
  /** How long the work may take to end. @defaultValue 800 */
  readonly graceMs?: number
  /** Signals this close to the first are the same key press: a terminal and npm both send it. @defaultValue 250 */
  readonly samePressMs?: number
}

/** A watch over SIGINT and SIGTERM. */
export interface Interruption {
  /** Aborted with an {@link InterruptedError} at the first signal. */
  readonly signal: AbortSignal
  /** Stops watching. */
  stop(): void
}

const names = ['SIGINT', 'SIGTERM'] as const

/** Turns the first SIGINT or SIGTERM into an abort, and makes sure that the process ends soon after it. */
export function watchInterruption(options: InterruptionOptions): Interruption {
  const { signals, onInterrupt, onForce, kept, graceMs = 800, samePressMs = 250 } = options
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let firstAt = 0
  const listener = (by: InterruptSignal) => {
    if (!controller.signal.aborted) {
      firstAt = performance.now()
      timer = setTimeout(() => onForce(by), graceMs)
      onInterrupt(by)
      controller.abort(new InterruptedError(by, kept))
    } else if (performance.now() - firstAt > samePressMs) {
      onForce(by)
    }
  }
  for (const name of names) signals.on(name, listener)
  return {
    signal: controller.signal,
    stop() {
      clearTimeout(timer)
      for (const name of names) signals.off(name, listener)
    },
  }
}
