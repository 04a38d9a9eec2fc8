/** The command line is wrong in itself: exit code 2. The message is one line and complete. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What the command line asks for cannot be had here (an engine, a folder): exit code 1. The message is one line. */
export class RunError extends Error {
  override readonly name = 'RunError'
}

/** The run was stopped by a signal; `signal.reason` of a part's `AbortSignal` is one of these. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'

  constructor(
    /** The signal that stopped the run. */
    readonly by: InterruptSignal,
    /** What is kept, and how to go on from it. */
    readonly kept: string = 'the files that were finished are kept, --resume goes on from them',
  ) {
    super(`interrupted by ${by}`)
  }
}

/** The signals that end a run early with what is done kept. */
export type InterruptSignal = 'SIGINT' | 'SIGTERM'

/** The message of anything thrown, on one line. */
export function oneLine(error: unknown): string {
  const message = error instanceof Error ? error.message || error.name : String(error)
  return message.replace(/\s*\n\s*/g, ' ').trim()
}
