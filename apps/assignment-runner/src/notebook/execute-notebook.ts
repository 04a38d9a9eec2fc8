import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { RunError } from '../errors'
import { hasAllOutputs, type NotebookDocument } from './notebook-document'

/** What {@link executeNotebook} needs. */
export interface ExecutionOptions {
  /** The folder that the notebook lies and its cells run in. */
  readonly folder: string
  /** The notebook's file in it. */
  readonly name: string
  /** Jupyter's command. */
  readonly jupyter: string
  /** Deno's program. */
  readonly deno: string
  /** The environment of both. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Ends the execution. */
  readonly signal: AbortSignal
}

/** Deno's kernel drops what it is to send while something large is on its way, and the pauses of the cells may be too short: each further run makes them this many times as long. */
const pauses = [1, 2, 4, 8, 16]

/**
 * Runs a notebook by `jupyter nbconvert --execute` with Deno's kernel, which is described to Jupyter for this once: nothing is
 * installed for the user, and caches go with it.
 *
 * @returns the notebook with its outputs; the file is not changed
 * @throws {RunError} with the last line of what failed, or where outputs are lost again and again; the signal's reason.
 */
export async function executeNotebook(options: ExecutionOptions): Promise<NotebookDocument> {
  for (const times of pauses) {
    const executed = await executeOnce({ ...options, env: { ...options.env, SBGM_NOTEBOOK_PAUSES: String(times) } })
    if (hasAllOutputs(executed)) return executed
  }
  throw new RunError(`every output of the notebook must reach Jupyter; some were lost in each of ${pauses.length} runs. Run it again when the machine is less busy.`)
}

async function executeOnce({ folder, name, jupyter, deno, env, signal }: ExecutionOptions): Promise<NotebookDocument> {
  const work = fs.mkdtempSync(join(os.tmpdir(), 'sbgm-jupyter-'))
  try {
    const kernel = join(work, 'kernels', 'deno')
    fs.mkdirSync(kernel, { recursive: true })
    fs.writeFileSync(join(kernel, 'kernel.json'), JSON.stringify({ argv: [deno, 'jupyter', '--kernel', '--conn', '{connection_file}'], display_name: 'Deno', language: 'typescript' }))
    const args = ['nbconvert', '--to', 'notebook', '--execute', '--ExecutePreprocessor.timeout=-1', '--ExecutePreprocessor.startup_timeout=300', '--output-dir', work, '--output', 'executed.ipynb', resolve(folder, name)]
    const path = [work, ...(env['JUPYTER_PATH'] === undefined ? [] : [env['JUPYTER_PATH']])].join(delimiter)
    const said = await run(jupyter, args, { cwd: folder, env: { ...env, JUPYTER_PATH: path, JUPYTER_RUNTIME_DIR: join(work, 'runtime'), DENO_DIR: join(work, 'deno'), DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' } }, signal)
    signal.throwIfAborted()
    if (said.code !== 0) throw new RunError(`the notebook must run to its end; it stopped with: ${lastLine(said.text)}`)
    return JSON.parse(fs.readFileSync(join(work, 'executed.ipynb'), 'utf8')) as NotebookDocument
  } finally {
    fs.rmSync(work, { recursive: true, force: true })
  }
}

/** Runs a command; an abort interrupts it as Ctrl-C would, so that it ends its kernel. */
function run(command: string, args: readonly string[], options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv }, signal: AbortSignal): Promise<{ readonly code: number; readonly text: string }> {
  return new Promise((done) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] })
    let text = ''
    child.stderr.on('data', (chunk) => (text = `${text}${String(chunk)}`.slice(-20_000)))
    const stop = () => child.kill('SIGINT')
    signal.addEventListener('abort', stop)
    const end = (code: number) => {
      signal.removeEventListener('abort', stop)
      done({ code, text })
    }
    child.on('error', (error) => {
      text += error.message
      end(1)
    })
    child.on('close', (code) => end(code ?? 1))
  })
}

const lastLine = (text: string): string =>
  text.replace(/\u001b\[[0-9;]*m/g, '').split('\n').map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('at ')).pop() ?? 'no reason given'
