import fs from 'node:fs/promises'
import { InvalidArgumentError } from '@sbgm/sde-core'
import { CheckpointError, damaged, fileSystemCause, reasonOf } from './checkpoint-error'
import { checkpointNumbers } from './checkpoint-file'
import { parseHeader } from './safetensors-header'

/**
 * The score of a checkpoint, from the header of its file alone.
 *
 * @throws CheckpointError naming a file that cannot be read or is no whole checkpoint.
 */
export async function readScore(path: string): Promise<number> {
  try {
    const file = await fs.open(path, 'r')
    try {
      const { size } = await file.stat()
      const prefix = new DataView(new ArrayBuffer(8))
      await file.read(prefix, 0, 8, 0)
      const length = Number(prefix.getBigUint64(0, true))
      const header = new Uint8Array(Math.min(length, Math.max(0, size - 8)))
      await file.read(header, 0, header.length, 8)
      return checkpointNumbers(path, parseHeader(header, size - 8 - length).metadata).score
    } finally {
      await file.close()
    }
  } catch (error) {
    if (CheckpointError.isInstance(error)) throw error
    if (InvalidArgumentError.isInstance(error)) throw damaged(path, reasonOf(error), error)
    throw new CheckpointError(path, `cannot be read: ${fileSystemCause(error)}.`, error)
  }
}
