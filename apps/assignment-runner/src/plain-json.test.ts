import { expect, it } from 'vitest'
import { plainJson, plainNumber } from './plain-json'

it('writes typed arrays as lists and keeps NaN and infinities readable', () => {
  const text = plainJson({ curve: new Float64Array([0.5, NaN]), worst: Infinity, none: null })
  expect(JSON.parse(text)).toEqual({ curve: [0.5, 'NaN'], worst: 'Infinity', none: null })
  expect(text.endsWith('}\n')).toBe(true)
})

it('reads back every number that it writes', () => {
  for (const value of [0, -1.5, NaN, Infinity, -Infinity]) {
    expect(plainNumber(JSON.parse(plainJson(value)))).toBe(value)
  }
  expect(plainNumber('3')).toBeUndefined()
})
