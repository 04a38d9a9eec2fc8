import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** In milliseconds: a write takes seconds, so a part that is older was left by a process that was killed. */
const ABANDONED_AFTER = 3_600_000

/** The bytes of a file, or undefined where there is none. */
export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}

/**
 * Writes a whole file or nothing: beside it under a name of its own, to the disk, then renamed. Whoever reads the path sees the old
 * file or the new one; what fails leaves no trace, and what is killed leaves at most a part, which {@link removeAbandonedParts} knows.
 *
 * @throws the system's error, such as a full disk.
 */
export async function writeAtomically(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const beside = `${path}.${randomUUID()}.part`
  try {
    const file = await open(beside, 'wx')
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(beside, path)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
}

/**
 * Removes the parts that killed processes left of some files of a folder. Those of the last hour stay, since another process may be
 * writing them; what cannot be removed stays, too, and harms nobody.
 *
 * @param folder - the folder, which need not be there
 * @param names - the names of the files, without their folder
 */
export async function removeAbandonedParts(folder: string, names: readonly string[]): Promise<void> {
  const found = await readdir(folder).catch(() => [])
  const parts = found.filter((name) => names.includes(/^(.+)\.[\da-f-]{36}\.part$/.exec(name)?.[1] ?? ''))
  await Promise.all(parts.map((name) => removeIfAbandoned(join(folder, name)).catch(() => undefined)))
}

async function removeIfAbandoned(part: string): Promise<void> {
  const { mtimeMs } = await stat(part)
  if (Date.now() - mtimeMs > ABANDONED_AFTER) await rm(part, { force: true })
}
