import { describe, expect, it } from 'vitest'
import { philox4x32 } from './philox'

type Words = readonly [number, number, number, number]

const block = ([c0, c1, c2, c3]: Words, [k0, k1]: readonly [number, number]): number[] => {
  const out = new Uint32Array(4)
  philox4x32(c0, c1, c2, c3, k0, k1, out)
  return Array.from(out)
}

/** The ten rounds over exact integers of any size. */
const exactBlock = (counter: Words, key: readonly [number, number]): number[] => {
  let [x0, x1, x2, x3] = counter.map(BigInt) as [bigint, bigint, bigint, bigint]
  for (let round = 0n; round < 10n; round++) {
    const k0 = BigInt.asUintN(32, BigInt(key[0]) + round * 0x9e3779b9n)
    const k1 = BigInt.asUintN(32, BigInt(key[1]) + round * 0xbb67ae85n)
    const [p0, p1] = [x0 * 0xd2511f53n, x2 * 0xcd9e8d57n]
    x0 = (p1 >> 32n) ^ x1 ^ k0
    x1 = BigInt.asUintN(32, p1)
    x2 = (p0 >> 32n) ^ x3 ^ k1
    x3 = BigInt.asUintN(32, p0)
  }
  return [x0, x1, x2, x3].map(Number)
}

describe('philox4x32', () => {
  // The known answers that are published with Random123 (kat_vectors, philox4x32 with 10 rounds).
  it('gives the known answer for a counter and a key of zeros', () => {
    expect(block([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8])
  })

  it('gives the known answer for a counter and a key of ones', () => {
    const ones = 0xffffffff
    expect(block([ones, ones, ones, ones], [ones, ones])).toEqual([0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd])
  })

  it('gives the known answer for the digits of π', () => {
    const counter = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344] as const
    expect(block(counter, [0xa4093822, 0x299f31d0])).toEqual([0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1])
  })

  it('equals exact integer arithmetic on 2,000 counters, so no product loses its last bit', () => {
    let words = [1, 2, 3, 4]
    let key = [5, 6]
    for (let i = 0; i < 2000; i++) {
      const counter = words as unknown as Words
      const pair = [key[0], key[1]] as const
      const result = block(counter, pair)
      expect(result).toEqual(exactBlock(counter, pair))
      key = [result[0] ^ key[1], result[3]].map((word) => word >>> 0)
      words = result
    }
  })

  it('reads signed words modulo 2^32', () => {
    expect(block([-1, -1, -1, -1], [-1, -1])).toEqual(
      block([0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff]),
    )
  })
})
