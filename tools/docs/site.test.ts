import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inflateSync } from 'node:zlib'
import { afterEach, beforeEach, expect, it } from 'vitest'

const workspace = fileURLToPath(new URL('../..', import.meta.url))
const settings = JSON.parse(readFileSync(join(workspace, 'typedoc.json'), 'utf8'))
let folder: string

beforeEach(() => {
  mkdirSync(join(workspace, '.reports'), { recursive: true })
  folder = mkdtempSync(join(workspace, '.reports', 'site-'))
  mkdirSync(join(folder, 'libs/sample/src'), { recursive: true })
  mkdirSync(join(folder, 'docs/decisions'), { recursive: true })
  for (const file of ['typedoc.json', ...settings.plugin, 'tsconfig.base.json']) cpSync(join(workspace, file), join(folder, file))
  writeFileSync(join(folder, 'README.md'), '# Sample\n')
  writeFileSync(join(folder, 'docs/README.md'), '# Guides\n\n[second](second.md) [a guide](a-guide.md) [five](decisions/five.md)\n')
  writeFileSync(join(folder, 'docs/second.md'), '# Second by name, first by link\n')
  writeFileSync(join(folder, 'docs/a-guide.md'), '# How to count to six\n\nQuickly.\n')
  writeFileSync(join(folder, 'docs/decisions/five.md'), '# Five is not enough\n')
  writeFileSync(join(folder, 'libs/sample/package.json'), '{ "name": "@sbgm/sample", "version": "0.0.0" }')
  writeFileSync(join(folder, 'libs/sample/tsconfig.json'), '{ "extends": "../../tsconfig.base.json", "include": ["src"] }')
})
afterEach(() => rmSync(folder, { recursive: true }))

function build(source: string) {
  writeFileSync(join(folder, 'libs/sample/src/index.ts'), source)
  const typedoc = join(workspace, 'node_modules/typedoc/bin/typedoc')
  const { status, stdout, stderr } = spawnSync(process.execPath, [typedoc], { cwd: folder, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } })
  return { failed: status !== 0, output: stdout + stderr }
}

it('builds from exports that are documented', () => {
  expect(build('/** Six. */\nexport const six = 6\n/** See {@link six}. */\nexport function half(): number { return six / 2 }\n').failed).toBe(false)
})

it('finds exports and guides in its search, the guides under their headings at the addresses of their files, in the order of the links to them', () => {
  expect(build('/** Six. */\nexport const six = 6\n').failed).toBe(false)
  const [, data] = /"([^"]+)"/.exec(readFileSync(join(folder, 'docs/api/assets/search.js'), 'utf8')) ?? []
  const { rows } = JSON.parse(inflateSync(Buffer.from(data, 'base64')).toString()) as { rows: readonly { name: string, url: string }[] }
  expect(rows).toContainEqual(expect.objectContaining({ name: 'six', url: 'variables/six.html' }))
  expect(rows.filter(({ url }) => url.startsWith('documents/')).map(({ name, url }) => [name, url])).toEqual([
    ['Guides', 'documents/README.html'],
    ['Second by name, first by link', 'documents/second.html'],
    ['How to count to six', 'documents/a-guide.html'],
    ['Five is not enough', 'documents/decisions_five.html'],
  ])
  expect(readFileSync(join(folder, 'docs/api/documents/README.html'), 'utf8')).toContain('href="a-guide.html"')
})

it('holds every document of the workspace in its contents: docs/README.md links to each', () => {
  const documents = readdirSync(join(workspace, 'docs'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.md') && !file.startsWith('api'))
  const contents = readFileSync(join(workspace, 'docs/README.md'), 'utf8')
  expect(documents.filter((file) => file !== 'README.md' && !contents.includes(`(${file.replaceAll('\\', '/')})`))).toEqual([])
})

it.each([
  ['an undocumented export', 'export const six = 6\n', 'six'],
  ['an undocumented field of an exported interface', '/** Options. */\nexport interface Options { size: number }\n', 'Options.size'],
  ['a link to a name that does not exist', '/** See {@link seven}. */\nexport const six = 6\n', 'seven'],
  ['a link to a file that does not exist', '/** See [seven](./seven.md). */\nexport const six = 6\n', 'seven.md'],
  ['a type that is needed but not exported', 'interface Hidden { size: number }\n/** Six. */\nexport const six = (h: Hidden): number => h.size\n', 'Hidden'],
])('fails on %s and names it', (_, source, name) => {
  const { failed, output } = build(source)
  expect(failed).toBe(true)
  expect(output).toContain(name)
})
