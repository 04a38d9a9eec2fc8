import { strToU8, zipSync, type Zippable } from 'fflate'
import { sha256Of } from '../file-record'

/** A file of an archive. */
export interface ArchiveFile {
  /** Its name in the archive, with forward slashes. */
  readonly name: string
  readonly data: Uint8Array
  /** Whether it is a program. */
  readonly executable: boolean
}

/** The file that lists all others of an archive. */
export const contentsName = 'CONTENTS.txt'

/**
 * A zip archive with everything in one folder, and in it a list of all files with their sha256, as `sha256sum -c` reads it. The same files
 * give the same bytes: names in order, one date for all, no owner.
 *
 * @param folder - name of the folder.
 */
export function zipArchive(folder: string, files: readonly ArchiveFile[]): Uint8Array {
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1))
  const contents = { name: contentsName, data: strToU8(sorted.map(({ name, data }) => `${sha256Of(data)}  ${name}\n`).join('')), executable: false }
  const entries: Zippable = {}
  for (const { name, data, executable } of [contents, ...sorted]) {
    entries[`${folder}/${name}`] = [data, { level: 9, mtime, os: unix, attrs: (executable ? 0o100755 : 0o100644) * 65536 }]
  }
  return zipSync(entries)
}

/** The earliest date of the format, in whatever time zone. */
const mtime = new Date(1980, 0, 1)
const unix = 3
