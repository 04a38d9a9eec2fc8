import { InvalidArgumentError, type HostState } from '@sbgm/sde-core'
import { crc32 } from './crc32'
import type { SavedRun } from './saved-run'

/** The format that is written and read. */
const formatVersion = '1'
const [formatKey, runKey, checksumKey] = ['sbgm.sampler-run', 'sbgm.run', 'sbgm.crc32']
const blank = '00000000'
const width = { F32: 4, F64: 8 } as const
type Precision = keyof typeof width

/** What a saved run says in words and counts: the rest are arrays. */
type RunFacts = Omit<SavedRun, 'grid' | 'x' | 'memory'>

/** A named array of the file. */
interface NamedArray extends HostState {
  readonly name: string
  readonly dtype: Precision
}

/**
 * A saved run as the bytes of a safetensors file, which other tools can open: `x`, `grid`, `memory/numbers`, `memory/0` and so on as
 * its tensors (float32 for tensors, float64 else), the rest and a CRC-32 of the whole file in its metadata.
 *
 * @param saved - what an event's `save` gave
 * @returns new bytes
 */
export function encodeSavedRun(saved: SavedRun): Uint8Array {
  const { grid, x, memory, ...facts } = saved
  const dtype = saved.space === 'tensor' ? 'F32' : 'F64'
  const list = (name: string, data: ArrayLike<number>): NamedArray => ({ name, dtype: 'F64', data: Float64Array.from(data), shape: [data.length] })
  const arrays: NamedArray[] = [
    list('grid', grid),
    list('memory/numbers', memory.numbers),
    { name: 'x', dtype, ...x },
    ...memory.states.map((state, i): NamedArray => ({ name: `memory/${i}`, dtype, ...state })),
  ]
  let end = 0
  const entries = arrays.map(({ name, dtype: precision, data, shape }) => {
    const from = end
    end += data.length * width[precision]
    return [name, { dtype: precision, shape, data_offsets: [from, end] }] as const
  })
  const metadata = { [formatKey]: formatVersion, [checksumKey]: blank, [runKey]: JSON.stringify(facts satisfies RunFacts) }
  const json = new TextEncoder().encode(JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) }))
  const headerLength = Math.ceil(json.length / 8) * 8
  const bytes = new Uint8Array(8 + headerLength + end)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, BigInt(headerLength), true)
  bytes.fill(0x20, 8, 8 + headerLength)
  bytes.set(json, 8)
  arrays.forEach(({ dtype: precision, data }, i) => {
    const from = 8 + headerLength + entries[i][1].data_offsets[0]
    for (let k = 0; k < data.length; k++) {
      if (precision === 'F32') view.setFloat32(from + 4 * k, data[k], true)
      else view.setFloat64(from + 8 * k, data[k], true)
    }
  })
  bytes.set(new TextEncoder().encode(crc32(bytes)), checksumPlace(bytes, headerLength))
  return bytes
}

/**
 * A saved run from the bytes that {@link encodeSavedRun} made.
 *
 * @param bytes - borrowed
 * @returns plain data that share nothing with the bytes
 * @throws InvalidArgumentError that says what is wrong: cut off, changed, of another program, of another format.
 */
export function decodeSavedRun(bytes: Uint8Array): SavedRun {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const headerLength = bytes.length < 8 ? NaN : Number(view.getBigUint64(0, true))
  if (!(headerLength <= bytes.length - 8)) throw invalid('whole', `${bytes.length} bytes`)
  const { __metadata__: metadata, ...entries } = objectOf(textOf(bytes.subarray(8, 8 + headerLength)))
  const texts = isObject(metadata) ? metadata : {}
  if (!(formatKey in texts)) throw invalid('made by encodeSavedRun', 'a safetensors file of another kind')
  if (texts[formatKey] !== formatVersion) throw invalid(`of format ${formatVersion}, which this version of @sbgm/samplers reads`, `format ${String(texts[formatKey])}`)
  if (texts[checksumKey] === undefined || checksumOf(bytes, headerLength) !== texts[checksumKey]) throw invalid('unchanged: they do not have the checksum that was saved with them', `${bytes.length} bytes`)

  const read = (name: string): HostState => {
    const { dtype, shape, data_offsets: offsets } = objectOf(entries[name])
    if (!((dtype === 'F32' || dtype === 'F64') && isNumbers(shape) && isNumbers(offsets))) throw invalid(`with a place for '${name}'`, 'none')
    const data = new Float64Array(shape.reduce((product, axis) => product * axis, 1))
    const from = 8 + headerLength + offsets[0]
    if (!(data.length * width[dtype] === offsets[1] - offsets[0] && from + data.length * width[dtype] <= bytes.length)) throw invalid(`long enough for '${name}'`, `${bytes.length} bytes`)
    for (let k = 0; k < data.length; k++) data[k] = dtype === 'F32' ? view.getFloat32(from + 4 * k, true) : view.getFloat64(from + 8 * k, true)
    return { data, shape: [...shape] }
  }
  const states = Object.keys(entries).filter((name) => /^memory\/\d+$/.test(name))
  return {
    ...(objectOf(texts[runKey]) as unknown as RunFacts),
    grid: read('grid').data,
    x: read('x'),
    memory: { states: states.map((_, i) => read(`memory/${i}`)), numbers: Array.from(read('memory/numbers').data) },
  }
}

/** The checksum of a file, with zeros in the place of its digits; none where the header has no place for it. */
function checksumOf(bytes: Uint8Array, headerLength: number): string | undefined {
  const at = checksumPlace(bytes, headerLength)
  if (at < 0) return undefined
  const blanked = bytes.slice()
  blanked.set(new TextEncoder().encode(blank), at)
  return crc32(blanked)
}

/** Where the checksum's digits lie in the file; −1 if nowhere. */
function checksumPlace(bytes: Uint8Array, headerLength: number): number {
  const before = new TextEncoder().encode(`"${checksumKey}":"`)
  for (let i = 8; i + before.length + blank.length <= 8 + headerLength; i++) {
    if (before.every((byte, k) => bytes[i + k] === byte)) return i + before.length
  }
  return -1
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

const isNumbers = (value: unknown): value is readonly number[] => Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0)

/** The object itself, or that of a JSON text. */
function objectOf(value: unknown): Record<string, unknown> {
  try {
    const object: unknown = typeof value === 'string' ? JSON.parse(value) : value
    if (isObject(object)) return object
  } catch {
    // no JSON: said below
  }
  throw invalid('a safetensors file, with a JSON object as its header', typeof value === 'string' ? value.slice(0, 40) : value)
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

const invalid = (rule: string, value: unknown): InvalidArgumentError => new InvalidArgumentError('the bytes of a saved run', value, rule)
