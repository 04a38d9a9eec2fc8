import { expect, it } from 'vitest'
import { durationText, paceText, rateText } from './pace'

it.each([
  [0, '0.0 s'],
  [9.94, '9.9 s'],
  [9.96, '10 s'],
  [59.4, '59 s'],
  [59.6, '1 min 00 s'],
  [185, '3 min 05 s'],
  [3599.6, '1 h 00 min'],
  [7800, '2 h 10 min'],
])('%d seconds are %s', (seconds, text) => expect(durationText(seconds)).toBe(text))

it('the time left follows from the rate so far', () => {
  expect(paceText({ done: 100, total: 400, seconds: 5 })).toBe('20/s, about 15 s left')
  expect(paceText({ done: 0, total: 400, seconds: 5 })).toBe('')
})

it('a slow rate is given per minute', () => {
  expect(rateText(0.05)).toBe('3.0/min')
  expect(rateText(2.13)).toBe('2.1/s')
})
