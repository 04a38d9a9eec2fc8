import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'

const workspace = fileURLToPath(new URL('../..', import.meta.url))
let folder: string

beforeEach(() => {
  mkdirSync(join(workspace, '.reports'), { recursive: true })
  folder = mkdtempSync(join(workspace, '.reports', 'site-'))
  mkdirSync(join(folder, 'libs/sample/src'), { recursive: true })
  mkdirSync(join(folder, 'docs'))
  for (const file of ['typedoc.json', 'tsconfig.base.json']) cpSync(join(workspace, file), join(folder, file))
  writeFileSync(join(folder, 'README.md'), '# Sample\n')
  writeFileSync(join(folder, 'docs/README.md'), '# Guides\n')
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
