import * as library from '@sbgm/guidance'
import { expect, it } from 'vitest'
import { missingInTables, readmeExample, runExample, typeErrorsOf } from '../../tools/readme-snippet'

const example = readmeExample(new URL('./', import.meta.url))

it('the example of the README prints what stands below it', async () => {
  expect((await runExample(example)).printed).toBe(example.prints)
})

it('the example of the README has no type errors', () => {
  expect(typeErrorsOf(example)).toEqual([])
})

it('the tables of the README name every value that the library exports', () => {
  expect(missingInTables(example, library)).toEqual([])
})

