import { expect, it } from 'vitest'
import { shiftedImages } from './shifted-images'

const size = { height: 4, width: 5, channels: 2 }
const count = 600
const image = Float32Array.from({ length: 40 }, (_, i) => 0.01 * (i + 1))
const images = Float32Array.from({ length: count * 40 }, (_, i) => image[i % 40])

/** The image moved by loops over pixels. */
const moved = (down: number, right: number) =>
  Float32Array.from({ length: 40 }, (_, at) => {
    const [row, column, channel] = [Math.floor(at / 10) - down, (Math.floor(at / 2) % 5) - right, at % 2]
    return row < 0 || row >= 4 || column < 0 || column >= 5 ? -1 : image[(row * 5 + column) * 2 + channel]
  }).join()

it('moves each image by up to 2 pixels along both axes, each of the 25 ways equally often (600 images, 5 standard errors), background moving in', () => {
  const shifted = shiftedImages(images, size, { largest: 2, seed: 1, stream: 'test', step: 1 })
  const ways = [-2, -1, 0, 1, 2].flatMap((down) => [-2, -1, 0, 1, 2].map((right) => moved(down, right)))
  const counts = new Map(ways.map((way) => [way, 0]))
  for (let i = 0; i < count; i++) {
    const way = shifted.subarray(40 * i, 40 * i + 40).join()
    expect(counts.has(way)).toBe(true)
    counts.set(way, (counts.get(way) ?? 0) + 1)
  }
  const expected = count / 25
  counts.forEach((found) => expect(Math.abs(found - expected)).toBeLessThan(5 * Math.sqrt(expected)))
})

it('is a function of seed, stream and step, and by 0 pixels a copy', () => {
  const key = { largest: 1, seed: 1, stream: 'test', step: 1 }
  const first = shiftedImages(images, size, key)
  expect(shiftedImages(images, size, key)).toEqual(first)
  expect(shiftedImages(images, size, { ...key, step: 2 })).not.toEqual(first)
  expect(shiftedImages(images, size, { ...key, seed: 2 })).not.toEqual(first)
  expect(shiftedImages(images, size, { ...key, stream: 'another' })).not.toEqual(first)
  const same = shiftedImages(images, size, { ...key, largest: 0 })
  expect(same).toEqual(images)
  expect(same).not.toBe(images)
})
