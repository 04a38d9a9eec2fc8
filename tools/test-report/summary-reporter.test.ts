import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'

const workspace = fileURLToPath(new URL('../..', import.meta.url))
const reporter = fileURLToPath(new URL('summary-reporter.ts', import.meta.url))
let folder: string

beforeEach(() => {
  mkdirSync(join(workspace, '.reports'), { recursive: true })
  folder = mkdtempSync(join(workspace, '.reports', 'fixture-')) // inside the workspace, where `vitest` resolves
  writeFileSync(join(folder, 'vitest.config.ts'), `
    import { SummaryReporter } from ${JSON.stringify(reporter)}
    export default { test: { name: 'fixture', reporters: [new SummaryReporter(${JSON.stringify(join(folder, 'summary.json'))})] } }
  `)
})
afterEach(() => rmSync(folder, { recursive: true }))

function run(tests: Record<string, string>, ...options: string[]) {
  for (const [file, text] of Object.entries(tests)) writeFileSync(join(folder, file), `import { describe, expect, it } from 'vitest'\n${text}`)
  const { stdout } = spawnSync(process.execPath, [join(workspace, 'node_modules/vitest/vitest.mjs'), 'run', ...options], { cwd: folder, encoding: 'utf8' })
  return { stdout, summary: JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')) }
}

const skipping = {
  'a.test.ts': `
    it('passes', () => {})
    describe('on a GPU', () => { it('draws', (context) => context.skip('no adapter')) })
    it.skip('waits', () => {})`,
}

it('counts the tests and names every skipped one with its project, its describe blocks and its reason', () => {
  const { stdout, summary } = run(skipping)
  expect(summary).toEqual({
    passed: 1,
    failed: 0,
    skipped: [{ name: 'fixture › on a GPU › draws', reason: 'no adapter' }, { name: 'fixture › waits', reason: null }],
  })
  expect(stdout).toContain('fixture › on a GPU › draws: no adapter')
  expect(stdout).toContain('fixture › waits: no reason given')
})

it('does not list tests that a name filter left out', () => {
  expect(run(skipping, '-t', 'passes').stdout).not.toContain('no reason given')
})

it('counts failed tests, files that cannot be collected and errors outside tests as failures', () => {
  const { summary } = run({
    'fails.test.ts': `it('fails', () => expect(1).toBe(2))`,
    'broken.test.ts': `throw new Error('no test was collected')`,
    'late.test.ts': `it('leaves a rejection behind', () => { void Promise.reject(new Error('late')) })`,
  })
  expect(summary).toEqual({ passed: 1, failed: 3, skipped: [] })
})
