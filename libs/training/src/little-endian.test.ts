import { expect, it } from 'vitest'
import { littleEndianBytes, readFloats, writeFloats } from './little-endian'

const values = Float32Array.of(1, -2.5, Math.fround(1e-40), Infinity, -0)
const bytes = new Uint8Array(20)
values.forEach((value, i) => new DataView(bytes.buffer).setFloat32(4 * i, value, true))

it('writes and reads float32 numbers as DataView does, little-endian', () => {
  const written = new Uint8Array(20)
  writeFloats(written, values)
  expect(written).toEqual(bytes)
  expect(readFloats(bytes)).toEqual(values)
})

it('turns every number round on a big-endian host, both ways', () => {
  const written = new Uint8Array(20)
  writeFloats(written, values, false)
  values.forEach((value, i) => expect(new DataView(written.buffer).getFloat32(4 * i, false)).toBe(value))
  expect(readFloats(written, false)).toEqual(values)
})

it('reads from bytes at an odd offset, and copies them', () => {
  const shifted = new Uint8Array(23).subarray(3)
  shifted.set(bytes)
  const floats = readFloats(shifted)
  shifted.fill(0)
  expect(floats).toEqual(values)
})

it('sees the little-endian bytes of numbers, on a big-endian host as a copy that leaves the numbers alone', () => {
  expect(littleEndianBytes(values)).toEqual(bytes)
  const before = values.slice()
  const turned = littleEndianBytes(values, false)
  values.forEach((value, i) => expect(new DataView(turned.buffer).getFloat32(4 * i, false)).toBe(value))
  expect(values).toEqual(before)
})
