import { InvalidArgumentError } from '@sbgm/sde-core'
import { describe, expect, it } from 'vitest'
import { permutation } from './permutation'
import { shuffledBatches } from './shuffled-batches'

const settings = { count: 103, batchSize: 10, seed: 5 }
const batches = shuffledBatches(settings)

describe('shuffled batches', () => {
  it('are all of one size; an epoch holds ⌊count / size⌋ of them and no image twice', () => {
    expect(batches.batchesPerEpoch).toBe(10)
    for (const epoch of [0, 1, 2]) {
      const seen = Array.from({ length: 10 }, (_, batch) => batches.indicesAt(epoch * 10 + batch + 1))
      seen.forEach((indices) => expect(indices).toHaveLength(10))
      expect(new Set(seen.flatMap((indices) => [...indices])).size).toBe(100)
    }
  })

  it('cover the whole set in each epoch where the size divides it', () => {
    const { indicesAt } = shuffledBatches({ count: 12, batchSize: 4, seed: 1 })
    for (const first of [1, 4, 7]) {
      expect([0, 1, 2].flatMap((batch) => [...indicesAt(first + batch)]).sort((a, b) => a - b)).toEqual([...Array(12).keys()])
    }
  })

  it('are a function of the step: the same in any order, after a restart, and whatever the caller does to them', () => {
    const forwards = Array.from({ length: 35 }, (_, at) => [...batches.indicesAt(at + 1)])
    batches.indicesAt(3).fill(0)
    const resumed = shuffledBatches(settings)
    for (let step = 35; step >= 1; step--) {
      expect([...resumed.indicesAt(step)]).toEqual(forwards[step - 1])
      expect([...batches.indicesAt(step)]).toEqual(forwards[step - 1])
    }
  })

  it('differ between epochs, seeds and streams', () => {
    const firsts = [batches.indicesAt(1), batches.indicesAt(11), shuffledBatches({ ...settings, seed: 6 }).indicesAt(1),
      shuffledBatches({ ...settings, stream: 'other' }).indicesAt(1)]
    expect(new Set(firsts.map(String)).size).toBe(4)
  })

  it('stand at a cursor that survives JSON and leads back to the step', () => {
    expect(batches.cursorAt(1)).toEqual({ epoch: 0, batch: 0 })
    expect(batches.cursorAt(10)).toEqual({ epoch: 0, batch: 9 })
    expect(batches.cursorAt(11)).toEqual({ epoch: 1, batch: 0 })
    for (const step of [1, 9, 10, 11, 12_345]) expect(batches.stepAt(JSON.parse(JSON.stringify(batches.cursorAt(step))))).toBe(step)
  })

  it.each([
    [{ ...settings, batchSize: 104 }, 'batchSize must be at most the number of images (103); take smaller batches or a larger set; got 104.'],
    [{ ...settings, batchSize: 0 }, 'batchSize must be an integer of at least 1; got 0.'],
    [{ ...settings, count: 0 }, 'count must be an integer of at least 1; got 0.'],
    [{ ...settings, seed: -1 }, 'seed'],
    [{ ...settings, stream: '' }, 'stream'],
  ])('refuse %o', (options, message) => {
    expect(() => shuffledBatches(options)).toThrow(InvalidArgumentError)
    expect(() => shuffledBatches(options)).toThrow(message)
  })

  it('refuse a step before the first and a cursor of another set', () => {
    expect(() => batches.indicesAt(0)).toThrow('step must be an integer of at least 1; got 0.')
    expect(() => batches.cursorAt(1.5)).toThrow(InvalidArgumentError)
    expect(() => batches.stepAt({ epoch: 0, batch: 10 })).toThrow('cursor.batch must be an integer from 0 to 9, for 10 batches per epoch')
    expect(() => batches.stepAt({ epoch: -1, batch: 0 })).toThrow('cursor.epoch')
  })
})

describe('a permutation', () => {
  it('is uniform: each of the 24 orders of 4 comes equally often (24,000 keys, seed 9; χ² below 23 + 5 √46)', () => {
    const counts = new Map<string, number>()
    for (let step = 0; step < 24_000; step++) {
      const order = String(permutation(4, { seed: 9, stream: 'test', step }))
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(24)
    const chiSquared = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)
    expect(chiSquared).toBeLessThan(23 + 5 * Math.sqrt(46))
  })
})
