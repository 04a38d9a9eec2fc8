import fs from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { InvalidArgumentError } from '@sbgm/sde-core'
import { CheckpointError, damaged, fileSystemCause, reasonOf } from './checkpoint-error'
import type { HostArray, HostArrays } from './host-array'
import { littleEndianBytes } from './little-endian'
import type { RunRecord } from './run-record'
import { decodeSafetensors, encodeSafetensors } from './safetensors'
import { stateGroups, type StateNumbers, type TrainingState } from './training-state'

/** The format that is written, and the newest that is read. */
const formatVersion = 1
const keys = { version: 'sbgm.checkpoint', state: 'sbgm.state', checksum: 'sbgm.crc32' } as const

/** What a checkpoint's file says without its arrays. */
export interface CheckpointNumbers extends StateNumbers {
  /** How good its weights are, less being better. */
  readonly score: number
}

/** A checkpoint as it was read from its file. */
export interface Checkpoint {
  /** Its file. */
  readonly path: string
  /** How good its weights are, less being better: the running mean of the loss, unless it was saved with another number. */
  readonly score: number
  /** What a run goes on from. */
  readonly state: TrainingState
}

/**
 * The bytes of a checkpoint: a safetensors file whose tensors are called by group and parameter, `average/out.kernel`, with the
 * numbers as JSON and a checksum of both in its metadata.
 *
 * @throws InvalidArgumentError for a state or a score that is not finite, or a step that is none.
 */
export function encodeCheckpoint(state: TrainingState, score: number): Uint8Array {
  const { step, seconds, meanLoss, record } = state
  if (!(Number.isSafeInteger(step) && step >= 1)) throw new InvalidArgumentError('step', step, 'an integer of at least 1')
  for (const [name, value] of Object.entries({ seconds, meanLoss, score })) {
    if (!Number.isFinite(value)) throw new InvalidArgumentError(name, value, 'a finite number to be saved in a checkpoint')
  }
  const tensors = Object.fromEntries(
    stateGroups.flatMap((group) => Object.entries(state[group]).map(([name, array]): [string, HostArray] => [`${group}/${name}`, finite(`state.${group}['${name}']`, array)])),
  )
  const numbers = JSON.stringify({ step, seconds, meanLoss, score, record } satisfies CheckpointNumbers)
  const metadata = { [keys.version]: String(formatVersion), [keys.state]: numbers, [keys.checksum]: checksum(numbers, tensors) }
  return encodeSafetensors({ tensors, metadata })
}

/**
 * Reads a checkpoint of any folder.
 *
 * @param path - its file
 * @throws CheckpointError naming the file, what is wrong with it (missing, cut off, damaged, of another program, of a newer
 * format) and what to do.
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const bytes = await fs.readFile(path).catch((error: unknown) => {
    throw new CheckpointError(path, `cannot be read: ${fileSystemCause(error)}.`, error)
  })
  return decodeCheckpoint(path, bytes)
}

function decodeCheckpoint(path: string, bytes: Uint8Array): Checkpoint {
  const { tensors, metadata } = contentOf(path, bytes)
  const numbers = checkpointNumbers(path, metadata)
  if (metadata[keys.checksum] !== checksum(metadata[keys.state], tensors)) throw damaged(path, 'its numbers do not have the checksum that was saved with them')
  const group = (prefix: string): HostArrays =>
    Object.fromEntries(Object.entries(tensors).flatMap(([name, array]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), array]] : [])))
  const [parameters, average, first, second] = stateGroups.map((name) => group(`${name}/`))
  const { score, ...rest } = numbers
  return { path, score, state: { ...rest, parameters, average, first, second } }
}

function contentOf(path: string, bytes: Uint8Array): ReturnType<typeof decodeSafetensors> {
  try {
    return decodeSafetensors(bytes)
  } catch (error) {
    throw damaged(path, reasonOf(error), error)
  }
}

/**
 * The numbers in a checkpoint's metadata.
 *
 * @throws CheckpointError for the metadata of another program's file, of a newer format, or damaged ones.
 */
export function checkpointNumbers(path: string, metadata: Readonly<Record<string, string>>): CheckpointNumbers {
  if (!Object.hasOwn(metadata, keys.version)) {
    throw new CheckpointError(path, 'is a safetensors file, but no checkpoint of @sbgm/training; read weights of other programs with decodeSafetensors.')
  }
  const version = Number(metadata[keys.version])
  if (!(Number.isInteger(version) && version >= 1)) throw damaged(path, `its format version is '${metadata[keys.version]}'`)
  if (version > formatVersion) {
    throw new CheckpointError(path, `has format ${version}, and this version of @sbgm/training reads formats up to ${formatVersion}; update it to go on from this file.`)
  }
  return numbersFrom(path, metadata[keys.state])
}

function numbersFrom(path: string, json: string | undefined): CheckpointNumbers {
  const { step, seconds, meanLoss, score, record } = parsed(json)
  if (!(isNumber(step) && isNumber(seconds) && isNumber(meanLoss) && isNumber(score) && typeof record === 'object' && record !== null)) {
    throw damaged(path, `its metadata lacks ${keys.state} with step, seconds, meanLoss, score and record`)
  }
  return { step, seconds, meanLoss, score, record: record as RunRecord }
}

function parsed(json: string | undefined): Partial<Record<keyof CheckpointNumbers, unknown>> {
  try {
    return { ...(JSON.parse(json ?? '') as object | null) }
  } catch {
    return {} // what is missing is said by the caller
  }
}

const isNumber = (value: unknown): value is number => typeof value === 'number'

/** CRC-32 of the text and, in the order of their names, all names, shapes and bytes of the tensors, in hexadecimal digits. */
function checksum(text: string, tensors: HostArrays): string {
  const names = Object.keys(tensors).sort()
  const described = crc32(JSON.stringify([text, names.map((name) => [name, tensors[name].shape])]))
  return names.reduce((crc, name) => crc32(littleEndianBytes(tensors[name].data), crc), described).toString(16)
}

/** The array itself; one with a NaN or an infinite number is no state to go on from. */
function finite(what: string, array: HostArray): HostArray {
  let sum = 0
  for (let i = 0; i < array.data.length; i++) sum += array.data[i] * 0 // NaN as soon as one is not finite
  if (Number.isNaN(sum)) throw new InvalidArgumentError(what, array.data.find((value) => !Number.isFinite(value)), 'finite to be saved in a checkpoint')
  return array
}
