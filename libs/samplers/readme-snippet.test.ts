import * as library from '@sbgm/samplers'
import { expect, it } from 'vitest'
import { missingInTables, readmeExample, runExample, typeErrorsOf } from '../../tools/readme-snippet'
import { deterministicSamplers, stochasticSamplers } from './certified-samplers'

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

it.each([...deterministicSamplers, ...stochasticSamplers].filter(({ call }) => example.readme.includes(`| \`${call}\``)))(
  'the row of $call says its order, its evaluations per step and whether it is stochastic',
  ({ call, sampler: { order, evaluationsPerStep, stochastic } }) => {
    const row = example.readme.split('\n').find((line) => line.startsWith(`| \`${call}\``)) ?? expect.fail(`no row of ${call}`)
    const [, , , stated, evaluations, noisy] = row.split('|').map((cell) => cell.trim())
    expect([parseInt(stated), parseInt(evaluations), noisy]).toEqual([order, evaluationsPerStep, stochastic ? 'yes' : 'no'])
  },
)
