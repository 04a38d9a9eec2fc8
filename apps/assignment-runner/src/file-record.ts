import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { join, posix } from 'node:path'

/** A file as the manifest lists it. */
export interface FileRecord {
  /** Relative to OUT, with forward slashes. */
  readonly path: string
  readonly bytes: number
  /** In hexadecimal. */
  readonly sha256: string
}

/** SHA-256 in hexadecimal. */
export const sha256Of = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex')

/** The record of a file that holds this data. */
export function recordOf(path: string, data: string | Uint8Array): FileRecord {
  const bytes = typeof data === 'string' ? Buffer.byteLength(data) : data.byteLength
  return { path, bytes, sha256: sha256Of(data) }
}

/** The bytes of a recorded file in OUT, or `undefined` where it is missing or no longer what was recorded. */
export function readWhole(out: string, record: FileRecord): Uint8Array | undefined {
  try {
    const file = join(out, record.path)
    if (fs.statSync(file).size !== record.bytes) return undefined
    const data = fs.readFileSync(file)
    return recordOf(record.path, data).sha256 === record.sha256 ? data : undefined
  } catch {
    return undefined
  }
}

/** Whether a recorded file is in OUT with the recorded size and hash. */
export const isWhole = (out: string, record: FileRecord): boolean => readWhole(out, record) !== undefined

/** Whether a name is relative, in normal form with forward slashes, and stays below where it starts. */
export function isInside(name: string): boolean {
  if (name === '' || name === '.' || /[\\\0]|^[A-Za-z]:|\/$/.test(name)) return false
  return !posix.isAbsolute(name) && posix.normalize(name) === name && !name.startsWith('..')
}
