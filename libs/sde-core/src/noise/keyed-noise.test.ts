import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { fillNormal, fillUniform } from './keyed-noise'
import { philoxKey, type NoiseKey } from './noise-key'
import { normalQuantile } from './normal-quantile'
import { fillPlainly } from './plain-noise'

const key: NoiseKey = { seed: 7, stream: 'sampler', step: 0, firstSample: 0, draw: 0 }

const normals = (count: number, sampleSize = 1, change: Partial<NoiseKey> = {}): Float64Array => {
  const out = new Float64Array(count)
  fillNormal(out, sampleSize, { ...key, ...change })
  return out
}

const uniforms = (count: number, sampleSize = 1, change: Partial<NoiseKey> = {}): Float64Array => {
  const out = new Float64Array(count)
  fillUniform(out, sampleSize, { ...key, ...change })
  return out
}

describe('keyed noise', () => {
  it('is what its documentation says, by a Python program written from it, over integers of any size', () => {
    const change = { seed: 2 ** 53 - 1, stream: 'training/time', step: 3, firstSample: 5, draw: 1 }
    const numerators = [
      [4286751459498399, 4355983513059541, 1903846061280821],
      [4591282671315397, 6864634292052689, 3842651871559619],
    ].flat()
    expect(Array.from(uniforms(6, 3, change), (u) => u * 2 ** 53)).toEqual(numerators)
    expect(Array.from(normals(6, 3, change))).toEqual(numerators.map((n) => normalQuantile(n * 2 ** -53)))
  })

  it('keeps its bits from version to version: a change here would give every seed another run', () => {
    const sha256 = createHash('sha256').update(normals(128 * 785, 785)).digest('hex')
    expect(sha256).toBe('d2392bbfccaa7c9fa6bb572e7e2476f1b51a7b7f0dbcc8a4447250def806d3bf')
  })

  it.each([1, 2, 3, 6, 7, 784])('of sample 7 in a batch of 64 is that of sample 7 alone (sample size %d)', (size) => {
    const alone = normals(size, size, { firstSample: 7 })
    expect(normals(64 * size, size).subarray(7 * size, 8 * size)).toEqual(alone)
  })

  it.each([1, 2, 3, 6, 7, 784])('of 101 samples is that of shards of 1, 50, 17 and 33 (sample size %d)', (size) => {
    const whole = normals(101 * size, size)
    let firstSample = 0
    for (const shard of [1, 50, 17, 33]) {
      const part = whole.subarray(firstSample * size, (firstSample + shard) * size)
      expect(normals(shard * size, size, { firstSample })).toEqual(part)
      firstSample += shard
    }
  })

  it('of number j does not depend on how many numbers a sample has', () => {
    expect(normals(5, 5)).toEqual(normals(784, 784).subarray(0, 5))
  })

  it('in float32 is the float64 number rounded', () => {
    for (const size of [1, 3, 784]) {
      const single = new Float32Array(51 * size)
      fillNormal(single, size, key)
      expect(single).toEqual(Float32Array.from(normals(51 * size, size)))
      fillUniform(single, size, key)
      expect(single).toEqual(Float32Array.from(uniforms(51 * size, size)))
    }
  })

  it('in float32 never rounds a uniform to 1: sample 84,070,909 of this stream would', () => {
    const change = { seed: 0, stream: 'ceiling', firstSample: 84_070_909 }
    expect(Math.fround(uniforms(1, 1, change)[0])).toBe(1)
    const [single, plain] = [new Float32Array(1), new Float32Array(1)]
    fillUniform(single, 1, { ...key, ...change })
    fillPlainly(plain, { ...key, ...change, law: 'uniform', sampleSize: 1, ...philoxKey(0, 'ceiling') })
    expect([single[0], plain[0]]).toEqual([1 - 2 ** -24, 1 - 2 ** -24])
  })

  it('fills nothing for an empty batch', () => {
    expect(normals(0, 784)).toEqual(new Float64Array(0))
  })

  it('fills a view without touching what lies around it', () => {
    const around = new Float64Array(12)
    fillNormal(around.subarray(4, 7), 3, key)
    expect(around.findIndex((x) => x !== 0)).toBe(4)
    expect(around.findLastIndex((x) => x !== 0)).toBe(6)
  })
})

