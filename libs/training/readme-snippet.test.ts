import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as sdeCore from '@sbgm/sde-core'
import * as training from '@sbgm/training'
import * as tfjsCore from '@tensorflow/tfjs-core'
import * as cpuBackend from '@tensorflow/tfjs-backend-cpu'
import * as tfjsLayers from '@tensorflow/tfjs-layers'
import ts from 'typescript'
import { expect, it } from 'vitest'

const root = fileURLToPath(new URL('.', import.meta.url))
const readme = readFileSync(`${root}README.md`, 'utf8')
const block = (language: string) => new RegExp('```' + language + '\\n([\\s\\S]*?)```').exec(readme)?.[1] ?? ''

const packages: Readonly<Record<string, unknown>> = {
  '@sbgm/sde-core': sdeCore,
  '@sbgm/training': training,
  '@tensorflow/tfjs-core': tfjsCore,
  '@tensorflow/tfjs-backend-cpu': cpuBackend,
  '@tensorflow/tfjs-layers': tfjsLayers,
}

it('the example of the README runs against the library and prints what stands below it', async () => {
  const { outputText } = ts.transpileModule(block('ts'), { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } })
  const printed: string[] = []
  const AsyncFunction = (async () => {}).constructor as FunctionConstructor // for the await at its top level
  const example: unknown = new AsyncFunction('require', 'exports', 'console', outputText)(
    (name: string) => packages[name] ?? expect.fail(`the example imports ${name}`),
    {},
    { log: (...line: unknown[]) => printed.push(line.join(' ')) },
  )
  await example
  expect(`${printed.join('\n')}\n`).toBe(block('text'))
})

it('the example of the README has no type errors', () => {
  const file = `${root}readme-example.ts` // exists only for the compiler
  const { options } = ts.parseJsonConfigFileContent(ts.readConfigFile(`${root}tsconfig.json`, (path) => ts.sys.readFile(path)).config, ts.sys, root)
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile, getSourceFile } = host
  host.fileExists = (path) => path === file || fileExists(path)
  host.readFile = (path) => (path === file ? block('ts') : readFile(path))
  host.getSourceFile = (path, ...rest) =>
    path === file ? ts.createSourceFile(path, block('ts'), ts.ScriptTarget.ES2022) : getSourceFile(path, ...rest)
  const problems = ts.getPreEmitDiagnostics(ts.createProgram([file], { ...options, noEmit: true }, host))
  expect(problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([])
})

it('the table of the README names every value that the library exports', () => {
  const rows = [...readme.matchAll(/^\|.*$/gm)].map(([row]) => row).join('\n')
  const named = new Set([...rows.matchAll(/`(\w+)/g)].map(([, name]) => name))
  expect(Object.keys(training).filter((name) => !named.has(name))).toEqual([])
})
