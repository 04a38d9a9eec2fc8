import { expect, it } from 'vitest'
import { atLeast, atMost, limitText, within } from './bar'

it('atMost passes up to its limit and not past it', () => {
  expect(atMost('e', 0.05, 0.05)).toEqual({ name: 'e', value: 0.05, limit: 0.05, pass: true })
  expect(atMost('e', 0.0501, 0.05).pass).toBe(false)
})

it('atLeast passes down to its limit and not below it', () => {
  expect(atLeast('share', 0.8, 0.8)).toEqual({ name: 'share', value: 0.8, limit: { min: 0.8 }, pass: true })
  expect(atLeast('share', 0.7999, 0.8).pass).toBe(false)
})

it('within passes at both ends and not past them', () => {
  expect(within('m', 0.3, 0.2, 0.1)).toEqual({ name: 'm', value: 0.3, limit: { min: 0.1, max: 0.3 }, pass: true })
  expect(within('m', 2.949, 3, 0.05).pass).toBe(false)
  expect(within('m', -3.05, -3, 0.05).pass).toBe(true)
  expect(within('m', -3.051, -3, 0.05).pass).toBe(false)
})

it('NaN passes no bar, whether it is the value or the limit', () => {
  expect(atMost('e', NaN, 1).pass).toBe(false)
  expect(atMost('e', 0, NaN).pass).toBe(false)
  expect(atLeast('e', NaN, 1).pass).toBe(false)
  expect(atLeast('e', 0, NaN).pass).toBe(false)
  expect(within('m', NaN, 0, 1).pass).toBe(false)
  expect(within('m', 0, 0, NaN).pass).toBe(false)
})

it('a limit reads as people write it', () => {
  expect(limitText(0.0067600001)).toBe('≤ 0.00676')
  expect(limitText(atLeast('share', 1, 0.95 * 0.9734).limit)).toBe('≥ 0.9247')
  expect(limitText(within('m', 0, -3, 0.05).limit)).toBe('-3.05 … -2.95')
  expect([atMost('e', 0, NaN), atLeast('e', 0, NaN)].map(({ limit }) => limitText(limit))).toEqual(['none to be had', 'none to be had'])
})
