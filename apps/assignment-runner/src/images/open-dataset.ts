import { digits, type Dataset, type PublishedName } from '@sbgm/datasets'
import { DatasetUnavailableError, type loadDataset } from '@sbgm/datasets/node'
import { oneLine } from '../errors'
import type { RunOptions } from '../options'
import type { Progress, Stage } from '../progress'

/** What {@link openDataset} needs of the world. */
export interface DatasetSources {
  /** Reads or downloads a published set. */
  readonly load: typeof loadDataset
  /** `SBGM_DATA_DIR` names the data folder where `--data-dir` does not. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  readonly progress: Progress
}

/** The digits are drawn by this seed, whatever the run's: they are a data set, not a draw of the run. */
const digitsSeed = 1

/**
 * The images that the run learns from: from `--data-dir`, which must then hold them; else from the folder that SBGM_DATA_DIR
 * names, where it holds them; else from the cache or the mirrors. A set asked for by name is had or refused, never replaced.
 * `auto` is MNIST; where it cannot be had, drawn digits, with a warning that says why and what to do.
 *
 * @throws DatasetUnavailableError or DamagedFileError for a set that cannot be had, each saying what to do; the signal's reason.
 */
export async function openDataset({ dataset, dataDir }: Pick<RunOptions, 'dataset' | 'dataDir'>, sources: DatasetSources): Promise<Dataset> {
  const drawn = () => digits({ seed: digitsSeed })
  if (dataset === 'digits') return drawn()
  const name = dataset === 'auto' ? 'mnist' : dataset
  if (dataDir !== undefined) return loaded({ name, dataDir }, sources)
  try {
    const found = await fromEnvironment(name, sources)
    if (found) return found
    sources.progress.note(`looking for ${name} in the cache, then on its mirrors (where no network answers that takes up to two minutes) ...`)
    return await loaded({ name }, sources)
  } catch (error) {
    if (!DatasetUnavailableError.isInstance(error) || dataset !== 'auto') throw error
    sources.progress.note(`warning: MNIST cannot be had, so this run learns from drawn digits instead. ${oneLine(error)}`)
    return drawn()
  }
}

/** The set from the folder that SBGM_DATA_DIR names; `undefined` where that holds it not, which is said. */
async function fromEnvironment(name: PublishedName, sources: DatasetSources): Promise<Dataset | undefined> {
  const dataDir = sources.env['SBGM_DATA_DIR']
  if (dataDir === undefined || dataDir === '') return undefined
  try {
    return await loaded({ name, dataDir }, sources)
  } catch (error) {
    if (!DatasetUnavailableError.isInstance(error) || !error.reason.startsWith('data-dir-')) throw error
    sources.progress.note(`SBGM_DATA_DIR does not lead to ${name}, so it is looked for elsewhere. ${oneLine(error)}`)
    return undefined
  }
}

async function loaded(asked: { readonly name: PublishedName; readonly dataDir?: string }, { load, signal, progress }: DatasetSources): Promise<Dataset> {
  let stage: Stage | undefined
  const megabyte = 2 ** 20
  try {
    return await load({
      ...asked,
      signal,
      onProgress({ receivedBytes, totalBytes, mirror }) {
        stage ??= progress.stage(`download of ${asked.name} (MB)`, Math.ceil(totalBytes / megabyte))
        stage.advance(Math.floor(receivedBytes / megabyte), `from ${new URL(mirror).host}`)
      },
    })
  } finally {
    stage?.end()
  }
}
