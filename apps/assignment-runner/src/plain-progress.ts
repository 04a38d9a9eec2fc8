import { durationText, paceText } from './pace'
import type { ProgressDisplay, ProgressOptions, Stage } from './progress'

const quietSeconds = 2
const longestSilenceSeconds = 30

/**
 * Progress as plain lines: the start of a stage, about every tenth of it (at most one line in 2 s, at least one in 30 s
 * while it advances), and its end with the time it took. What it does before its first own step is said at once.
 */
export function plainProgress({ stream, now = () => performance.now() }: ProgressOptions): ProgressDisplay {
  let endCurrent = () => {}
  const note = (line: string) => void stream.write(`${line}\n`)
  return {
    note,
    close: () => (endCurrent = () => {}),
    stage(name, total) {
      endCurrent()
      const start = now()
      const secondsSince = (time: number) => (now() - time) / 1000
      let [lastLine, lastTenth, open] = [start, 0, true]
      let [skipped, begun] = [0, start]
      note(`  ${name}: started, ${total} steps`)
      const stage: Stage = {
        advance(done, detail) {
          if (open && done <= skipped && detail !== undefined) return note(`  ${name}: ${detail}`)
          const tenth = Math.floor((10 * done) / total)
          const silent = secondsSince(lastLine)
          const due = (tenth > lastTenth && silent >= quietSeconds) || silent >= longestSilenceSeconds
          if (!open || !due || done >= total) return
          lastLine = now()
          lastTenth = tenth
          const percent = `${Math.floor((100 * done) / total)} % (${done} of ${total})`
          note(`  ${name}: ${listed([percent, paceText({ done, total, skipped, seconds: secondsSince(begun) }), detail])}`)
        },
        skip(done) {
          skipped = done
          begun = now()
          lastTenth = Math.floor((10 * done) / total)
        },
        end(detail) {
          if (!open) return
          open = false
          note(`  ${name}: ${listed([`done in ${durationText(secondsSince(start))}`, detail])}`)
        },
      }
      endCurrent = () => stage.end()
      return stage
    },
  }
}

/** What is there of a list, separated by commas. */
export const listed = (texts: readonly (string | undefined)[]) => texts.filter((text) => Boolean(text)).join(', ')
