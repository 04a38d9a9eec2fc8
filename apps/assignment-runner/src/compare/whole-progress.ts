import type { Progress, Stage } from '../progress'

/** Stages that are shares of one whole, whose time left is what people want to know. */
export interface WholeProgress {
  /** A {@link Progress} whose next stage is this share of the whole. */
  share(units: number): Progress
  /** The whole is done. */
  end(detail?: string): void
}

/**
 * One stage over several that follow each other.
 *
 * @param total - the sum of all shares
 */
export function wholeProgress(progress: Progress, name: string, total: number): WholeProgress {
  const whole = progress.stage(name, total)
  let begun = 0
  return {
    share(units) {
      const offset = begun
      begun += units
      let skipped = 0
      const at = (done: number, steps: number) => Math.round(offset + (units * done) / steps)
      return {
        note: (line) => progress.note(line),
        stage: (label, steps): Stage => ({
          advance: (done, detail) => whole.advance(at(done, steps), done > skipped ? [label, detail].filter(Boolean).join(', ') : undefined),
          skip(done) {
            skipped = done
            whole.skip(at(done, steps))
          },
          end: () => undefined,
        }),
      }
    },
    end: (detail) => whole.end(detail),
  }
}
