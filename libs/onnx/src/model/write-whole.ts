import { open, rename, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** Writes a whole file or none: beside its place, synced to the disk, then renamed over what is there. */
export async function writeWhole(path: string | URL, bytes: Uint8Array): Promise<void> {
  const target = path instanceof URL ? fileURLToPath(path) : path
  const beside = `${target}.${crypto.randomUUID()}.partial`
  try {
    const file = await open(beside, 'wx')
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(beside, target)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
}
