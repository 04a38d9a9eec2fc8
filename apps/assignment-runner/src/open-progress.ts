import { plainProgress } from './plain-progress'
import type { ProgressDisplay, ProgressOptions } from './progress'
import { terminalProgress } from './terminal-progress'

/** What {@link openProgress} needs. */
export interface OpenProgressOptions extends ProgressOptions {
  /** The environment's TERM. */
  readonly terminalType?: string | undefined
}

/** A live line on a terminal, plain lines elsewhere (a dumb terminal included). */
export function openProgress({ terminalType, ...options }: OpenProgressOptions): ProgressDisplay {
  const live = options.stream.isTTY === true && terminalType !== 'dumb'
  return live ? terminalProgress(options) : plainProgress(options)
}
