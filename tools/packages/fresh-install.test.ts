import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { complaintsOfCompiler } from './complaints-of-compiler'

const libraries = inject('libraries')
const entries = libraries.flatMap((library) => library.entries.map((entry) => entry.name))
let project: string

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'fresh-'))
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'fresh', private: true }))
  const peers = Object.entries(Object.assign({}, ...libraries.map(({ peers }) => peers))).map(([name, range]) => `${name}@${range}`)
  const options = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  execFileSync('npm', ['install', ...options, ...libraries.map(({ tarball }) => tarball), ...peers], { cwd: project, stdio: 'pipe' })
})
afterAll(() => rmSync(project, { recursive: true }))

function names(type: 'module' | 'commonjs', code: string): string[] {
  return JSON.parse(execFileSync(process.execPath, [`--input-type=${type}`, '--eval', code], { cwd: project, encoding: 'utf8' }))
}
const imported = (entry: string) => names('module', `console.log(JSON.stringify(Object.keys(await import('${entry}')).sort()))`)
const required = (entry: string) => names('commonjs', `console.log(JSON.stringify(Object.keys(require('${entry}')).sort()))`)

describe.each(entries)('%s, installed from its tarball into a fresh project', (entry) => {
  it('gives the same names to import and to require', () => {
    expect(imported(entry)).not.toEqual([])
    expect(required(entry)).toEqual(imported(entry))
  })

  it('declares exactly the values that it has, for import, for require and for bundlers', () => {
    const values = imported(entry).map((name) => `${JSON.stringify(name)}: true`).join(', ')
    const consumer = `import * as library from '${entry}'\nexport const values: Record<keyof typeof library, true> = { ${values} }\n`
    expect({
      import: complaintsOfCompiler(project, 'consumer.mts', consumer, 'nodenext'),
      require: complaintsOfCompiler(project, 'consumer.cts', consumer, 'nodenext'),
      bundler: complaintsOfCompiler(project, 'consumer.ts', consumer, 'bundler'),
    }).toEqual({ import: [], require: [], bundler: [] })
  })
})

it.each(['module', 'commonjs'] as const)('@sbgm/onnx finds its worker thread\'s script, and onnxruntime in there, from a %s', (type) => {
  const library = type === 'module' ? 'await import(\'@sbgm/onnx\')' : 'require(\'@sbgm/onnx\')'
  const code = `const { findOnnxRuntime } = ${library}; findOnnxRuntime().then((found) => console.log(JSON.stringify(Object.keys(found))))`
  expect(names(type, code)).toEqual(['version'])
})
