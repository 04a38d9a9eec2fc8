import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InvalidArgumentError, ShapeError } from '@sbgm/sde-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeSafetensors, encodeSafetensors, type SafetensorsContent } from './safetensors'

const tensors = {
  'layer.kernel': { data: Float32Array.of(1, -2, 0.5, 3.25, -0, 1e-40), shape: [2, 3] },
  'layer.bias': { data: Float32Array.of(7), shape: [] },
  empty: { data: new Float32Array(0), shape: [0, 4] },
}
const content: SafetensorsContent = { tensors, metadata: { step: '12', note: 'größer als 0 ≤ ½' } }

/** A file put together by hand, so that it may break any rule of the format. */
function file(header: unknown, data: Uint8Array | number[] = []): Uint8Array {
  const json = typeof header === 'string' ? header : JSON.stringify(header)
  const text = new TextEncoder().encode(json)
  const bytes = new Uint8Array([...new Uint8Array(8), ...text, ...data])
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true)
  return bytes
}

const headerOf = (bytes: Uint8Array) => {
  const size = Number(new DataView(bytes.buffer).getBigUint64(0, true))
  return { size, text: new TextDecoder().decode(bytes.subarray(8, 8 + size)) }
}

const errorOf = (action: () => unknown): unknown => {
  try {
    action()
  } catch (error) {
    return error
  }
  return undefined
}

