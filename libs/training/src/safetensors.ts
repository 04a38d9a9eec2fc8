import { InvalidArgumentError } from '@sbgm/sde-core'
import type { HostArray } from './step-runner'

/** What a safetensors file holds here: float32 tensors by name, and text by key. */
export interface SafetensorsContent {
  /** The tensors. */
  readonly tensors: Readonly<Record<string, HostArray>>
  /** Free text that travels with them. */
  readonly metadata: Readonly<Record<string, string>>
}

interface HeaderEntry {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly data_offsets: readonly [number, number]
}

/**
 * A safetensors file: 8 bytes with the length of the header (little-endian), a JSON header padded with spaces to a
 * multiple of 8, then the raw little-endian numbers. Names are sorted, so equal content makes equal bytes.
 *
 * @throws InvalidArgumentError if a tensor's length does not fit its shape, or one is called `__metadata__`.
 * @see https://github.com/huggingface/safetensors, section "Format".
 */
export function encodeSafetensors({ tensors, metadata }: SafetensorsContent): Uint8Array {
  const names = Object.keys(tensors).sort()
  const header: Record<string, HeaderEntry | Readonly<Record<string, string>>> = { __metadata__: metadata }
  let offset = 0
  for (const name of names) {
    const { data, shape } = tensors[name]
    if (name === '__metadata__') throw new InvalidArgumentError('tensors', name, 'named otherwise: the format reserves this name')
    if (shape.reduce((product, axis) => product * axis, 1) !== data.length) {
      throw new InvalidArgumentError(`tensors['${name}'].shape`, shape, `a shape of ${data.length} numbers`)
    }
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, (offset += 4 * data.length)] }
  }
  const json = new TextEncoder().encode(JSON.stringify(header))
  const headerSize = Math.ceil(json.length / 8) * 8
  const bytes = new Uint8Array(8 + headerSize + offset).fill(0x20, 8, 8 + headerSize)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, BigInt(headerSize), true)
  bytes.set(json, 8)
  let position = 8 + headerSize
  for (const name of names) {
    for (const value of tensors[name].data) {
      view.setFloat32(position, value, true)
      position += 4
    }
  }
  return bytes
}

/**
 * Reads what {@link encodeSafetensors} or another program wrote.
 *
 * @throws InvalidArgumentError saying what is wrong with bytes that are no such file, are cut off, or hold other than
 * float32 numbers.
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsContent {
  const fail = (rule: string, value: unknown): never => {
    throw new InvalidArgumentError('bytes', value, rule)
  }
  if (bytes.length < 8) fail('a safetensors file of at least 8 bytes', `${bytes.length} bytes`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const headerSize = Number(view.getBigUint64(0, true))
  if (!(headerSize >= 2 && 8 + headerSize <= bytes.length)) {
    fail(`a safetensors file with its whole header (${headerSize} bytes by its first 8 bytes)`, `${bytes.length} bytes`)
  }
  const header = parseHeader(new TextDecoder().decode(bytes.subarray(8, 8 + headerSize)))
  const tensors: Record<string, HostArray> = {}
  const { __metadata__: metadata = {}, ...entries } = header
  for (const [name, entry] of Object.entries(entries as Record<string, HeaderEntry>)) {
    if (entry.dtype !== 'F32') fail(`of float32 tensors (dtype F32)`, `${entry.dtype} in ${name}`)
    const [from, to] = entry.data_offsets
    const count = entry.shape.reduce((product, axis) => product * axis, 1)
    if (to - from !== 4 * count) fail(`consistent: ${name} has shape (${entry.shape.join(', ')})`, `${to - from} bytes`)
    if (8 + headerSize + to > bytes.length) fail(`whole: ${name} ends at byte ${8 + headerSize + to}`, `${bytes.length} bytes`)
    const data = Float32Array.from({ length: count }, (_, i) => view.getFloat32(8 + headerSize + from + 4 * i, true))
    tensors[name] = { data, shape: entry.shape }
  }
  return { tensors, metadata: metadata as Readonly<Record<string, string>> }
}

function parseHeader(text: string): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(text)
    if (typeof header === 'object' && header !== null) return header as Record<string, unknown>
  } catch {
    // falls through to the error below, which names the format
  }
  throw new InvalidArgumentError('bytes', text.slice(0, 40), 'a safetensors file, with a JSON object as its header')
}
