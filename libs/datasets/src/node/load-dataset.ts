import { InvalidArgumentError } from '@sbgm/sde-core'
import envPaths from 'env-paths'
import { checksumOfFiles, type Dataset } from '../dataset'
import { readIdxImages, readIdxLabels } from '../idx'
import { labelledImages, type LabelledImages } from '../labelled-images'
import { publishedDatasets, type PublishedDataset, type PublishedName } from '../published-datasets'
import { cachedFiles } from './cached-files'
import { fileRoles, readDataFolder, type FileContents } from './data-folder'
import { checkDownloadOptions, type DownloadOptions } from './download'

/** Which set, and from where. */
export interface LoadDatasetOptions extends DownloadOptions {
  /** The set. */
  readonly name: PublishedName
  /**
   * A folder with the set's files, in `DIR/<name>/` or in `DIR/` itself, each as `.gz` or unpacked. Where it is given nothing else
   * is looked at: it must hold the whole set. @defaultValue none: the cache, then the mirrors
   */
  readonly dataDir?: string | undefined
  /** Where downloaded files are kept, in `<cacheDir>/<name>/`. @defaultValue the system's cache folder for `sbgm` */
  readonly cacheDir?: string | undefined
}

/**
 * MNIST or Fashion-MNIST: from the data folder where one is given, otherwise from the cache, into which it is downloaded first if
 * need be. Every file is checked against its published checksum before it is used; one that fails is never cached.
 *
 * @returns the whole set in memory, 55 MB, training and test images as published, in their order
 * @throws InvalidArgumentError for a name that is neither, and for a setting that breaks its rule; {@link DatasetUnavailableError} if the set cannot be had, with what to do;
 * DamagedFileError for a file of the data folder that is cut short, swapped, or of other contents than published; the signal's
 * reason when it is aborted.
 * @example
 * ```ts
 * import { digits } from '@sbgm/datasets'
 * import { DatasetUnavailableError, loadDataset } from '@sbgm/datasets/node'
 *
 * // a folder that is not there, so that this example needs no network; without dataDir the set is downloaded into the cache
 * const { name, train } = await loadDataset({ name: 'mnist', dataDir: 'no-such-folder' }).catch((error: unknown) => {
 *   if (!DatasetUnavailableError.isInstance(error)) throw error
 *   console.log(error.reason) // data-dir-missing
 *   return digits({ seed: 1, trainCount: 1000, testCount: 100 })
 * })
 * console.log(name, train.count) // digits 1000
 * ```
 */
export async function loadDataset(options: LoadDatasetOptions): Promise<Dataset> {
  const { name, dataDir, cacheDir = envPaths('sbgm', { suffix: '' }).cache, signal } = options
  const set = Object.hasOwn(publishedDatasets, name) ? publishedDatasets[name] : undefined
  if (set === undefined) throw new InvalidArgumentError('name', name, "'mnist' or 'fashion-mnist'")
  if (dataDir === '') throw new InvalidArgumentError('dataDir', dataDir, 'the path of a folder, or left out')
  if (cacheDir === '') throw new InvalidArgumentError('cacheDir', cacheDir, 'the path of a folder, or left out')
  checkDownloadOptions(options)
  signal?.throwIfAborted()
  const files = dataDir === undefined ? await cachedFiles(set, cacheDir, options) : await readDataFolder(set, dataDir)
  signal?.throwIfAborted()
  return {
    name,
    train: parsed(set, files, 'train'),
    test: parsed(set, files, 'test'),
    checksum: checksumOfFiles(fileRoles.map((role) => set.files[role].unpacked.sha256)), // the contents were held against these
  }
}

function parsed({ name, classNames, files }: PublishedDataset, contents: FileContents, part: 'train' | 'test'): LabelledImages {
  const { data, height, width } = readIdxImages(contents[`${part}Images`], files[`${part}Images`].name)
  const labels = readIdxLabels(contents[`${part}Labels`], files[`${part}Labels`].name)
  return labelledImages({ name, images: plain(data), labels: plain(labels), height, width, classNames })
}

/** The same bytes without Node's subclass of Uint8Array, whose methods mean other things. */
const plain = ({ buffer, byteOffset, length }: Uint8Array): Uint8Array => new Uint8Array(buffer, byteOffset, length)
