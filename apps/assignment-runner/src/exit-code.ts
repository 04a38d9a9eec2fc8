import type { InterruptSignal } from './errors'

/** What the process answers with; scripts rely on these. */
export const exitCode = {
  ok: 0,
  failed: 1,
  usage: 2,
  barMissed: 3,
  SIGINT: 130,
  SIGTERM: 143,
} as const satisfies Record<string, number> & Record<InterruptSignal, number>
