import fs from 'node:fs'
import { dirname } from 'node:path'
import { RunError } from './errors'

/**
 * Writes a whole file or none: beside the target, synced to disk, then renamed over it. Missing folders are made.
 * Synchronous, so that it also serves in a signal handler and nothing can come between its steps.
 *
 * @param path - the file.
 * @param name - how to call it in an error.
 * @throws {RunError} naming the file and the cause; an older file of that name is then still whole, and nothing lies
 * beside it.
 */
export function atomicWrite(path: string, data: string | Uint8Array, name: string): void {
  const beside = `${path}.${process.pid}.partial`
  try {
    fs.mkdirSync(dirname(path), { recursive: true })
    const file = fs.openSync(beside, 'w')
    try {
      fs.writeFileSync(file, data)
      fs.fsyncSync(file)
    } finally {
      fs.closeSync(file)
    }
    fs.renameSync(beside, path)
  } catch (error) {
    removeQuietly(beside)
    throw new RunError(`cannot write ${name}: ${causeOf(error)}.`, { cause: error })
  }
}

function removeQuietly(path: string): void {
  try {
    fs.rmSync(path, { force: true })
  } catch {
    // the error that led here is the one to report
  }
}

/** Why the file system refused, in words, with what to do about it. */
export function causeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
  const [cause, remedy] = (code === undefined ? undefined : causes[code]) ?? []
  if (cause !== undefined) return `${cause} (${code}); ${remedy}`
  return code ?? (error instanceof Error ? error.message : String(error))
}

const causes: Readonly<Record<string, readonly [cause: string, remedy: string]>> = {
  ENOSPC: ['no space is left on the device', 'free some, or give another --out'],
  EDQUOT: ['the disk quota is used up', 'free some space, or give another --out'],
  EFBIG: ['the file would be larger than allowed', 'raise the limit, or give another --out'],
  EACCES: ['permission denied', 'give a folder of your own with --out'],
  EPERM: ['not permitted', 'give a folder of your own with --out'],
  EROFS: ['the file system is read-only', 'give another --out'],
  ENOTDIR: ['a file stands where a folder is needed', 'move it, or give another --out'],
  EEXIST: ['a file stands where a folder is needed', 'move it, or give another --out'],
  EISDIR: ['a folder stands where the file should be', 'move it, or give another --out'],
  EMFILE: ['too many files are open', 'raise the limit of open files'],
}
