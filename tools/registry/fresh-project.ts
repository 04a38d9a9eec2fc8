import { execFile, execSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { inject } from 'vitest'

const runFile = promisify(execFile)

/** A project of somebody who installs from the registry. */
export interface FreshProject {
  /** Its folder. */
  readonly folder: string
  /** Runs a program of it with Node and gives what it prints. */
  run(type: 'module' | 'commonjs', code: string): Promise<string>
  /** Deletes it. */
  remove(): void
}

/** Makes an empty project, of ES modules as bundlers expect them, and runs a command there that installs what it names. */
export function freshProject(command: string): FreshProject {
  const folder = mkdtempSync(join(tmpdir(), 'fresh-'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'fresh', private: true, type: 'module' }))
  const settings = { ...inject('registry'), 'prefer-offline': true, 'ignore-scripts': true, audit: false, fund: false, loglevel: 'error' }
  writeFileSync(join(folder, '.npmrc'), Object.entries(settings).map(([key, value]) => `${key}=${value}\n`).join(''))
  execSync(command, { cwd: folder, stdio: 'pipe' })
  return {
    folder,
    async run(type, code) {
      const file = join(folder, type === 'module' ? 'program.mjs' : 'program.cjs')
      writeFileSync(file, code)
      const { stdout } = await runFile(process.execPath, [file], { cwd: folder, maxBuffer: 2 ** 26 })
      return stdout
    },
    remove: () => rmSync(folder, { recursive: true }),
  }
}
