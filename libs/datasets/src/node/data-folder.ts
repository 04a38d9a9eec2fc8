import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { publishedDatasets, type FileRole, type PublishedDataset } from '../published-datasets'
import { DatasetUnavailableError, type UnavailableReason } from './dataset-unavailable-error'
import { OtherSetFound, verifiedContents } from './verified-file'

/** The unpacked contents of a set's four files, verified. */
export type FileContents = Readonly<Record<FileRole, Uint8Array>>

/** The four roles, in the order of a set's files. */
export const fileRoles: readonly FileRole[] = ['trainImages', 'trainLabels', 'testImages', 'testLabels']

/**
 * The files of a set from a folder that the user named: in a folder of the set's name inside it, then in itself, each packed or
 * not. Such a folder must hold the whole set: nothing is looked for elsewhere.
 *
 * @throws DatasetUnavailableError if it is missing, a file, empty, cannot be read, or holds another set or less than the whole set;
 * DamagedFileError for a file of other contents than published.
 */
export async function readDataFolder(set: PublishedDataset, folder: string): Promise<FileContents> {
  await checkFolder(set, folder)
  const paths = await Promise.all(fileRoles.map((role) => findFile(folder, set, role)))
  const missing = fileRoles.filter((_, index) => paths[index] === undefined)
  if (missing.length > 0) throw await lacking(set, folder, missing)
  const contents = await Promise.all(fileRoles.map((role, index) => readVerified(set, role, paths[index] as string, folder)))
  return Object.fromEntries(fileRoles.map((role, index) => [role, contents[index]])) as Record<FileRole, Uint8Array>
}

async function checkFolder(set: PublishedDataset, folder: string): Promise<void> {
  const entries = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOTDIR') throw unavailable(set, 'data-dir-is-file', `The data folder ${folder} is a file, not a folder`, error)
    if (error.code === 'ENOENT') throw unavailable(set, 'data-dir-missing', `The data folder ${folder} does not exist`, error)
    throw unreadable(set, folder, error)
  })
  if (entries.length === 0) throw unavailable(set, 'data-dir-empty', `The data folder ${folder} is empty`)
}

/** The first of the places where the file may be that holds one. */
async function findFile(folder: string, set: PublishedDataset, role: FileRole): Promise<string | undefined> {
  const { name } = set.files[role]
  for (const path of [join(folder, set.name), folder].flatMap((place) => [join(place, `${name}.gz`), join(place, name)])) {
    if (await isFile(path)) return path
  }
  return undefined
}

const isFile = (path: string): Promise<boolean> => stat(path).then((found) => found.isFile(), () => false)

async function readVerified(set: PublishedDataset, role: FileRole, path: string, folder: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((error: Error) => { throw unreadable(set, folder, error) })
  try {
    return await verifiedContents(bytes, set, role, path)
  } catch (error) {
    if (!(error instanceof OtherSetFound)) throw error
    throw unavailable(set, 'data-dir-holds-other-set', `The data folder ${folder} holds ${error.other}, not ${set.name}: see ${path}`)
  }
}

/** Some or all files are missing; another set in a folder of its own explains it best. */
async function lacking(set: PublishedDataset, folder: string, missing: readonly FileRole[]): Promise<DatasetUnavailableError> {
  const names = missing.map((role) => set.files[role].name).join(', ')
  if (missing.length === fileRoles.length) {
    for (const other of Object.values(publishedDatasets).filter(({ name }) => name !== set.name)) {
      const places = await Promise.all(fileRoles.map((role) => findFile(folder, other, role)))
      if (places.every((place) => place !== undefined)) {
        return unavailable(set, 'data-dir-holds-other-set', `The data folder ${folder} holds ${other.name}, not ${set.name}`)
      }
    }
  }
  return unavailable(set, 'data-dir-incomplete', `The data folder ${folder} lacks ${missing.length} of the 4 files of ${set.name} (${names})`)
}

const unreadable = (set: PublishedDataset, folder: string, error: Error): DatasetUnavailableError =>
  unavailable(set, 'data-dir-not-readable', `The data folder ${folder} cannot be read (${error.message})`, error)

function unavailable(set: PublishedDataset, reason: UnavailableReason, what: string, cause?: unknown): DatasetUnavailableError {
  return new DatasetUnavailableError(set.name, reason, `${what}. ${placement(set)}`, cause)
}

/** What to do where a set is not found. */
export function placement({ name, files }: PublishedDataset): string {
  const names = fileRoles.map((role) => `${files[role].name}.gz`).join(', ')
  return `Put the four files of ${name} (${names}; unpacked ones do as well) into a folder DIR or into DIR/${name}, ` +
    'and name DIR as dataDir (--data-dir or SBGM_DATA_DIR of the program).'
}
