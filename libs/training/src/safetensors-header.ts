import { InvalidArgumentError } from '@sbgm/sde-core'
import { sizeOf } from './host-array'

/** Where a tensor's bytes lie in the data behind the header. */
export interface TensorPlace {
  /** The tensor's name. */
  readonly name: string
  /** Its shape. */
  readonly shape: readonly number[]
  /** Its first byte. */
  readonly from: number
  /** The byte after its last. */
  readonly to: number
}

/** What a header says. */
export interface SafetensorsHeader {
  /** The tensors in the order of their bytes. */
  readonly places: readonly TensorPlace[]
  /** Free text by key. */
  readonly metadata: Readonly<Record<string, string>>
}

const metadataKey = '__metadata__'

/** The header as UTF-8 JSON, padded with spaces to a multiple of 8 bytes; metadata first and by key, left out if empty. */
export function formatHeader({ places, metadata }: SafetensorsHeader): Uint8Array {
  for (const [key, text] of Object.entries(metadata)) {
    if (typeof text !== 'string') throw new InvalidArgumentError(`metadata['${key}']`, text, 'a string')
  }
  if (places.some(({ name }) => name === metadataKey)) {
    throw new InvalidArgumentError('tensors', metadataKey, 'named otherwise: the format reserves this name')
  }
  const sorted = Object.fromEntries(Object.keys(metadata).sort().map((key) => [key, metadata[key]]))
  const entries = places.map(({ name, shape, from, to }) => [name, { dtype: 'F32', shape, data_offsets: [from, to] }] as const)
  // fromEntries and not assignment, which would lose a tensor that is called __proto__
  const header = Object.fromEntries<unknown>(Object.keys(metadata).length === 0 ? entries : [[metadataKey, sorted], ...entries])
  const json = new TextEncoder().encode(JSON.stringify(header))
  const padded = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(0x20)
  padded.set(json)
  return padded
}

/**
 * Reads a header and holds it against the format: float32 tensors that lie one behind the other and fill the data.
 *
 * @param json - the header's bytes
 * @param dataLength - number of bytes behind it
 * @throws InvalidArgumentError saying what is wrong.
 */
export function parseHeader(json: Uint8Array, dataLength: number): SafetensorsHeader {
  const { [metadataKey]: metadata = {}, ...entries } = parseObject(json)
  if (!(isObject(metadata) && Object.values(metadata).every((text) => typeof text === 'string'))) {
    throw invalid('a safetensors file whose metadata is text by key', JSON.stringify(metadata).slice(0, 40))
  }
  const places = Object.entries(entries).map(([name, entry]) => placeOf(name, entry))
  places.sort((a, b) => a.from - b.from || a.to - b.to)
  let end = 0
  for (const { name, from, to } of places) {
    if (from !== end) throw invalid(`a safetensors file without gaps or overlaps: ${name} must begin at byte ${end} of the data`, from)
    end = to
  }
  if (end !== dataLength) throw invalid(`a whole safetensors file, with ${end} bytes of data behind its header`, `${dataLength} bytes`)
  return { places, metadata: metadata as Readonly<Record<string, string>> }
}

function placeOf(name: string, entry: unknown): TensorPlace {
  const { dtype, shape, data_offsets: offsets } = isObject(entry) ? entry : {}
  if (!isCounts(shape) || !isCounts(offsets) || offsets.length !== 2) {
    throw invalid(`a safetensors file with a shape and two data_offsets for ${name}`, (JSON.stringify(entry) ?? '').slice(0, 80))
  }
  if (dtype !== 'F32') throw invalid(`a safetensors file of float32 tensors (dtype F32): ${name}`, dtype)
  const [from, to] = offsets
  if (to - from !== 4 * sizeOf(shape)) throw invalid(`consistent: ${name} has shape (${shape.join(', ')})`, `${to - from} bytes`)
  return { name, shape, from, to }
}

function parseObject(json: Uint8Array): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(json))
    if (isObject(header)) return header
  } catch {
    // not UTF-8 or not JSON: said below, in words of the format
  }
  throw invalid('a safetensors file, with a JSON object as its header', new TextDecoder().decode(json.subarray(0, 40)))
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0)

const invalid = (rule: string, value: unknown): InvalidArgumentError => new InvalidArgumentError('bytes', value, rule)
