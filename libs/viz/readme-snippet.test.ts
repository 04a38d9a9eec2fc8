import { decode } from 'fast-png'
import * as library from '@sbgm/viz'
import { expect, it } from 'vitest'
import { missingInTables, readmeExample, runExample, typeErrorsOf } from '../../tools/readme-snippet'

const example = readmeExample(new URL('./', import.meta.url))
const images = { ...example, code: [...example.readme.matchAll(/```ts\n([\s\S]*?)```/g)][1][1] }

it('the example of the README draws an SVG and a PNG of twice its size', async () => {
  const { exports } = await runExample(example)
  expect(exports['svg']).toContain('What 2,000 samples say')
  expect(decode(exports['png'] as Uint8Array).width).toBe(2400)
})

it('the example of images draws SVG with a PNG of them inside, a GIF, and a PNG of their pixels', async () => {
  const { exports } = await runExample(images)
  expect(exports['grid']).toContain('>Four images<')
  expect(exports['strip']).toContain('data:image/png')
  expect(Buffer.from(exports['gif'] as Uint8Array).toString('latin1', 0, 6)).toBe('GIF89a')
  expect(decode(exports['pixels'] as Uint8Array).width).toBe(4 * (4 * 9 - 1))
})

it.each([['panels', example], ['images', images]])('the example of %s has no type errors', (_, one) => {
  expect(typeErrorsOf(one)).toEqual([])
})

it('the tables of the README name every value that the library exports', () => {
  expect(missingInTables(example, library)).toEqual([])
})
