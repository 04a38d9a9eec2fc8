import { InterruptedError, oneLine, UsageError } from './errors'
import { exitCode } from './exit-code'
import type { Host } from './host'

/**
 * Says on stderr, in one line, why the program ends (the stack of an error only with SBGM_DEBUG=1).
 *
 * @returns the exit code that belongs to it
 */
export function explain(error: unknown, { stderr, env }: Pick<Host, 'stderr' | 'env'>): number {
  if (error instanceof InterruptedError) {
    stderr.write(`interrupted; ${error.kept}\n`)
    return exitCode[error.by]
  }
  const stack = error instanceof Error && env['SBGM_DEBUG'] === '1' ? error.stack : undefined
  stderr.write(`error: ${stack ?? oneLine(error)}\n`)
  return error instanceof UsageError ? exitCode.usage : exitCode.failed
}
