import { InvalidArgumentError, ShapeError } from '@sbgm/sde-core'
import { describe, expect, it } from 'vitest'
import { DamagedFileError } from './damaged-file-error'
import { readIdxImages, readIdxLabels, writeIdx } from './idx'

const pixels = Uint8Array.from({ length: 2 * 3 * 4 }, (_, i) => i)
const images = writeIdx(pixels, [2, 3, 4])
const labels = writeIdx(Uint8Array.from([7, 1]), [2])

/** The file with one byte changed. */
const changed = (bytes: Uint8Array, at: number, value: number): Uint8Array => bytes.map((byte, index) => (index === at ? value : byte))

const refusal = (read: () => unknown): DamagedFileError => {
  try {
    read()
  } catch (error) {
    if (DamagedFileError.isInstance(error)) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('an IDX file', () => {
  it('of images is read by its header: magic 2051, count, rows, columns, big-endian', () => {
    expect([...images.subarray(0, 16)]).toEqual([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4])
    expect(readIdxImages(images)).toEqual({ count: 2, height: 3, width: 4, data: pixels })
  })

  it('of labels is read by its header: magic 2049, count', () => {
    expect([...labels.subarray(0, 8)]).toEqual([0, 0, 8, 1, 0, 0, 0, 2])
    expect(readIdxLabels(labels)).toEqual(Uint8Array.from([7, 1]))
  })

  it('is read from a view that does not begin at its buffer', () => {
    const larger = new Uint8Array(images.length + 5)
    larger.set(images, 5)
    expect(readIdxImages(larger.subarray(5)).data).toEqual(pixels)
  })

  it('that is cut short is refused at every length, naming file and numbers where it has a header', () => {
    for (let length = 0; length < images.length; length++) {
      expect(refusal(() => readIdxImages(images.subarray(0, length), 'train-images')).message).toMatch(/^train-images is cut short: .*\d+ bytes/)
    }
    for (let length = 0; length < labels.length; length++) refusal(() => readIdxLabels(labels.subarray(0, length)))
    expect(refusal(() => readIdxImages(images.subarray(0, 39), 'train-images')).message)
      .toContain('it announces 2 × 3 × 4 = 24 bytes after its header, and 23 are there')
  })

  it.each([
    ['trailing bytes', new Uint8Array([...images, 0]), 'has trailing bytes: it announces 2 × 3 × 4 = 24 bytes after its header, and 25 are there'],
    ['a count that is too large', changed(images, 7, 3), 'is cut short: it announces 3 × 3 × 4 = 36'],
    ['a count of 2³¹ and more', changed(images, 4, 255), 'is cut short: it announces 4278190082 × 3 × 4'],
    ['images of no width', changed(images, 15, 0), 'says that its images have 3 × 0 pixels'],
    ['another magic number', changed(images, 2, 9), 'is no IDX file of images: it begins with 2307, not with the magic number 2051'],
    ['labels where images are expected', labels, 'holds labels where images are expected (magic 2049, not 2051). The two files seem to be swapped'],
    ['gzip', Uint8Array.from([0x1f, 0x8b, 8, 0, 0]), 'is packed by gzip'],
  ])('of images with %s is refused', (_, bytes, message) => {
    expect(refusal(() => readIdxImages(bytes)).message).toContain(message)
  })

  it('of labels is refused where it holds images', () => {
    const error = refusal(() => readIdxLabels(images, 'train-labels'))
    expect(error.message).toContain('train-labels holds images where labels are expected (magic 2051, not 2049)')
    expect([error.file, error.name]).toEqual(['train-labels', 'DamagedFileError'])
  })

  it('is not made of a shape that its bytes do not fill or that the format cannot hold', () => {
    expect(() => writeIdx(pixels, [2, 3, 5])).toThrow(ShapeError)
    expect(() => writeIdx(pixels, [2, 3, 5])).toThrow('data must have shape (30); got (24).')
    for (const shape of [[], [24.5], [-24], [2 ** 32]]) expect(() => writeIdx(pixels, shape)).toThrow(InvalidArgumentError)
  })
})
