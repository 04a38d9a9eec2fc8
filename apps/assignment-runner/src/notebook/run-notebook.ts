import fs from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { atomicWrite } from '../atomic-write'
import { RunError } from '../errors'
import { exitCode } from '../exit-code'
import type { Host } from '../host'
import { watchInterruption } from '../interruption'
import { durationText } from '../pace'
import { checkDataDir } from '../prepare-out'
import type { Versions } from '../versions'
import { executeNotebook } from './execute-notebook'
import { notebookText, withOutputs } from './notebook-document'
import type { NotebookOptions } from './notebook-options'
import { notebookName, writeNotebook, type WrittenNotebook } from './write-notebook'

/**
 * `sbgm-assignment notebook`: writes the notebook and runs it where Jupyter and Deno are installed; elsewhere it says how to get them. One that
 * was run with what lies in OUT stays as it is.
 *
 * @returns the notebook, and the exit code
 * @throws {RunError} where no run has left anything in OUT, a file cannot be written, or a cell fails; the reason of an interruption.
 */
export async function runNotebook({ out, dataDir }: NotebookOptions, versions: Versions, host: Host): Promise<{ readonly notebook: WrittenNotebook; readonly code: number }> {
  if (dataDir !== undefined) checkDataDir(dataDir)
  const say = (line: string) => void host.stdout.write(`${line}\n`)
  const written = writeNotebook(out, versions)
  const ended = (notebook: WrittenNotebook) => ({ notebook, code: exitCode.ok })
  if (written.executed) {
    say(`Notebook: ${written.path}, run before with these outputs`)
    return ended(written)
  }
  const found = await host.findJupyter()
  if ('missing' in found) {
    say(`Notebook: ${written.path}, without outputs. ${found.missing}`)
    return ended(written)
  }
  const interruption = watchInterruption({ signals: host.signals, kept: 'the notebook stays without outputs', onInterrupt: () => {}, onForce: (by) => host.exit(exitCode[by]), graceMs: 5000 })
  const { signal } = interruption
  const stage = fs.mkdtempSync(join(os.tmpdir(), 'sbgm-notebook-'))
  try {
    const start = performance.now()
    say(`Notebook: running ${written.document.cells.filter(({ cell_type }) => cell_type === 'code').length} cells of code ...`)
    for (const name of written.files) copy(join(out, name), join(stage, name))
    fs.symlinkSync(installedPackages(), join(stage, 'node_modules'), 'junction')
    const data = dataDir === undefined ? {} : { SBGM_DATA_DIR: resolve(dataDir) }
    const executed = await executeNotebook({ folder: stage, name: notebookName, ...found, env: { ...host.env, ...data }, signal })
    const document = withOutputs(written.document, executed)
    atomicWrite(written.path, notebookText(document), notebookName)
    say(`Notebook: ${written.path}, run in ${durationText((performance.now() - start) / 1000)}`)
    return ended({ ...written, document, executed: true })
  } finally {
    interruption.stop()
    fs.rmSync(stage, { recursive: true, force: true })
  }
}

/** The `node_modules` that this program finds the libraries in: OUT may lie anywhere. */
function installedPackages(): string {
  const name = '@sbgm/sde-core'
  const folder = (createRequire(import.meta.url).resolve.paths(name) ?? []).find((path) => fs.existsSync(join(path, name)))
  if (folder === undefined) throw new RunError(`the notebook needs ${name}, which is not installed. Run npm ci.`)
  return folder
}

function copy(from: string, to: string): void {
  fs.mkdirSync(dirname(to), { recursive: true })
  fs.copyFileSync(from, to)
}
