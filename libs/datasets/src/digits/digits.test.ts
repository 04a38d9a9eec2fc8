import { InvalidArgumentError } from '@sbgm/sde-core'
import { describe, expect, it } from 'vitest'
import type { LabelledImages } from '../labelled-images'
import { digits } from './digits'
import { glyphs } from './glyphs'
import { NUMBERS_PER_DIGIT, writeDigit } from './handwriting'

const set = digits({ seed: 1, trainCount: 1000, testCount: 500 })
const image = ({ images }: LabelledImages, index: number): Uint8Array => images.subarray(index * 784, (index + 1) * 784)

/** Squared distance of two images. */
function distance(a: Uint8Array, b: Uint8Array): number {
  let sum = 0
  for (let at = 0; at < a.length; at++) sum += (a[at] - b[at]) ** 2
  return sum
}

/** Whether one set of images begins with another, byte for byte. */
const beginsWith = (larger: LabelledImages, { images, labels }: LabelledImages): boolean =>
  Buffer.from(larger.images.subarray(0, images.length)).equals(images) && Buffer.from(larger.labels.subarray(0, labels.length)).equals(labels)

/** Share of test images whose nearest among the given training images is of the same class. */
function nearestNeighbourAccuracy(train: LabelledImages, test: LabelledImages, known: readonly number[]): number {
  let right = 0
  for (let index = 0; index < test.count; index++) {
    const distances = known.map((at) => distance(image(train, at), image(test, index)))
    if (train.labels[known[distances.indexOf(Math.min(...distances))]] === test.labels[index]) right++
  }
  return right / test.count
}

describe('drawn digits', () => {
  it('are 28 × 28, grey, of the classes 0 to 9', () => {
    expect(set.train).toMatchObject({ name: 'digits', count: 1000, height: 28, width: 28, channels: 1, classNames: [...'0123456789'] })
    expect(set.test.count).toBe(500)
  })

  it('are balanced: each ten from a multiple of ten on hold every class, in changing order', () => {
    const tens = Array.from({ length: 100 }, (_, block) => [...set.train.labels.subarray(10 * block, 10 * block + 10)])
    tens.forEach((labels) => expect([...labels].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
    expect(new Set(tens.map(String)).size).toBeGreaterThan(95)
  })

  it('image i is a function of seed, part and i: a larger set begins with the smaller, across what is made at once', () => {
    const larger = digits({ seed: 1, trainCount: 1013, testCount: 503 })
    expect([beginsWith(larger.train, set.train), beginsWith(larger.test, set.test)]).toEqual([true, true])
  })

  it('are what they were: the checksum of a small set is pinned, since caches and manifests go by it', () => {
    expect(digits({ seed: 0, trainCount: 20, testCount: 10 }).checksum).toBe('f85b9150b46af51b39bbd687162641796b0fec541c711bf9fa457f91fc2e616c')
  })

  it('differ by seed and by part, and no two are alike', () => {
    const all = [set.train, set.test, digits({ seed: 2, trainCount: 100, testCount: 10 }).train]
    const seen = all.flatMap((part) => Array.from({ length: part.count }, (_, index) => Buffer.from(image(part, index)).toString('base64')))
    expect(new Set(seen).size).toBe(1600)
  })

  it('lie inside the image: no ink on its border in 99 of 100, ink enough in all', () => {
    const border = Array.from({ length: 784 }, (_, at) => at).filter((at) => at % 28 === 0 || at % 28 === 27 || at < 28 || at >= 756)
    const touching = Array.from({ length: 1000 }, (_, index) => border.some((at) => image(set.train, index)[at] > 0)).filter(Boolean).length
    expect(touching).toBeLessThanOrEqual(10)
    for (let index = 0; index < 1000; index++) {
      const pixels = image(set.train, index)
      expect(pixels.filter((value) => value > 128).length).toBeGreaterThan(15)
      expect(pixels.filter((value) => value === 0).length).toBeGreaterThan(400)
    }
  })

  it('every form of every digit has numbers enough to be written', () => {
    glyphs.forEach((forms, digit) => forms.forEach((_, form) => {
      const uniforms = new Float64Array(NUMBERS_PER_DIGIT).fill(0.25)
      uniforms[0] = (form + 0.5) / forms.length
      writeDigit(digit, uniforms, 28).paths.forEach((path) => expect(path.every(Number.isFinite)).toBe(true))
    }))
  })

  it('are varied, not noise: the nearest of ten examples per class tells 50 to 85 % of 500, the nearest of 100 more, at least 80 %', () => {
    const few = Array.from({ length: 100 }, (_, index) => index) // ten blocks of all ten classes
    const many = Array.from({ length: 1000 }, (_, index) => index)
    const accuracy = nearestNeighbourAccuracy(set.train, set.test, few)
    expect(accuracy).toBeGreaterThan(0.5)
    expect(accuracy).toBeLessThan(0.85)
    expect(nearestNeighbourAccuracy(set.train, set.test, many)).toBeGreaterThan(0.8)
  })

  it.each([
    [{ seed: -1 }, 'seed must be an integer of at least 0; got -1.'],
    [{ seed: 1, trainCount: 0 }, 'trainCount must be an integer of at least 1; got 0.'],
    [{ seed: 1, testCount: 1.5 }, 'testCount must be an integer of at least 1; got 1.5.'],
  ])('refuse %o', (options, message) => {
    expect(() => digits(options)).toThrow(InvalidArgumentError)
    expect(() => digits(options)).toThrow(message)
  })
})
