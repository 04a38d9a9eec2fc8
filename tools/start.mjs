// `npm start -- [options]`: builds the assignment program where sources changed (Nx remembers the rest), then runs it
// in this very process, so that signals, terminal and exit code are its own.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const nx = join(root, 'node_modules', 'nx', 'dist', 'bin', 'nx.js')
const program = join(root, 'apps', 'assignment-runner', 'dist', 'cli.js')
const known = existsSync(program)
const signals = ['SIGINT', 'SIGTERM']

if (!existsSync(nx)) {
  console.error('error: the workspace is not set up; run `npm ci` first.')
  process.exit(1)
}

const { code, output } = await build()
if (code !== 0) {
  if (code < 128) process.stderr.write(`${output}\nerror: the build failed; its output stands above.\n`)
  process.exit(code < 128 ? 1 : code)
}
process.env.SBGM_COMMAND = 'npm start --' // as the program's hints call it
await import(pathToFileURL(program).href)

/** Builds the program and the libraries it needs; quiet, but for one line where it takes a while. */
async function build() {
  const notice = setTimeout(() => console.error(known ? 'building what has changed ...' : 'building, a minute or more the first time ...'), 1500)
  const targets = ['-t', 'build', '-p', '@sbgm/assignment-runner', '--outputStyle=static']
  const child = spawn(process.execPath, [nx, 'run-many', ...targets], {
    cwd: root,
    env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text))
  let stoppedBy
  const stop = (signal) => {
    stoppedBy ??= signal
    child.kill(signal)
  }
  for (const signal of signals) process.on(signal, stop)
  const code = await new Promise((resolve) => {
    child.on('error', (error) => {
      output += error.message
      resolve(1)
    })
    child.on('close', (status) => resolve(status ?? 1))
  })
  for (const signal of signals) process.off(signal, stop)
  clearTimeout(notice)
  return { code: stoppedBy === undefined ? Math.min(code, 127) : 128 + constants.signals[stoppedBy], output }
}
