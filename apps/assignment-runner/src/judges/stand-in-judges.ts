import { digits } from '@sbgm/datasets'
import { eagerCompute } from '../compute/eager-compute'
import type { Progress } from '../progress'
import type { JudgeFiles } from './open-judges'
import { judgeSettings, type JudgeSettings } from './settings'

/** For tests: drawn digits, enough to train the judges of {@link tinySettings} in a second. */
export const tinyDigits = () => digits({ seed: 1, trainCount: 400, testCount: 200 })

/** For tests: the judges of smoke. */
export const tinySettings: JudgeSettings = judgeSettings.smoke

/** For tests: files in memory. */
export function memoryFiles() {
  const stored = new Map<string, Uint8Array>()
  const files: JudgeFiles = { read: (name) => stored.get(name), write: (name, bytes) => void stored.set(name, bytes) }
  return { files, stored }
}

/** For tests: keeps the names of stages and the notes. */
export function listeningProgress() {
  const heard: string[] = []
  const progress: Progress = {
    note: (line) => void heard.push(line.trim()),
    stage: (name) => {
      heard.push(name)
      return { advance: () => undefined, skip: () => undefined, end: () => undefined }
    },
  }
  return { progress, heard }
}

/** For tests: what a run hands a part, with a signal of its own. */
export const quietContext = () => ({ compute: eagerCompute, progress: listeningProgress().progress, signal: new AbortController().signal })
