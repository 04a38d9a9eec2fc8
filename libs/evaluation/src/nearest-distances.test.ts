import { describe, expect, it } from 'vitest'
import { median } from './median'
import { nearestDistances } from './nearest-distances'
import { mulberry, normalSample, seeds } from './normal-law.fixture'

/** All distances, one by one. */
function plainly(samples: Float32Array, reference: Float32Array, size: number): { distance: number; index: number }[] {
  return Array.from({ length: samples.length / size }, (_, i) => {
    const distances = Array.from({ length: reference.length / size }, (_, j) => {
      let sum = 0
      for (let k = 0; k < size; k++) sum += (samples[i * size + k] - reference[j * size + k]) ** 2
      return Math.sqrt(sum)
    })
    const distance = Math.min(...distances)
    return { distance, index: distances.indexOf(distance) }
  })
}

describe('nearestDistances', () => {
  it('of points in the plane by hand', () => {
    expect([...nearestDistances([0, 0, 10, 10], [3, 4, 10, 7], 2)]).toEqual([{ distance: 5, index: 0 }, { distance: 3, index: 1 }])
  })

  it.each([[7, 'odd segments'], [784, 'images']])('finds what a plain search finds, for rows of %i: %s (seed 1, smooth rows, noise and mixtures)', (size) => {
    const noise = normalSample(40 * size, seeds.law)
    const smooth = (row: number, i: number) => Math.sin(0.05 * i * (1 + (row % 7)) + row)
    const reference = Float32Array.from({ length: 60 * size }, (_, at) => smooth(Math.floor(at / size), at % size) + 0.1 * noise[at % noise.length])
    const samples = Float32Array.from({ length: 12 * size }, (_, at) => {
      const row = Math.floor(at / size)
      return (row % 3 === 0 ? 0 : smooth(row + 0.3, at % size)) + (row % 3 === 2 ? 0 : 0.7 * noise[at + 3])
    })
    const found = [...nearestDistances(samples, reference, size)]
    plainly(samples, reference, size).forEach(({ distance, index }, i) => {
      expect(found[i].index).toBe(index)
      expect(Math.abs(found[i].distance - distance)).toBeLessThan(1e-12 * (1 + distance))
    })
  })

  it('does not take a row that is as near in its first part only for an equally near one', () => {
    const row = (...ones: number[]) => Array.from({ length: 112 }, (_, i) => (ones.includes(i) ? 1 : 0))
    const [farther, nearer] = [row(0, 20, 10, 101), row(11, 100)] // the last two of each: a difference that segments do not show
    expect([...nearestDistances(row(10, 100), [...farther, ...nearer], 112)]).toEqual([{ distance: Math.SQRT2, index: 1 }])
  })

  it('reads bytes as v / 127.5 − 1, on either side: a float32 copy is at distance 0, one step of one pixel at 1/127.5 (seed 2)', () => {
    const next = mulberry(seeds.sample)
    const bytes = Uint8Array.from({ length: 20 * 64 }, () => 254 * next())
    const pixels = Float32Array.from(bytes, (value) => value / 127.5 - 1)
    expect([...nearestDistances(pixels, bytes, 64)]).toEqual(Array.from({ length: 20 }, (_, index) => ({ distance: 0, index })))
    const changed = bytes.slice(0, 64)
    changed[5]++
    const [{ distance, index }] = nearestDistances(changed, bytes, 64)
    expect(index).toBe(0)
    expect(Math.abs(distance - 1 / 127.5)).toBeLessThan(2 ** -23) // two roundings to float32
  })

  it('searches a sample only when it is asked for the next one, and can be stopped', () => {
    const search = nearestDistances([0, 1, 2], [5], 1)
    expect(search.next().value).toEqual({ distance: 5, index: 0 })
    search.return()
    expect(search.next().done).toBe(true)
  })

  it('refuses at once what does not fill rows or is not finite', () => {
    expect(() => nearestDistances([1, 2, 3], [1, 2], 2)).toThrow('samples must hold whole rows of size = 2 numbers, at least one; got 3 numbers.')
    expect(() => nearestDistances([1, 2], [], 2)).toThrow('reference must hold whole rows')
    expect(() => nearestDistances([1, NaN], [1, 2], 2)).toThrow('samples must hold finite numbers; got NaN at row 0, column 1.')
  })
})

describe('median', () => {
  it('is the middle number, or the mean of the two in the middle, in any order', () => {
    expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([7])]).toEqual([2, 2.5, 7])
  })

  it('keeps apart from the largest floats, and refuses an empty sample', () => {
    expect(median([1.7e308, 1.6e308])).toBeCloseTo(1.65e308, -294)
    expect(() => median([])).toThrow('sample must hold at least 1 numbers; got 0.')
  })
})
