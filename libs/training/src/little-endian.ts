const hostIsLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** Writes float32 numbers little-endian into bytes of four times their length: one copy, bytes turned round where the host is big-endian. */
export function writeFloats(target: Uint8Array, values: Float32Array, littleEndian = hostIsLittleEndian): void {
  target.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  if (!littleEndian) reverseWords(target)
}

/** The bytes of float32 numbers, little-endian: a view of them, or a copy where the host is big-endian. */
export function littleEndianBytes(values: Float32Array, littleEndian = hostIsLittleEndian): Uint8Array {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  if (littleEndian) return bytes
  const copy = bytes.slice()
  reverseWords(copy)
  return copy
}

/** The float32 numbers of little-endian bytes, as a copy: the bytes may lie at any offset. */
export function readFloats(source: Uint8Array, littleEndian = hostIsLittleEndian): Float32Array {
  const bytes = new Uint8Array(source.length)
  bytes.set(source)
  if (!littleEndian) reverseWords(bytes)
  return new Float32Array(bytes.buffer)
}

function reverseWords(bytes: Uint8Array): void {
  for (let i = 0; i < bytes.length; i += 4) bytes.subarray(i, i + 4).reverse()
}
