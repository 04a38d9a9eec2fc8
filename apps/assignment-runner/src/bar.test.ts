import { expect, it } from 'vitest'
import { atMost, limitText, within } from './bar'

it('atMost passes up to its limit and not past it', () => {
  expect(atMost('e', 0.05, 0.05)).toEqual({ name: 'e', value: 0.05, limit: 0.05, pass: true })
  expect(atMost('e', 0.0501, 0.05).pass).toBe(false)
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
  expect(within('m', NaN, 0, 1).pass).toBe(false)
  expect(within('m', 0, 0, NaN).pass).toBe(false)
})

it('a limit reads as people write it', () => {
  expect(limitText(0.0067600001)).toBe('≤ 0.00676')
  expect(limitText(within('m', 0, -3, 0.05).limit)).toBe('-3.05 … -2.95')
})
