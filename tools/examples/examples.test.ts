import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const folder = fileURLToPath(new URL('../../examples/', import.meta.url))
const programs = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name)
const run = promisify(execFile)

const pages = programs.filter((name) => existsSync(`${folder}${name}/index.html`)) // tools/browser opens them

describe('the examples', () => {
  it('are five and a page, each in the table of their README', () => {
    const table = readFileSync(`${folder}README.md`, 'utf8')
    expect(programs.length).toBeGreaterThanOrEqual(6)
    expect(pages).toEqual(['browser'])
    for (const name of programs) expect(table).toContain(`| [\`${name}\`](${name}) |`)
  })

  // run by Node from the builds, as their readers do: `npm test` builds first
  it.each(programs.filter((name) => !pages.includes(name)))('%s prints what its README says, in under 100 lines', async (name) => {
    const program = `${folder}${name}/main.mjs`
    const readme = readFileSync(`${folder}${name}/README.md`, 'utf8')
    expect(readFileSync(program, 'utf8').split('\n').length).toBeLessThan(100)
    expect(existsSync(`${folder}../libs/samplers/dist/index.js`), 'the libraries are built: npm run build').toBe(true)
    const { stdout } = await run(process.execPath, [program])
    expect(stdout).toBe(/```text\n([\s\S]*?)```/.exec(readme)?.[1])
  })
})
