import fs from 'node:fs/promises'
import { dirname } from 'node:path'
import { CheckpointError, fileSystemCause } from './checkpoint-error'
import { formatLogLine, parseLog, type TrainingLogEntry } from './training-log'

/** Settings of {@link openTrainingLog}. */
export interface TrainingLogOptions {
  /** The file; its folder is made where it is missing. */
  readonly path: string
  /** Entries of later steps are cut off, since the run that goes on from this step writes them anew. @defaultValue 0: all of them */
  readonly afterStep?: number
}

/** A log that is being written; one writer at a time. */
export interface TrainingLog {
  /**
   * Adds a line.
   *
   * @throws CheckpointError naming the file where it cannot be written.
   */
  append(entry: TrainingLogEntry): Promise<void>
  /**
   * Waits until all lines are on the disk.
   *
   * @throws CheckpointError naming the file where they cannot be written.
   */
  sync(): Promise<void>
  /** Closes the file. */
  close(): Promise<void>
}

/**
 * Opens a log of JSON lines to be written on, one entry a line, without the entries after a step and without a line that a kill cut off.
 *
 * @returns the log, to be closed by the caller
 * @throws CheckpointError naming a file that cannot be opened, or that holds other lines than entries: it is then left as it is.
 */
export async function openTrainingLog({ path, afterStep = 0 }: TrainingLogOptions): Promise<TrainingLog> {
  const kept = await bytesUntil(path, afterStep)
  const file = await writing(path, async () => {
    await fs.mkdir(dirname(path), { recursive: true })
    return fs.open(path, 'a')
  })
  try {
    await writing(path, () => file.truncate(kept))
  } catch (error) {
    await file.close()
    throw error
  }
  return {
    append: (entry) => writing(path, () => file.appendFile(formatLogLine(entry))),
    sync: () => writing(path, () => file.datasync()),
    close: () => file.close(),
  }
}

/** The length of the lines to be kept, in bytes. */
async function bytesUntil(path: string, afterStep: number): Promise<number> {
  const text = await fs.readFile(path, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw new CheckpointError(path, `cannot be read: ${fileSystemCause(error)}.`, error)
  })
  try {
    const cut = parseLog(text).findIndex(({ step }) => step > afterStep)
    const lines = text.split('\n').slice(0, cut === -1 ? -1 : cut)
    return Buffer.byteLength(lines.map((line) => `${line}\n`).join(''))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CheckpointError(path, `is no training log: ${reason} Move it away, or give another file.`, error)
  }
}

async function writing<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw new CheckpointError(path, `cannot be written: ${fileSystemCause(error)}.`, error)
  }
}
