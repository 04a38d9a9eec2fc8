import { expect, it } from 'vitest'
import { shuffledTiles } from './shuffled-tiles'

const numbered = (height: number, width: number, channels = 1) => Float32Array.from({ length: height * width * channels }, (_, i) => i)
const orders = (count: number) => Array.from({ length: count }, (_, k) => (k + 0.5) / count)

it('moves whole quarters: the last of the 23 orders turns them around', () => {
  const image = numbered(4, 4)
  expect([...shuffledTiles(image, { height: 4, width: 4, channels: 1 }, 2, 1 - 1e-9)]).toEqual([10, 11, 8, 9, 14, 15, 12, 13, 2, 3, 0, 1, 6, 7, 4, 5])
  expect([...image]).toEqual([...numbered(4, 4)]) // borrowed
})

it('takes each of the 23 orders of quarters that move something for an equal share of picks, and never the identity', () => {
  const image = numbered(2, 2)
  const results = orders(23).map((pick) => shuffledTiles(image, { height: 2, width: 2, channels: 1 }, 2, pick).join())
  expect(new Set(results).size).toBe(23)
  expect(results).not.toContain(image.join())
  results.forEach((result) => expect(result.split(',').map(Number).sort()).toEqual([0, 1, 2, 3]))
  expect(shuffledTiles(image, { height: 2, width: 2, channels: 1 }, 2, Number.EPSILON).join()).toBe(results[0])
})

it('leaves rows and columns beyond the last whole tile where they are, and keeps the channels of a pixel together', () => {
  const size = { height: 7, width: 8, channels: 2 }
  const image = numbered(7, 8, 2)
  for (const pick of orders(50)) {
    const shuffled = shuffledTiles(image, size, 3, pick)
    expect([...shuffled].sort((a, b) => a - b)).toEqual([...image])
    shuffled.forEach((value, i) => {
      const [row, column, channel] = [Math.floor(i / 16), Math.floor(i / 2) % 8, i % 2]
      expect(value % 2).toBe(channel)
      if (row === 6 || column >= 6) expect(value).toBe(i)
    })
    expect([...shuffled]).not.toEqual([...image])
  }
})