describe('normal noise', () => {
  const n = 1_000_000
  const z = normals(n)
  const moment = (power: number) => z.reduce((sum, x) => sum + x ** power, 0) / n

  it.each([
    ['mean', 1, 0, 1],
    ['second moment', 2, 1, 2],
    ['third moment', 3, 0, 15],
    ['fourth moment', 4, 3, 96],
    ['fifth moment', 5, 0, 945],
    ['sixth moment', 6, 15, 10_170],
  ])('has the %s of N(0, 1) to 5 standard errors (seed 7, n = 1e6)', (_name, power, exact, variance) => {
    expect(Math.abs(moment(power) - exact)).toBeLessThan(5 * Math.sqrt(variance / n))
  })

  it('has the law N(0, 1): Kolmogorov–Smirnov at the 5-sigma level, √n D < 2.744 (seed 7, n = 1e6)', () => {
    const sorted = z.slice().sort()
    let distance = 0
    for (let i = 0; i < n; i++) {
      const p = normalCdf(sorted[i])
      distance = Math.max(distance, p - i / n, (i + 1) / n - p)
    }
    expect(Math.sqrt(n) * distance).toBeLessThan(2.744)
  })

  it.each([1, 2, 3, 4])('has the tails of N(0, 1) beyond ±%dσ to 5 standard errors (seed 7, n = 1e7)', (bound) => {
    const p = normalCdf(-bound)
    let [below, above] = [0, 0]
    for (let step = 0; step < 10; step++) {
      for (const x of normals(n, 1, { step })) {
        if (x < -bound) below++
        else if (x > bound) above++
      }
    }
    const tolerance = 5 * Math.sqrt(p * (1 - p) * 10 * n)
    expect(Math.abs(below - p * 10 * n)).toBeLessThan(tolerance)
    expect(Math.abs(above - p * 10 * n)).toBeLessThan(tolerance)
  })
})

describe('uniform noise', () => {
  it.each([1, 2, 3])('fills 1,024 cells evenly: χ² to 5 standard errors (seed 7, n = 1e6, sample size %d)', (size) => {
    const n = 999_999 + (size === 2 ? 1 : 0)
    const cells = new Float64Array(1024)
    for (const u of uniforms(n, size)) cells[Math.floor(u * 1024)]++
    const expected = n / 1024
    const chiSquare = cells.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    expect(Math.abs(chiSquare - 1023)).toBeLessThan(5 * Math.sqrt(2 * 1023))
  })

  it('has even bits: each of its 52 is set in half of the numbers to 5 standard errors (seed 7, n = 1e5)', () => {
    const n = 100_000
    const set = new Float64Array(52)
    for (const u of uniforms(n)) {
      for (let bit = 0, rest = u; bit < 52; bit++) {
        rest *= 2
        if (rest >= 1) {
          rest -= 1
          set[bit]++
        }
      }
    }
    for (const count of set) expect(Math.abs(count - n / 2)).toBeLessThan(5 * Math.sqrt(n / 4))
  })
})

