import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

/** A workspace with nothing in it but the start script, a build and a program that a test writes. */
let root = ''

const put = (path: string, content: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), content)
}
const build = (code: string) => put('node_modules/nx/dist/bin/nx.js', code)
const program = (code: string) => put('apps/assignment-runner/dist/cli.js', code)

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sbgm-start-'))
  cpSync(fileURLToPath(new URL('./start.mjs', import.meta.url)), join(root, 'tools/start.mjs'))
  put('package.json', '{ "type": "module", "scripts": { "start": "node tools/start.mjs" } }')
  put('node_modules/nx/package.json', '{ "type": "commonjs" }')
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

interface Started {
  readonly command?: readonly string[]
  /** When this text has come on stdout or stderr, every process that was started gets a signal, as from a terminal. */
  readonly interruptAt?: string
}

async function start(args: readonly string[], { command = ['node', 'tools/start.mjs'], interruptAt }: Started = {}) {
  const [file = '', ...first] = command
  const child = spawn(file, [...first, ...args], { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr, signalled] = ['', '', false]
  const look = () => {
    if (signalled || interruptAt === undefined || child.pid === undefined) return
    if (!`${stdout}${stderr}`.includes(interruptAt)) return
    signalled = true
    process.kill(-child.pid, 'SIGINT')
  }
  child.stdout.on('data', (text) => ((stdout += String(text)), look()))
  child.stderr.on('data', (text) => ((stderr += String(text)), look()))
  const end = await new Promise((resolve) => child.on('close', (code, signal) => resolve(signal ?? code)))
  return { end, stdout, stderr }
}

/** A program that counts SIGINTs for a quarter of a second from the first on, says how many came and ends with 130. */
const countsSignals = `
  let count = 0
  process.on('SIGINT', () => {
    if (++count === 1) setTimeout(() => { console.log('signals: ' + count); process.exit(130) }, 250)
  })
  setTimeout(() => process.exit(9), 10_000)
  console.log('at work')
`

describe('npm start', () => {
  it('builds the program quietly, then runs it with the arguments and answers with its exit code', async () => {
    build('console.log("noise of the build", process.env.NX_DAEMON, process.argv.slice(2).join(" "))')
    program('console.log(JSON.stringify(process.argv.slice(2)), process.env.SBGM_COMMAND); process.exit(3)')
    const { end, stdout, stderr } = await start(['--out', 'a b', '--strict'])
    expect({ end, stdout, stderr }).toEqual({ end: 3, stdout: '["--out","a b","--strict"] npm start --\n', stderr: '' })
  })

  it('shows the output of a build that fails, does not run the program, and answers with 1', async () => {
    build('console.log("error in a.ts"); console.error("and in b.ts"); process.exit(2)')
    program('console.log("old program")')
    const { end, stdout, stderr } = await start([])
    expect({ end, stdout }).toEqual({ end: 1, stdout: '' })
    expect(stderr).toMatch(/error in a\.ts[^]*and in b\.ts[^]*error: the build failed/)
  })

  it('asks for npm ci where the workspace is not set up', async () => {
    const { end, stderr } = await start([])
    expect({ end, stderr }).toEqual({ end: 1, stderr: 'error: the workspace is not set up; run `npm ci` first.\n' })
  })

  it('ends with 130 when it is interrupted while it builds, without running the program', async () => {
    build('setTimeout(() => {}, 10_000)')
    program('console.log("ran")')
    const { end, stdout } = await start([], { interruptAt: 'building' })
    expect({ end, stdout }).toEqual({ end: 130, stdout: '' })
  })

  it("hands Ctrl-C to the program once, and answers with the program's exit code", async () => {
    build('')
    program(countsSignals)
    const { end, stdout } = await start([], { interruptAt: 'at work' })
    expect({ end, stdout }).toEqual({ end: 130, stdout: 'at work\nsignals: 1\n' })
  })

  it('through npm, which passes Ctrl-C on, the program hears it at most twice in a quarter of a second', async () => {
    build('')
    program(countsSignals)
    const command = ['npm', 'start', '--silent', '--']
    const { end, stdout } = await start([], { command, interruptAt: 'at work' })
    expect(end).toBe('SIGINT') // npm ends itself by the signal, which a shell shows as 130
    expect(stdout).toMatch(/signals: [12]\n/)
  })
})
