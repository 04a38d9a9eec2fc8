import { InvalidArgumentError } from '@sbgm/sde-core'
import { describe, expect, it } from 'vitest'
import { emaDecay } from './ema'

describe('the decay of the average', () => {
  it('warms up as (1 + n)/(10 + n) until it reaches its final value, at n = (10 d − 1)/(1 − d)', () => {
    const decay = emaDecay(0.9)
    expect([1, 2, 5, 35].map(decay)).toEqual([2 / 11, 3 / 12, 6 / 15, 36 / 45])
    expect(decay(79)).toBeLessThan(0.9)
    expect([81, 1000, 1e9].map(decay)).toEqual([0.9, 0.9, 0.9])
  })

  it('never exceeds its final value and never falls', () => {
    const decays = Array.from({ length: 20_000 }, (_, i) => emaDecay(0.999)(i + 1))
    expect(Math.max(...decays)).toBe(0.999)
    expect(decays.every((value, i) => i === 0 || value >= decays[i - 1])).toBe(true)
  })

  it('of 0 is 0: the average is the weights themselves', () => {
    expect([1, 10, 100].map(emaDecay(0))).toEqual([0, 0, 0])
  })

  it.each([1, 1.5, -0.1, NaN])('refuses %d', (decay) => {
    expect(() => emaDecay(decay)).toThrow(InvalidArgumentError)
    expect(() => emaDecay(decay)).toThrow(`decay must be at least 0 and below 1; got ${decay}.`)
  })
})
