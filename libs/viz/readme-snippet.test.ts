import { decode } from 'fast-png'
import { expect, it } from 'vitest'
import { readmeExample, runExample, typeErrorsOf } from '../../tools/readme-snippet'

const example = readmeExample(new URL('./', import.meta.url))

it('the example of the README draws an SVG and a PNG of twice its size', async () => {
  const { exports } = await runExample(example)
  expect(exports['svg']).toContain('What 2,000 samples say')
  expect(decode(exports['png'] as Uint8Array).width).toBe(2400)
})

it('the example of the README has no type errors', () => {
  expect(typeErrorsOf(example)).toEqual([])
})
