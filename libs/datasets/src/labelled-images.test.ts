import { InvalidArgumentError, ShapeError } from '@sbgm/sde-core'
import { describe, expect, it } from 'vitest'
import { imagesOf, labelsOf } from './image-batch'
import { labelledImages, selectImages } from './labelled-images'

const set = labelledImages({
  name: 'three', images: Uint8Array.from({ length: 12 }, (_, i) => i), labels: Uint8Array.of(1, 0, 1), height: 1, width: 2, channels: 2,
  classNames: ['even', 'odd'],
})

describe('a set of labelled images', () => {
  it.each([
    ['images and labels of different counts', { images: new Uint8Array(8) }, ShapeError, 'The images to 3 labels must have shape (3, 1, 2, 2); got (2, 1, 2, 2).'],
    ['no whole number of images', { images: new Uint8Array(11) }, ShapeError, 'must have shape (3, 1, 2, 2); got (11)'],
    ['a label outside the classes', { labels: Uint8Array.of(1, 2, 0) }, InvalidArgumentError, 'labels[1] must be one of the 2 classes, 0 to 1; got 2.'],
    ['no classes', { classNames: [] }, InvalidArgumentError, 'classNames'],
    ['a height of 0', { height: 0 }, InvalidArgumentError, 'height must be an integer of at least 1; got 0.'],
  ])('refuses %s', (_, fields, kind, message) => {
    expect(() => labelledImages({ ...set, ...fields })).toThrow(kind)
    expect(() => labelledImages({ ...set, ...fields })).toThrow(message)
  })

  it('gives the images of indices, with their labels, in the order asked for', () => {
    const chosen = selectImages(set, [2, 0, 2])
    expect(chosen).toMatchObject({ name: 'three', count: 3, height: 1, width: 2, channels: 2 })
    expect([...chosen.images]).toEqual([8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11])
    expect([...chosen.labels]).toEqual([1, 1, 1])
  })

  it('refuses an index outside it, naming where it stands', () => {
    expect(() => selectImages(set, [0, 3])).toThrow('indices[1] must be the index of one of the 3 images of three, 0 to 2; got 3.')
    expect(() => imagesOf(set, [-1])).toThrow(InvalidArgumentError)
    expect(() => labelsOf(set, [0.5])).toThrow(InvalidArgumentError)
  })
})

describe('a batch', () => {
  it('holds images as NHWC, v / 127.5 − 1 rounded to float32 for every byte v, −1 and 1 exactly at the ends', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, value) => value)
    const one = labelledImages({ name: 'bytes', images: bytes, labels: Uint8Array.of(0), height: 16, width: 16, classNames: ['all'] })
    const { data, shape } = imagesOf(one, [0])
    expect(shape).toEqual([1, 16, 16, 1])
    data.forEach((value, byte) => expect(value).toBe(Math.fround(byte / 127.5 - 1)))
    expect([data[0], data[255]]).toEqual([-1, 1])
  })

  it('holds the labels of the same images', () => {
    expect(labelsOf(set, [1, 2])).toEqual({ data: Float32Array.of(0, 1), shape: [2] })
    expect(imagesOf(set, [1, 2]).shape).toEqual([2, 1, 2, 2])
    expect([...imagesOf(set, [2]).data]).toEqual([8, 9, 10, 11].map((value) => Math.fround(value / 127.5 - 1)))
  })
})
