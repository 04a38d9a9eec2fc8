import { expect, it } from 'vitest'
import { drawPaths, type Pen } from './pen'

const SIZE = 15
const pen: Pen = { radii: [2, 2], softness: 1, ink: 200 }
const drawn = (path: readonly number[], settings: Pen = pen): Uint8Array => {
  const image = new Uint8Array(SIZE * SIZE)
  drawPaths(image, SIZE, [Float64Array.from(path)], settings)
  return image
}
const column = (image: Uint8Array, x: number): readonly number[] => Array.from({ length: SIZE }, (_, y) => image[y * SIZE + x])

it('a line of radius 2 is full ink up to 1.5 pixels from its middle and falls linearly to nothing at 2.5', () => {
  expect(column(drawn([-5, 7, 20, 7]), 7).slice(4, 11)).toEqual([0, 100, 200, 200, 200, 100, 0])
  expect(column(drawn([-5, 7.25, 20, 7.25]), 7).slice(4, 11)).toEqual([0, 50, 200, 200, 200, 150, 0])
})

it('ends of a line are round, and a line of no length is a disk', () => {
  const image = drawn([7, 7, 7, 7])
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) expect(image[y * SIZE + x]).toBe(Math.round(200 * Math.min(1, Math.max(0, 2.5 - Math.hypot(x - 7, y - 7)))))
  }
})

it('the radius goes linearly from start to end along a path', () => {
  const path = Array.from({ length: 202 }, (_, i) => (i % 2 === 0 ? (i / 200) * 14 : 7))
  const inked = (x: number) => column(drawn(path, { ...pen, radii: [1, 3] }), x).reduce((sum, value) => sum + value, 0) / 200
  for (const x of [3, 7, 11]) expect(Math.abs(inked(x) - 2 * (1 + x / 7))).toBeLessThan(0.1)
})

it('what is drawn over ink keeps the larger of both', () => {
  const image = drawn([0, 7, 14, 7])
  drawPaths(image, SIZE, [Float64Array.of(7, 0, 7, 14)], { ...pen, ink: 100 })
  expect([image[7 * SIZE + 7], image[7 * SIZE + 1], image[1 * SIZE + 7]]).toEqual([200, 200, 100])
})
