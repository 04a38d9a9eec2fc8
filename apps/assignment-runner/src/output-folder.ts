import { join } from 'node:path'
import { atomicWrite } from './atomic-write'
import { RunError } from './errors'
import { isInside, isWhole, readWhole, recordOf, type FileRecord } from './file-record'

/** Where a part's files go, remembering what each of them held. */
export interface OutputFolder {
  /** The folder on disk, to show or to hand on; write through {@link OutputFolder.write}. */
  readonly path: string
  /**
   * Writes a whole file or none; folders inside the name are made.
   *
   * @param name - relative, with forward slashes, such as `figures/forward.svg`.
   * @throws {RunError} naming the file where it cannot be written; what was there before is then still whole.
   */
  write(name: string, data: string | Uint8Array): void
  /** Whether the file was written by this run, or by the one that is resumed, and is still as it was written. */
  has(name: string): boolean
  /**
   * The bytes of a file that {@link OutputFolder.has}.
   *
   * @throws {RunError} where the folder has it not.
   */
  read(name: string): Uint8Array
  /** The files written so far and those taken over, by path. */
  files(): readonly FileRecord[]
}

/** What {@link outputFolder} needs. */
export interface OutputFolderOptions {
  /** The OUT folder. */
  readonly out: string
  /** This folder's name in it, such as `part1`. */
  readonly name: string
  /** Files of an earlier run to take over where they are still whole. @defaultValue none */
  readonly known?: readonly FileRecord[]
  /** Called after each file written. */
  readonly onWrite?: () => void
}

/** A folder in OUT that records the files written to it. */
export function outputFolder({ out, name: folder, known = [], onWrite }: OutputFolderOptions): OutputFolder {
  const records = new Map(known.filter((record) => isWhole(out, record)).map((record) => [record.path, record]))
  const pathOf = (name: string) => {
    if (isInside(name)) return `${folder}/${name}`
    throw new RangeError(`A file name must be relative and stay in its folder; got '${name}'. Write 'figures/a.svg'.`)
  }
  return {
    path: join(out, folder),
    write(name, data) {
      const path = pathOf(name)
      atomicWrite(join(out, path), data, path)
      records.set(path, recordOf(path, data))
      onWrite?.()
    },
    has(name) {
      const record = records.get(pathOf(name))
      return record !== undefined && isWhole(out, record)
    },
    read(name) {
      const record = records.get(pathOf(name))
      const data = record && readWhole(out, record)
      if (data !== undefined) return data
      throw new RunError(`${pathOf(name)} must be as this run wrote it; it is missing or was changed. Drop --resume.`)
    },
    files: () => [...records.values()].sort((a, b) => (a.path < b.path ? -1 : 1)),
  }
}
