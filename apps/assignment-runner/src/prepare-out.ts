import fs from 'node:fs'
import { join } from 'node:path'
import { causeOf } from './atomic-write'
import { RunError } from './errors'

/**
 * Makes OUT, writes a file there and takes it away again: a folder that cannot be written to is found before any work.
 *
 * @throws {RunError} naming the folder and the cause.
 */
export function prepareOut(out: string): void {
  const probe = join(out, `.writable.${process.pid}`)
  try {
    fs.mkdirSync(out, { recursive: true })
    fs.writeFileSync(probe, 'can this folder be written to?')
    fs.rmSync(probe)
  } catch (error) {
    const message = `--out must be a folder that can be written to; got '${out}': ${causeOf(error)}.`
    throw new RunError(message, { cause: error })
  }
}

/**
 * Checks that the folder of the data sets is there.
 *
 * @throws {RunError} naming the folder and what stands in its place.
 */
export function checkDataDir(dataDir: string): void {
  const found = fs.statSync(dataDir, { throwIfNoEntry: false })
  if (found?.isDirectory() === true) return
  const state = found === undefined ? 'there is nothing of that name' : 'that is no folder'
  throw new RunError(`--data-dir must be a folder that exists; got '${dataDir}': ${state}. Correct or drop it.`)
}
