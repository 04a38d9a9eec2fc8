import { InvalidArgumentError, ShapeError } from '@sbgm/sde-core'
import { sizeOf, type HostArray } from './host-array'
import { readFloats, writeFloats } from './little-endian'
import { formatHeader, parseHeader, type TensorPlace } from './safetensors-header'

/** What a safetensors file holds here: float32 tensors by name, and text by key. */
export interface SafetensorsContent {
  /** The tensors. */
  readonly tensors: Readonly<Record<string, HostArray>>
  /** Free text that travels with them. */
  readonly metadata: Readonly<Record<string, string>>
}

const lengthBytes = 8

/**
 * A safetensors file: 8 bytes with the length of the header (little-endian), a JSON header padded with spaces to a
 * multiple of 8, then the raw little-endian numbers. Names and metadata are sorted, so equal content makes equal bytes.
 *
 * @returns a new array
 * @throws ShapeError if a tensor's numbers do not fill its shape; InvalidArgumentError if one is called `__metadata__` or
 * the metadata is no text.
 * @see https://github.com/huggingface/safetensors, section "Format".
 */
export function encodeSafetensors({ tensors, metadata }: SafetensorsContent): Uint8Array {
  const places: TensorPlace[] = []
  let end = 0
  for (const name of Object.keys(tensors).sort()) {
    const { data, shape } = tensors[name]
    if (sizeOf(shape) !== data.length) throw new ShapeError(`tensors['${name}']`, `of ${data.length} numbers, as many as its data`, shape)
    places.push({ name, shape, from: end, to: (end += data.byteLength) })
  }
  const header = formatHeader({ places, metadata })
  const dataStart = lengthBytes + header.length
  const bytes = new Uint8Array(dataStart + end)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true)
  bytes.set(header, lengthBytes)
  for (const { name, from, to } of places) writeFloats(bytes.subarray(dataStart + from, dataStart + to), tensors[name].data)
  return bytes
}

/**
 * Reads what {@link encodeSafetensors} or another program wrote.
 *
 * @param bytes - the whole file
 * @returns copies: the bytes may be reused
 * @throws InvalidArgumentError saying what is wrong with bytes that are no such file, are cut off, or hold other than
 * float32 numbers.
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsContent {
  const fail = (rule: string): never => {
    throw new InvalidArgumentError('bytes', `${bytes.length} bytes`, rule)
  }
  if (bytes.length < lengthBytes) fail(`a safetensors file of at least ${lengthBytes} bytes`)
  const headerSize = Number(new DataView(bytes.buffer, bytes.byteOffset, lengthBytes).getBigUint64(0, true))
  const dataStart = lengthBytes + headerSize
  if (dataStart > bytes.length) fail(`a safetensors file with its whole header, which its first ${lengthBytes} bytes put at ${headerSize} bytes`)
  const { places, metadata } = parseHeader(bytes.subarray(lengthBytes, dataStart), bytes.length - dataStart)
  const tensors = places.map(({ name, shape, from, to }): [string, HostArray] => [
    name,
    { data: readFloats(bytes.subarray(dataStart + from, dataStart + to)), shape },
  ])
  return { tensors: Object.fromEntries(tensors), metadata }
}