describe('a safetensors file', () => {
  it('is, for one tensor (1, −2) called w, these bytes', () => {
    const header = '{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
    const expected = [
      56, 0, 0, 0, 0, 0, 0, 0, // 54 characters of header and two spaces
      ...[...`${header}  `].map((character) => character.charCodeAt(0)),
      0x00, 0x00, 0x80, 0x3f, 0x00, 0x00, 0x00, 0xc0, // 1 and −2
    ]
    expect([...encodeSafetensors({ tensors: { w: { data: Float32Array.of(1, -2), shape: [2] } }, metadata: {} })]).toEqual(expected)
  })

  it('gives back what went in, bit for bit: scalars, empty tensors, subnormals, −0, metadata', () => {
    expect(decodeSafetensors(encodeSafetensors(content))).toEqual(content)
    expect(decodeSafetensors(encodeSafetensors({ tensors: {}, metadata: {} }))).toEqual({ tensors: {}, metadata: {} })
  })

  it('gives back any names, numbers and metadata (fast-check)', () => {
    const array = fc.float32Array({ maxLength: 12 }).map((data) => ({ data, shape: [data.length] }))
    const text = fc.string({ unit: 'binary' })
    const names = fc.oneof(text, fc.constantFrom('__proto__', 'constructor', '0', '10', '2')).filter((name) => name !== '__metadata__')
    fc.assert(
      fc.property(fc.dictionary(names, array), fc.dictionary(text, text), (made, metadata) => {
        const back = decodeSafetensors(encodeSafetensors({ tensors: made, metadata }))
        expect(Object.keys(back.tensors).sort()).toEqual(Object.keys(made).sort())
        for (const [name, { data, shape }] of Object.entries(made)) {
          const entry = Object.entries(back.tensors).find(([key]) => key === name)?.[1]
          expect(entry).toEqual({ data, shape })
        }
        expect(Object.entries(back.metadata).sort()).toEqual(Object.entries(metadata).sort())
      }),
      { seed: 1, numRuns: 100 },
    )
  })

  it('keeps the payload of a NaN', () => {
    const data = new Float32Array(Uint32Array.of(0x7fc12345).buffer)
    const back = decodeSafetensors(encodeSafetensors({ tensors: { x: { data, shape: [1] } }, metadata: {} })).tensors.x.data
    expect(new Uint32Array(back.buffer)[0]).toBe(0x7fc12345)
  })

  it('begins its data at a multiple of 8 bytes, whatever the length of the header', () => {
    for (let length = 1; length <= 16; length++) {
      const bytes = encodeSafetensors({ tensors: { ['n'.repeat(length)]: { data: Float32Array.of(1), shape: [1] } }, metadata: {} })
      const { size, text } = headerOf(bytes)
      expect(size % 8).toBe(0)
      expect(text).toMatch(/^\{.*\} *$/)
      expect(bytes.length).toBe(8 + size + 4)
    }
  })

  it('holds names and metadata in sorted order, so equal content makes equal bytes', () => {
    const reversed = (record: Readonly<Record<string, unknown>>) => Object.fromEntries(Object.entries(record).reverse())
    const turned = { tensors: reversed(content.tensors), metadata: reversed(content.metadata) } as unknown as SafetensorsContent
    expect(encodeSafetensors(turned)).toEqual(encodeSafetensors(content))
    expect(Object.keys(JSON.parse(headerOf(encodeSafetensors(turned)).text))).toEqual(['__metadata__', 'empty', 'layer.bias', 'layer.kernel'])
  })

  it('takes views into larger buffers, and is read from any offset into copies', () => {
    const view = new Float32Array(8).fill(9).subarray(2, 5)
    const bytes = encodeSafetensors({ tensors: { view: { data: view, shape: [3] } }, metadata: {} })
    const shifted = Buffer.concat([Buffer.alloc(5), bytes]).subarray(5)
    const { tensors: read } = decodeSafetensors(shifted)
    shifted.fill(0)
    expect(read.view).toEqual({ data: Float32Array.of(9, 9, 9), shape: [3] })
  })

  it('may be written by another program: any order of the header, no padding, no metadata', () => {
    const header = { b: { dtype: 'F32', shape: [1], data_offsets: [4, 8] }, a: { shape: [1, 1], data_offsets: [0, 4], dtype: 'F32' } }
    expect(decodeSafetensors(file(header, [0, 0, 0x80, 0x3f, 0, 0, 0, 0x40]))).toEqual({
      tensors: { a: { data: Float32Array.of(1), shape: [1, 1] }, b: { data: Float32Array.of(2), shape: [1] } },
      metadata: {},
    })
  })

  it('is read by a reader in Python, written from the description of the format alone', (context) => {
    const reader = `
import array, json, sys
raw = open(sys.argv[1], 'rb').read()
size = int.from_bytes(raw[:8], 'little')
header = json.loads(raw[8:8 + size].decode('utf-8'))
metadata = header.pop('__metadata__', {})
tensors = {}
for name, entry in header.items():
    assert entry['dtype'] == 'F32'
    start, end = entry['data_offsets']
    values = array.array('f', raw[8 + size + start:8 + size + end])
    if sys.byteorder == 'big': values.byteswap()
    tensors[name] = {'data': values.tolist(), 'shape': entry['shape']}
print(json.dumps({'tensors': tensors, 'metadata': metadata}))`
    if (spawnSync('python3', ['--version']).status !== 0) return context.skip('no python3 on this machine')
    const folder = mkdtempSync(join(tmpdir(), 'safetensors-'))
    try {
      const path = join(folder, 'content.safetensors')
      writeFileSync(path, encodeSafetensors(content))
      const { status, stdout, stderr } = spawnSync('python3', ['-c', reader, path], { encoding: 'utf8' })
      expect(stderr).toBe('')
      expect(status).toBe(0)
      const read = JSON.parse(stdout) as SafetensorsContent
      expect(read.metadata).toEqual(content.metadata)
      const expected = Object.entries(tensors).map(([name, { data, shape }]) => [name, { data: [...data], shape }])
      expect(read.tensors).toEqual(Object.fromEntries(expected))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('damaged bytes', () => {
  const small = encodeSafetensors(content)

  it('cut off anywhere are an InvalidArgumentError, and so is a byte too many', () => {
    for (let length = 0; length < small.length; length++) {
      expect(InvalidArgumentError.isInstance(errorOf(() => decodeSafetensors(small.subarray(0, length)))), `${length} bytes`).toBe(true)
    }
    expect(() => decodeSafetensors(Uint8Array.of(...small, 0))).toThrow(InvalidArgumentError)
  })

  it('at any place are an InvalidArgumentError or a file with other content, never another error (fast-check)', () => {
    const change = fc.tuple(fc.nat(small.length - 1), fc.nat(255))
    const damaged = fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => changes.reduce((bytes, [at, to]) => bytes.with(at, to), small))
    fc.assert(fc.property(damaged, (bytes) => onlyInvalidArgument(() => decodeSafetensors(bytes))), { seed: 2, numRuns: 2000 })
  })

  it('of random garbage, and of random JSON as a header, are an InvalidArgumentError or a file (fast-check)', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => onlyInvalidArgument(() => decodeSafetensors(bytes))), { seed: 3, numRuns: 1000 })
    fc.assert(fc.property(fc.json(), (json) => onlyInvalidArgument(() => decodeSafetensors(file(json)))), { seed: 4, numRuns: 1000 })
    const entry = fc.record({ dtype: fc.constant('F32'), shape: fc.jsonValue(), data_offsets: fc.jsonValue() })
    fc.assert(fc.property(entry, (x) => onlyInvalidArgument(() => decodeSafetensors(file({ x }, [1, 2, 3, 4])))), { seed: 5, numRuns: 1000 })
  })

  const onlyInvalidArgument = (action: () => unknown): boolean => {
    const error = errorOf(action)
    return error === undefined || InvalidArgumentError.isInstance(error)
  }

  const floats = (count: number, from: number) => ({ dtype: 'F32', shape: [count], data_offsets: [from, from + 4 * count] })

  it.each<[string, unknown, number, string]>([
    ['another dtype', { x: { ...floats(1, 0), dtype: 'F16' } }, 4, 'float32 tensors (dtype F32): x; got \'F16\''],
    ['no dtype', { x: { shape: [1], data_offsets: [0, 4] } }, 4, 'dtype F32'],
    ['overlapping tensors', { x: floats(2, 0), y: floats(2, 4) }, 12, 'without gaps or overlaps: y must begin at byte 8'],
    ['a gap', { x: floats(1, 0), y: floats(1, 8) }, 12, 'without gaps or overlaps: y must begin at byte 4'],
    ['data beyond the end', { x: floats(4, 0) }, 12, 'with 16 bytes of data behind its header; got \'12 bytes\''],
    ['data that nobody names', { x: floats(1, 0) }, 12, 'with 4 bytes of data'],
    ['a shape that its bytes do not fill', { x: { ...floats(3, 0), shape: [2, 2] } }, 12, 'x has shape (2, 2); got \'12 bytes\''],
    ['offsets in the wrong order', { x: { ...floats(1, 0), data_offsets: [4, 0] } }, 4, 'consistent: x'],
    ['a negative axis', { x: { ...floats(1, 0), shape: [-1, -1] } }, 4, 'a shape and two data_offsets for x'],
    ['one offset', { x: { ...floats(1, 0), data_offsets: [4] } }, 4, 'a shape and two data_offsets for x'],
    ['an entry that is no object', { x: null }, 0, 'a shape and two data_offsets for x; got \'null\''],
    ['metadata that is no text', { __metadata__: { step: 3 } }, 0, 'metadata is text by key'],
    ['a header that is a list', [], 0, 'a JSON object as its header'],
    ['a byte order mark before the header', '\uFEFF{}', 0, 'a JSON object as its header'],
    ['a header that is no JSON', '{"x":', 0, 'a JSON object as its header'],
  ])('with %s are refused, saying so', (_, header, dataLength, message) => {
    const bytes = file(header, new Uint8Array(dataLength))
    expect(() => decodeSafetensors(bytes)).toThrow(InvalidArgumentError)
    expect(() => decodeSafetensors(bytes)).toThrow(message)
  })

  it('with a header of more than 2⁵³ bytes by its first eight, or one that is no UTF-8, are refused', () => {
    expect(() => decodeSafetensors(new Uint8Array(16).fill(255))).toThrow('a safetensors file with its whole header')
    const bytes = file('{"x":1}')
    bytes[10] = 0xff
    expect(() => decodeSafetensors(bytes)).toThrow('a JSON object as its header')
  })
})

describe('bad content', () => {
  it('is refused before anything is written: numbers that do not fill a shape, the reserved name, metadata that is no text', () => {
    const x = { data: Float32Array.of(1, 2, 3), shape: [2, 2] }
    expect(() => encodeSafetensors({ tensors: { x }, metadata: {} })).toThrow(ShapeError)
    expect(() => encodeSafetensors({ tensors: { x }, metadata: {} })).toThrow("tensors['x']")
    const reserved = { __metadata__: { ...x, shape: [3] } }
    expect(() => encodeSafetensors({ tensors: reserved, metadata: {} })).toThrow('the format reserves this name')
    const metadata = { step: 3 } as unknown as Record<string, string>
    expect(() => encodeSafetensors({ tensors: {}, metadata })).toThrow("metadata['step'] must be a string; got 3.")
  })
})