describe('noise of different keys', () => {
  const n = 100_000
  const other: readonly (readonly [string, Partial<NoiseKey>])[] = [
    ['the next step', { step: 1 }],
    ['a step 2^31 later', { step: 2 ** 31 }],
    ['the next draw', { draw: 1 }],
    ['other samples', { firstSample: n }],
    ['another stream', { stream: 'training/time' }],
    ['a stream with a longer name', { stream: 'sampler2' }],
    ['the next seed', { seed: 8 }],
    ['a seed that differs in its upper word', { seed: 7 + 2 ** 32 }],
  ]

  it.each(other)('is uncorrelated with %s, squared too, to 5 standard errors (seed 7, n = 1e5)', (_name, change) => {
    const [a, b] = [normals(n), normals(n, 1, change)]
    expect(Math.abs(correlation(a, b))).toBeLessThan(5 / Math.sqrt(n))
    expect(Math.abs(correlation(a.map(square), b.map(square)))).toBeLessThan(5 / Math.sqrt(n))
  })

  it.each([
    ['sample', 1],
    ['pair', 2],
    ['element', n],
  ])('is uncorrelated with the next four by %s, squared too, to 5 standard errors (seed 7, n = 1e5)', (_name, size) => {
    const z = normals(n, size)
    for (const lag of [1, 2, 3, 4]) {
      const [a, b] = [z.subarray(lag), z.subarray(0, n - lag)]
      expect(Math.abs(correlation(a, b))).toBeLessThan(5 / Math.sqrt(n - lag))
      expect(Math.abs(correlation(a.map(square), b.map(square)))).toBeLessThan(5 / Math.sqrt(n - lag))
    }
  })

  it('has no number twice in 9 keys and 900,000 numbers (chance of one by accident: 1e-4)', () => {
    const seen = new Set<number>(uniforms(n))
    for (const [, change] of other) for (const u of uniforms(n, 1, change)) seen.add(u)
    expect(seen.size).toBe((other.length + 1) * n)
  })

  it('tells the fields of the key apart: the same three integers in another order give other numbers', () => {
    const orders = [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]] as const
    const first = orders.map(([step, firstSample, draw]) => uniforms(1, 1, { step, firstSample, draw })[0])
    expect(new Set(first).size).toBe(orders.length)
  })
})

describe('bad input', () => {
  it.each([
    [new Float64Array(4), 0, 'sampleSize must be an integer from 1 to 2^32 - 1; got 0.'],
    [new Float64Array(4), 1.5, 'sampleSize must be an integer from 1 to 2^32 - 1; got 1.5.'],
    [new Float64Array(4), NaN, 'sampleSize must be an integer from 1 to 2^32 - 1; got NaN.'],
    [new Float64Array(4), 3, 'out.length must be a multiple of sampleSize (3); got 4.'],
    [[0, 0] as unknown as Float64Array, 1, 'out must be a Float32Array or a Float64Array; got [0, 0].'],
  ])('is refused: %o in samples of %d', (out, size, message) => {
    for (const fill of [fillNormal, fillUniform]) {
      expect(() => fill(out, size, key)).toThrow(expect.objectContaining({ name: 'InvalidArgumentError', message }))
    }
  })

  it('leaves the array as it was', () => {
    const out = new Float64Array(4)
    expect(() => fillNormal(out, 1, { ...key, seed: 1.5 })).toThrow('key.seed')
    expect(out).toEqual(new Float64Array(4))
  })
})

const square = (x: number): number => x * x

function correlation(a: Float64Array, b: Float64Array): number {
  const n = a.length
  let [sumA, sumB, sumAA, sumBB, sumAB] = [0, 0, 0, 0, 0]
  for (let i = 0; i < n; i++) {
    const [x, y] = [a[i], b[i]]
    sumA += x
    sumB += y
    sumAA += x * x
    sumBB += y * y
    sumAB += x * y
  }
  return (n * sumAB - sumA * sumB) / Math.sqrt((n * sumAA - sumA ** 2) * (n * sumBB - sumB ** 2))
}

/** Φ(z) = ½ + φ(z) (z + z³/3 + z⁵/(3·5) + …), for |z| < 6; owes nothing to the quantile under test. */
function normalCdf(z: number): number {
  let [term, sum] = [z, z]
  for (let k = 1; Math.abs(term) > 1e-17 * Math.abs(sum); k++) {
    term *= (z * z) / (2 * k + 1)
    sum += term
  }
  return 0.5 + (sum * Math.exp(-0.5 * z * z)) / Math.sqrt(2 * Math.PI)
}
