import { join } from 'node:path'
import { DamagedFileError } from '../damaged-file-error'
import type { FileRole, PublishedDataset } from '../published-datasets'
import { readIfThere, removeAbandonedParts, writeAtomically } from './cache'
import { fileRoles, type FileContents } from './data-folder'
import { DatasetUnavailableError } from './dataset-unavailable-error'
import { downloadFile, type DownloadOptions } from './download'
import { OtherSetFound, verifiedContents } from './verified-file'

/**
 * The files of a set from the cache; what it lacks, or what is damaged there, is downloaded into it. Only verified files are written,
 * each whole or not at all.
 *
 * @param cacheDir - holds a folder per set; made when it is needed
 * @throws DatasetUnavailableError if a file of the cache cannot be read or written, or one cannot be downloaded; the signal's reason when it
 * is aborted.
 */
export async function cachedFiles(set: PublishedDataset, cacheDir: string, options: DownloadOptions): Promise<FileContents> {
  const folder = join(cacheDir, set.name)
  const nameOf = (role: FileRole): string => `${set.files[role].name}.gz`
  const pathOf = (role: FileRole): string => join(folder, nameOf(role))
  await removeAbandonedParts(folder, fileRoles.map(nameOf))
  const found = await Promise.all(fileRoles.map((role) => fromCache(set, role, pathOf(role))))
  const contents = new Map(fileRoles.map((role, index) => [role, found[index]]))
  const missing = fileRoles.filter((role) => contents.get(role) === undefined)
  const totalBytes = missing.reduce((sum, role) => sum + set.files[role].packed.bytes, 0)
  let finished = 0
  let receivedBytes = 0
  for (const role of missing) {
    const { packed, contents: unpacked } = await downloadFile(set, role, options, (mirror, received) => {
      if (finished + received <= receivedBytes) return // an attempt that began anew has not caught up yet
      receivedBytes = finished + received
      options.onProgress?.({ dataset: set.name, file: nameOf(role), mirror, receivedBytes, totalBytes })
    })
    await store(set, pathOf(role), packed)
    finished += packed.length
    contents.set(role, unpacked)
  }
  return Object.fromEntries(contents) as Record<FileRole, Uint8Array>
}

/** A file of the cache, or undefined if there is none that is whole. */
async function fromCache(set: PublishedDataset, role: FileRole, path: string): Promise<Uint8Array | undefined> {
  const bytes = await readIfThere(path).catch((error: Error) => {
    const message = `${path} of the cache cannot be read (${error.message}). Remove it, or name another folder as cacheDir.`
    throw new DatasetUnavailableError(set.name, 'cache-not-readable', message, error)
  })
  if (bytes === undefined) return undefined
  return verifiedContents(bytes, set, role, path).catch((error: unknown) => {
    if (DamagedFileError.isInstance(error) || error instanceof OtherSetFound) return undefined
    throw error
  })
}

async function store(set: PublishedDataset, path: string, packed: Uint8Array): Promise<void> {
  await writeAtomically(path, packed).catch((error: Error) => {
    const message = `${path} of the cache could not be written (${error.message}). Free space there, or name another folder as cacheDir.`
    throw new DatasetUnavailableError(set.name, 'cache-not-writable', message, error)
  })
}
