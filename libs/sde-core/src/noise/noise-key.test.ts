import { describe, expect, it } from 'vitest'
import { checkNoiseKey, philoxKey, type NoiseKey } from './noise-key'

const key: NoiseKey = { seed: 0, stream: 'sampler', step: 0, firstSample: 0, draw: 0 }

describe('philoxKey', () => {
  it('differs for seeds that share their lower or upper word', () => {
    const seeds = [0, 1, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1, 2 ** 21 - 1]
    expect(new Set(seeds.map((seed) => JSON.stringify(philoxKey(seed, 'sampler')))).size).toBe(seeds.length)
  })

  it('differs for names that differ in one letter, in order, in length, in padding or past the eighth letter', () => {
    const short = ['a', 'b', 'ab', 'ba', 'a\0', 'a\0\0', '\0', 'é', 'e\u0301', '😀']
    const long = ['sampler', 'samplers', 'sampler/1', 'sampler/2', 'aaaaaaaabbbbbbbb', 'bbbbbbbbaaaaaaaa']
    const names = [...short, ...long]
    expect(new Set(names.map((name) => JSON.stringify(philoxKey(0, name)))).size).toBe(names.length)
  })

  it('gives 40,000 seeds and names 80,000 different words, but for at most 8 (chance makes 0.75)', () => {
    const words = new Set<number>()
    for (let i = 0; i < 20_000; i++) {
      for (const { k0, k1 } of [philoxKey(i, 'sampler'), philoxKey(0, `sampler/${i}`)]) words.add(k0).add(k1)
    }
    expect(words.size).toBeGreaterThanOrEqual(80_000 - 8)
  })
})

describe('checkNoiseKey', () => {
  it.each([
    [{ seed: -1 }, 'key.seed must be an integer from 0 to 2^53 - 1; got -1.'],
    [{ seed: 0.5 }, 'key.seed must be an integer from 0 to 2^53 - 1; got 0.5.'],
    [{ seed: NaN }, 'key.seed must be an integer from 0 to 2^53 - 1; got NaN.'],
    [{ seed: 2 ** 53 }, 'key.seed must be an integer from 0 to 2^53 - 1; got 9007199254740992.'],
    [{ stream: '' }, "key.stream must be a name that is not empty; got ''."],
    [{ step: -1 }, 'key.step must be an integer from 0 to 2^32 - 1; got -1.'],
    [{ step: 2 ** 32 }, 'key.step must be an integer from 0 to 2^32 - 1; got 4294967296.'],
    [{ firstSample: 1.5 }, 'key.firstSample must be an integer from 0 to 2^32 - 1; got 1.5.'],
    [{ firstSample: Infinity }, 'key.firstSample must be an integer from 0 to 2^32 - 1; got Infinity.'],
    [{ draw: -2 }, 'key.draw must be an integer from 0 to 2^32 - 1; got -2.'],
  ])('refuses %o, saying which field and what is allowed', (field, message) => {
    const error = expect.objectContaining({ name: 'InvalidArgumentError', message })
    expect(() => checkNoiseKey({ ...key, ...field }, 1)).toThrow(error)
  })

  it('takes a batch up to the last sample index of 2^32 - 1 and refuses the next', () => {
    expect(() => checkNoiseKey({ ...key, firstSample: 2 ** 32 - 64 }, 64)).not.toThrow()
    const refused = () => checkNoiseKey({ ...key, firstSample: 2 ** 32 - 63 }, 64)
    expect(refused).toThrow('key.firstSample must be at most 2^32 - 64')
  })
})
