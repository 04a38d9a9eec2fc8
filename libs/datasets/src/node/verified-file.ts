import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { DamagedFileError } from '../damaged-file-error'
import { readIdxImages, readIdxLabels } from '../idx'
import { publishedDatasets, type FileRole, type PublishedDataset, type PublishedFile, type PublishedName } from '../published-datasets'

const unpack = promisify(gunzip)

/** A file of one published set was found where one of another was expected. */
export class OtherSetFound extends Error {
  /** @param other - the set that it belongs to */
  constructor(readonly other: PublishedName) {
    super(`a file of ${other}`)
  }
}

/** Where a file's contents are known from. */
interface KnownContents {
  readonly set: PublishedDataset
  readonly role: FileRole
  readonly file: PublishedFile
}

const known: readonly KnownContents[] = Object.values(publishedDatasets).flatMap((set) =>
  (Object.entries(set.files) as [FileRole, PublishedFile][]).map(([role, file]) => ({ set, role, file })))

/** The SHA-256 of bytes, in hexadecimal. */
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/**
 * The unpacked contents of a file, if they are the published ones. Whether it is packed is told by its first bytes, not by its
 * name; a file packed anew is as good as the published one, since what counts is what it holds.
 *
 * @param bytes - the file
 * @param set - the set that it should belong to
 * @param role - the part that it should play there
 * @param path - where it is, for errors
 * @throws DamagedFileError for anything else; {@link OtherSetFound} if it is the same file of another set.
 */
export async function verifiedContents(bytes: Uint8Array, set: PublishedDataset, role: FileRole, path: string): Promise<Uint8Array> {
  const contents = isPacked(bytes) ? await unpacked(bytes, set.files[role], path) : bytes
  const sum = digest(contents)
  if (sum !== set.files[role].unpacked.sha256) throw mismatch(contents, sum, set, role, path)
  return contents
}

const isPacked = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

async function unpacked(bytes: Uint8Array, { unpacked: { bytes: length } }: PublishedFile, path: string): Promise<Uint8Array> {
  try {
    return await unpack(bytes, { maxOutputLength: length })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ERR_BUFFER_TOO_LARGE') throw new DamagedFileError(path, `unpacks to more than the ${length} bytes that it should hold`)
    if (code === 'Z_BUF_ERROR') throw new DamagedFileError(path, `is cut short after ${bytes.length} bytes and cannot be unpacked`)
    throw new DamagedFileError(path, `is damaged and cannot be unpacked (${message})`)
  }
}

/** What is wrong with contents that are not the published ones: the most telling thing that can be found out. */
function mismatch(contents: Uint8Array, sum: string, set: PublishedDataset, role: FileRole, path: string): Error {
  const other = known.find(({ file }) => file.unpacked.sha256 === sum)
  if (other?.role === role) return new OtherSetFound(other.set.name)
  try {
    if (role.endsWith('Images')) readIdxImages(contents, path)
    else readIdxLabels(contents, path)
  } catch (error) {
    return error as Error
  }
  if (other !== undefined) {
    const remedy = 'Two files seem to be swapped: give each under its own name.'
    return new DamagedFileError(path, `holds ${other.file.name} of ${other.set.name}, not ${set.files[role].name} of ${set.name}`, remedy)
  }
  const expected = set.files[role].unpacked.sha256
  return new DamagedFileError(path, `is not the published file of ${set.name}: its contents have SHA-256 ${sum}, and ${expected} is expected`)
}
