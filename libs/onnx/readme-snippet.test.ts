import '@tensorflow/tfjs-backend-cpu'
import * as library from '@sbgm/onnx'
import { getKernelsForBackend } from '@tensorflow/tfjs-core'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { missingInTables, readmeExample, runExample, typeErrorsOf } from '../../tools/readme-snippet'
import { kernels } from './src/kernels/table'

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

it('the limits of the README name every kernel of the cpu backend that cannot be traced, none that can, and how many can', () => {
  const limits = readFileSync(new URL('README.md', import.meta.url), 'utf8').split('## Limits')[1].split('##')[0]
  const known = new Set(kernels.map(({ name }) => name))
  const stems = [...limits.matchAll(/`([A-Z]\w+)…?`/g)].map(([, name]) => name).filter((name) => !/^V\d$/.test(name))
  const isNamed = (kernel: string) => stems.some((stem) => kernel.startsWith(stem.replace(/V3$/, '')))
  const unknown = getKernelsForBackend('cpu').map(({ kernelName }) => kernelName).filter((name) => !known.has(name))
  expect(unknown.filter((name) => !isNamed(name))).toEqual([])
  expect(stems.filter((stem) => known.has(stem) || !unknown.some((name) => name.startsWith(stem)))).toEqual([])
  expect(limits).toContain(`${known.size} kernels`)
})
