import { InvalidArgumentError } from '@sbgm/sde-core'
import pRetry from 'p-retry'
import { DamagedFileError } from '../damaged-file-error'
import type { FileRole, PublishedDataset } from '../published-datasets'
import { placement } from './data-folder'
import { DatasetUnavailableError } from './dataset-unavailable-error'
import { fetchFile, MirrorFailure } from './fetch-file'
import { OtherSetFound, verifiedContents } from './verified-file'

/** How far a download is. `receivedBytes` never falls, though an attempt may begin anew. */
export interface DownloadProgress {
  /** The set. */
  readonly dataset: string
  /** The file that is being downloaded. */
  readonly file: string
  /** The mirror that is asked. */
  readonly mirror: string
  /** Bytes received, over all files that had to be downloaded. */
  readonly receivedBytes: number
  /** Bytes of all files that have to be downloaded. */
  readonly totalBytes: number
}

/** How files are downloaded. */
export interface DownloadOptions {
  /** Stops the download; nothing of it is kept but the files that were complete. */
  readonly signal?: AbortSignal | undefined
  /** Is told each time more has arrived. What it throws ends the download. */
  readonly onProgress?: (progress: DownloadProgress) => void
  /** What to download with. @defaultValue the global `fetch` */
  readonly fetch?: typeof globalThis.fetch
  /** URLs of folders with the packed files, tried in turn; an empty list forbids downloads. @defaultValue the set's well-known ones */
  readonly mirrors?: readonly string[]
  /** How often a busy mirror or a broken connection is tried again before the next mirror. @defaultValue 2 */
  readonly retries?: number
  /** Milliseconds before the first of these; they double each time. @defaultValue 500 */
  readonly retryDelay?: number
  /** Milliseconds without a byte after which an attempt is given up. @defaultValue 30000 */
  readonly stallTimeout?: number
}

/** The longest that a timer waits, in milliseconds: more would fire at once. */
const LONGEST_WAIT = 2 ** 31 - 1

/**
 * Holds the settings of downloads against their rules, before anything is asked for.
 *
 * @throws InvalidArgumentError naming the first that breaks its rule.
 */
export function checkDownloadOptions({ mirrors = [], retries = 0, retryDelay = 0, stallTimeout = 1 }: DownloadOptions): void {
  mirrors.forEach((mirror, at) => {
    if (!URL.canParse(mirror)) throw new InvalidArgumentError(`mirrors[${at}]`, mirror, "the URL of a folder, such as 'https://host/folder/'")
  })
  if (!(Number.isSafeInteger(retries) && retries >= 0)) throw new InvalidArgumentError('retries', retries, 'an integer of at least 0')
  for (const [name, time, least] of [['retryDelay', retryDelay, 0], ['stallTimeout', stallTimeout, 1]] as const) {
    if (!(time >= least && time <= LONGEST_WAIT)) {
      throw new InvalidArgumentError(name, time, `a number of milliseconds from ${least} to ${LONGEST_WAIT}`)
    }
  }
}

/** A file as it came and what it holds. */
export interface DownloadedFile {
  /** The packed file. */
  readonly packed: Uint8Array
  /** What it unpacks to. */
  readonly contents: Uint8Array
}

/**
 * Downloads a file of a set: from the first mirror that gives the published contents.
 *
 * @param onBytes - is told the mirror that is asked and how many bytes have come
 * @throws DatasetUnavailableError with what each mirror did if none gives them; the signal's reason when it is aborted; what `onBytes` throws.
 */
export async function downloadFile(
  set: PublishedDataset, role: FileRole, options: DownloadOptions, onBytes: (mirror: string, received: number) => void,
): Promise<DownloadedFile> {
  const { signal, fetch = globalThis.fetch, mirrors = set.mirrors, retries = 2, retryDelay = 500, stallTimeout = 30_000 } = options
  const { name, packed: { bytes } } = set.files[role]
  const failures: string[] = []
  for (const mirror of mirrors) {
    const url = `${mirror}${mirror.endsWith('/') ? '' : '/'}${name}.gz`
    const attempt = async (): Promise<DownloadedFile> => {
      const packed = await fetchFile({ url, bytes, fetch, signal, stallTimeout, onBytes: (received) => onBytes(mirror, received) })
      return { packed, contents: await checked(packed, set, role, url) }
    }
    try {
      return await pRetry(attempt, {
        retries, minTimeout: retryDelay, signal, shouldRetry: ({ error }) => error instanceof MirrorFailure && error.again,
      })
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof MirrorFailure)) throw error
      failures.push(`${url} ${error.message}`)
    }
  }
  const why = mirrors.length === 0 ? 'no mirrors are given' : failures.join('; ')
  throw new DatasetUnavailableError(set.name, 'download-failed', `${set.name} could not be downloaded: ${why}. ${placement(set)}`)
}

async function checked(packed: Uint8Array, set: PublishedDataset, role: FileRole, url: string): Promise<Uint8Array> {
  try {
    return await verifiedContents(packed, set, role, url)
  } catch (error) {
    if (error instanceof OtherSetFound) throw new MirrorFailure(`gave the file of ${error.other}`, false)
    if (DamagedFileError.isInstance(error)) throw new MirrorFailure(`gave a file that ${error.problem}`, false)
    throw error
  }
}
