import { expect, it } from 'vitest'
import { readmeExample, runExample, typeErrorsOf } from './readme-snippet'

const example = readmeExample(new URL('../', import.meta.url))

it('the example of the root README prints the shape that its comment names', async () => {
  expect((await runExample(example)).printed).toBe('[ 4, 28, 28, 1 ]\n')
  expect(example.code).toContain('// [ 4, 28, 28, 1 ]')
})

it('the example of the root README has no type errors', () => {
  expect(typeErrorsOf(example)).toEqual([])
})

it('the first block of the root README holds the two commands of the set-up, which package.json has', () => {
  const [, block] = /```sh\n([\s\S]*?)```/.exec(example.readme) ?? []
  expect(block.split('\n').map((line) => line.split('#')[0].trim()).filter(Boolean)).toEqual(['npm ci && npm start', 'npm ci && npm test'])
})
