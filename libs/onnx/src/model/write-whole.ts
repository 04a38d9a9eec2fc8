import { nodeModule } from '../run/node-module'

/**
 * Gives a function that writes a whole file or none: beside its place, synced to the disk, then renamed over what is there.
 *
 * @throws Error where there is no file system of Node's
 */
export function wholeFileWriter(): (path: string | URL, bytes: Uint8Array) => Promise<void> {
  const [files, urls] = [nodeModule('node:fs/promises'), nodeModule('node:url')]
  if (files === undefined || urls === undefined) throw new Error('Files are written by Node, and this is not Node. Take the bytes that onnxModel gives.')
  return async (path, bytes) => {
    const target = path instanceof URL ? urls.fileURLToPath(path) : path
    const beside = `${target}.${crypto.randomUUID()}.partial`
    try {
      const file = await files.open(beside, 'wx')
      try {
        await file.writeFile(bytes)
        await file.sync()
      } finally {
        await file.close()
      }
      await files.rename(beside, target)
    } catch (error) {
      await files.rm(beside, { force: true })
      throw error
    }
  }
}
