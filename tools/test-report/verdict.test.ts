import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'

const script = fileURLToPath(new URL('verdict.mjs', import.meta.url))
let folder: string

beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'verdict-')) })
afterEach(() => rmSync(folder, { recursive: true }))

function verdict(allowed: string, ...summaries: object[]) {
  writeFileSync(join(folder, 'allowed'), allowed)
  const files = summaries.map((summary, i) => {
    writeFileSync(join(folder, `${i}.json`), JSON.stringify(summary))
    return join(folder, `${i}.json`)
  })
  return judge(...files)
}

function judge(...files: string[]) {
  const { status, stdout } = spawnSync(process.execPath, [script, '--allowed', join(folder, 'allowed'), ...files], { encoding: 'utf8' })
  return { status, last: stdout.trimEnd().split('\n').at(-1), stdout }
}

it('adds the runs up on the last line and is content when all is well', () => {
  const { status, last } = verdict('', { passed: 2, failed: 0, skipped: [] }, { passed: 3, failed: 0, skipped: [] })
  expect({ status, last }).toEqual({ status: 0, last: '5 passed, 0 failed, 0 skipped' })
})

it('refuses a failed test', () => {
  const { status, last } = verdict('', { passed: 2, failed: 1, skipped: [] })
  expect({ status, last }).toEqual({ status: 1, last: '2 passed, 1 failed, 0 skipped' })
})

it('accepts a skipped test that the list names and prints its reason', () => {
  const { status, last, stdout } = verdict('# comment\nviz › draws\n', { passed: 0, failed: 0, skipped: [{ name: 'viz › draws', reason: 'no adapter' }] })
  expect({ status, last }).toEqual({ status: 0, last: '0 passed, 0 failed, 1 skipped' })
  expect(stdout).toContain('skipped: viz › draws: no adapter')
})

it.each([
  ['that the list does not name', 'viz › paints\n', 'no adapter'],
  ['that gives no reason', 'viz › draws\n', null],
])('refuses a skipped test %s', (_, allowed, reason) => {
  expect(verdict(allowed, { passed: 0, failed: 0, skipped: [{ name: 'viz › draws', reason }] }).status).toBe(1)
})

it('counts a run that left no summary as a failure', () => {
  writeFileSync(join(folder, 'allowed'), '')
  const { status, last } = judge(join(folder, 'missing.json'))
  expect({ status, last }).toEqual({ status: 1, last: '0 passed, 1 failed, 0 skipped' })
})
