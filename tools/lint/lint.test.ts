import { fileURLToPath } from 'node:url'
import { ESLint } from 'eslint'
import tseslint from 'typescript-eslint'
import { expect, it } from 'vitest'

// The text need not exist as a file, so the rules that ask the compiler are off here; where it would stand decides the rest.
const eslint = new ESLint({
  cwd: fileURLToPath(new URL('../..', import.meta.url)),
  overrideConfig: [{ files: ['**/*.ts'], ...tseslint.configs.disableTypeChecked, name: 'no compiler' }] as never,
})

/** The rules that the text breaks, each once. */
async function complaints(path: string, text: string): Promise<string[]> {
  const [result] = await eslint.lintText(text, { filePath: path })
  return [...new Set((result?.messages ?? []).map(({ ruleId, message }) => ruleId ?? message))]
}

const doc = (declaration: string) => `/** Documented. */\n${declaration}\n`
const importing = (statement: string) => `${statement}\n${doc('export const used = [thing]')}`

it.each([
  ['libs/sde-core/src/sde.ts', `import { thing } from '@sbgm/samplers'`, 'the core knows no other library'],
  ['libs/samplers/src/heun.ts', `import { thing } from '@sbgm/training'`, 'model libraries do not know each other'],
  ['libs/samplers/src/heun.ts', `import { thing } from '@sbgm/viz'`, 'model libraries know the core only'],
  ['libs/viz/src/curve.ts', `import { thing } from '@sbgm/sde-core'`, 'standalone libraries know no other'],
  ['libs/viz/src/curve.ts', `import { thing } from '@sbgm/viz'`, 'no library imports itself by name'],
])('%s may not contain %s: %s', async (path, statement) => {
  expect(await complaints(path, importing(statement))).toEqual(['@nx/enforce-module-boundaries'])
})

it.each([
  ['libs/samplers/src/heun.ts', `import { thing } from '@sbgm/sde-core'`],
  ['apps/assignment-runner/src/part-one.ts', `import { thing } from '@sbgm/samplers'`],
  ['apps/assignment-runner/src/engine.ts', `import { setBackend as thing } from '@tensorflow/tfjs-core'`],
  ['libs/backends/src/activate.ts', `import { setBackend as thing } from '@tensorflow/tfjs-core'`],
  ['libs/samplers/src/heun.ts', `import { add as thing } from '@tensorflow/tfjs-core'`],
  ['libs/samplers/src/heun.test.ts', `import thing from '@tensorflow/tfjs-backend-cpu'`],
])('%s may contain %s', async (path, statement) => {
  expect(await complaints(path, importing(statement))).toEqual([])
})

it.each([
  [`import thing from '@tensorflow/tfjs-backend-cpu'`, 'a backend'],
  [`import { thing } from '@tensorflow/tfjs-layers'`, 'the layers'],
  [`import { setBackend as thing } from '@tensorflow/tfjs-core'`, 'the choice of a backend'],
  [`import { registerKernel as thing } from '@tensorflow/tfjs-core'`, 'a global registry'],
  [`import { randomNormal as thing } from '@tensorflow/tfjs-core'`, 'noise that is not keyed'],
  [`import * as thing from '@tensorflow/tfjs-core'`, 'the whole core'],
  [`import { thing } from './index'`, 'its own index'],
  [`import { thing } from '..'`, 'a folder\'s index'],
])('a library may not contain %s (%s)', async (statement) => {
  expect(await complaints('libs/unet/src/any-network.ts', importing(statement))).toEqual(['@typescript-eslint/no-restricted-imports'])
})

it('no file may import one that imports it', async () => {
  const text = `import { SummaryReporter } from './summary-reporter.ts'\nexport const testName = SummaryReporter.name\n`
  expect(await complaints('tools/test-report/test-name.ts', text)).toEqual(['import-x/no-cycle'])
})

it('a library may take types from any TensorFlow.js package', async () => {
  const text = `import type { Thing } from '@tensorflow/tfjs-layers'\n${doc('export type Used = Thing')}`
  expect(await complaints('libs/unet/src/any-network.ts', text)).toEqual([])
})

it.each([
  ['synchronous reading', 'no-restricted-syntax', doc('export const values = (x: { dataSync(): number[] }) => x.dataSync()')],
  ['any', '@typescript-eslint/no-explicit-any', doc('export const identity = (x: any) => x')],
  ['a default export', 'import-x/no-default-export', doc('export default 1')],
  ['an undocumented function', 'jsdoc/require-jsdoc', 'export function scale() {}\n'],
  ['an undocumented interface', 'jsdoc/require-jsdoc', 'export interface Scale {}\n'],
  ['an undocumented constant', 'jsdoc/require-jsdoc', 'export const scale = 1\n'],
  ['more than 300 lines', 'max-lines', `${doc('export const scale = 1')}${'//\n'.repeat(300)}`],
])('a library may not contain %s (%s)', async (_, rule, text) => {
  expect(await complaints('libs/unet/src/any-network.ts', text)).toContain(rule)
})

it.each(['libs/unet/src/utils.ts', 'libs/unet/src/common/norm.ts', 'libs/unet/src/misc.test.ts', 'libs/unet/src/groupNorm.ts'])(
  'no file is called %s',
  async (path) => {
    expect(await complaints(path, doc('export const used = 1'))).toEqual(['sbgm/file-name'])
  },
)

it.each(['libs/unet/src/group-norm.ts', 'libs/unet/src/group-norm.slow.test.ts', 'libs/unet/readme-snippet.test.ts', 'eslint.config.js'])(
  'a file may be called %s',
  async (path) => {
    expect(await complaints(path, doc('export const used = 1'))).toEqual([])
  },
)
