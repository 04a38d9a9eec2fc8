import { SingleBar } from 'cli-progress'
import { durationText, paceText } from './pace'
import { listed } from './plain-progress'
import type { ProgressDisplay, ProgressOptions, Stage } from './progress'

/** Progress as one live line with a bar, rate and time left; a stage leaves one line behind, with the time it took. */
export function terminalProgress({ stream, now = () => performance.now() }: ProgressOptions): ProgressDisplay {
  let current: LiveStage | undefined
  const write = (line: string) => void stream.write(`${line}\n`)
  return {
    note(line) {
      current?.hide()
      write(line)
      current?.show()
    },
    close() {
      current?.hide()
      current = undefined
    },
    stage(name, total) {
      current?.end()
      const stage = liveStage({ name, total, stream, now, write, onEnd: () => (current = undefined) })
      current = stage
      return stage
    },
  }
}

interface LiveStage extends Stage {
  hide(): void
  show(): void
}

interface LiveStageOptions extends Required<ProgressOptions> {
  readonly name: string
  readonly total: number
  readonly write: (line: string) => void
  readonly onEnd: () => void
}

function liveStage({ name, total, stream, now, write, onEnd }: LiveStageOptions): LiveStage {
  const start = now()
  const bar = new SingleBar({
    stream,
    format: '  {name} {bar} {percentage} %{facts}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    gracefulExit: false, // the program itself ends the live line on a signal
  })
  let [done, facts, open] = [0, '', true]
  let [skipped, begun] = [0, start]
  const stage: LiveStage = {
    show: () => bar.start(total, done, { name, facts }),
    hide: () => bar.stop(),
    advance(steps, detail) {
      if (!open) return
      done = steps
      const pace = paceText({ done, total, skipped, seconds: (now() - begun) / 1000 })
      facts = [pace, detail].map((text) => (text ? ` · ${text}` : '')).join('')
      bar.update(done, { name, facts })
    },
    skip(steps) {
      skipped = steps
      begun = now()
    },
    end(detail) {
      if (!open) return
      open = false
      bar.stop()
      write(`  ${name}: ${listed([`done in ${durationText((now() - start) / 1000)}`, detail])}`)
      onEnd()
    },
  }
  stage.show()
  return stage
}
