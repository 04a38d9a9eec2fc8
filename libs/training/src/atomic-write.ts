import { randomUUID } from 'node:crypto'
import fs from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CheckpointError, fileSystemCause } from './checkpoint-error'

/**
 * Writes a whole file or none: beside the target, synced, renamed over it, the folder synced. A kill at any moment leaves the old
 * file or the new one under the name, and at most a `.partial` beside it, which {@link removeLeftovers} knows. Of several writes at once
 * one is there in the end, whole.
 *
 * @param path - the file; its folder is made where it is missing
 * @param bytes - what it shall hold
 * @throws CheckpointError naming the file, the cause and what to do; an older file of that name is then still whole.
 */
export async function writeAtomically(path: string, bytes: Uint8Array): Promise<void> {
  const beside = `${path}.${randomUUID()}.partial`
  try {
    await fs.mkdir(dirname(path), { recursive: true })
    const file = await fs.open(beside, 'w')
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await fs.rename(beside, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await fs.rm(beside, { force: true }).catch(() => undefined) // the error that led here is the one to report
    throw new CheckpointError(path, `cannot be written: ${fileSystemCause(error)}. What was saved before is whole.`, error)
  }
}

/** A rename lasts through a loss of power only when its folder is synced; Windows has no such call, and needs none. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await fs.open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Removes what killed writes left in a folder. Nothing else may be writing there.
 *
 * @param folder - the folder
 * @param target - tells whether a file name is one of the caller's own
 */
export async function removeLeftovers(folder: string, target: (name: string) => boolean): Promise<void> {
  for (const name of await fs.readdir(folder)) {
    const written = /^(.+)\.[\da-f-]{36}\.partial$/.exec(name)?.[1]
    if (written !== undefined && target(written)) await fs.rm(join(folder, name), { force: true })
  }
}
