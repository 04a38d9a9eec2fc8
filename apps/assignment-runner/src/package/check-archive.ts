import os from 'node:os'
import { resolve } from 'node:path'
import { strFromU8 } from 'fflate'
import { RunError } from '../errors'
import type { ArchiveFile } from './archive'

/** What every code archive holds, since nobody could run it without. */
const needed = ['package.json', 'package-lock.json', '.npmrc', 'nx.json', 'tsconfig.base.json', 'README.md', 'tools/start.mjs', 'apps/assignment-runner/package.json', 'apps/assignment-runner/src/cli.ts']
/** In bytes; sources are smaller. */
const largest = 5e6

/**
 * Holds the sources against the workspace's own lists: what `npm ci && npm start` needs is there, each package with its sources, and
 * nothing that is too large to be one.
 *
 * @throws {RunError} naming the first file that is missing or must not be there.
 */
export function checkCode(files: readonly ArchiveFile[]): void {
  const names = new Set(files.map(({ name }) => name))
  const lock = files.find(({ name }) => name === 'package-lock.json')
  const packages = lock === undefined ? {} : (JSON.parse(strFromU8(lock.data)) as { packages: Record<string, unknown> }).packages
  const members = Object.keys(packages).filter((path) => /^(libs|apps)\/[^/]+$/.test(path))
  const missing = [...needed, ...members.map((member) => `${member}/package.json`), ...members.map((member) => `${member}/tsup.config.ts`)].find((name) => !names.has(name))
  if (missing !== undefined) throw new RunError(`the code archive must hold ${missing}, without which it does not run; the workspace has it not. Restore it.`)
  const sourceless = members.find((member) => !files.some(({ name }) => name.startsWith(`${member}/src/`) && name.endsWith('.ts')))
  if (sourceless !== undefined) throw new RunError(`the code archive must hold the sources of ${sourceless}; the workspace has none. Restore them.`)
  const large = files.find(({ data }) => data.length > largest)
  if (large !== undefined) throw new RunError(`the code archive must hold files of at most 5 MB; ${large.name} has ${(large.data.length / 1e6).toFixed(1)}. Name it in .gitignore, or take it out of the workspace.`)
}

/**
 * Refuses what must not leave the machine: data sets, tokens, paths of the machine.
 *
 * @param folders - folders of the machine whose paths no file may name, beside the user's own.
 * @throws {RunError} naming the file, and what it is.
 */
export function checkPublic(files: readonly ArchiveFile[], folders: readonly string[]): void {
  const paths = [...new Set([os.homedir(), ...folders.map((folder) => resolve(folder))])].filter((path) => path.length > 1)
  const namesPath = new RegExp(`(?<![\\w.-])(?:${paths.map((path) => path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})(?=[/\\\\"'\`\\s)]|$)`, 'm')
  for (const { name, data } of files) {
    const refuse = (what: string) => new RunError(`an archive must hold nothing but code and outputs; ${name} ${what}. Take it out of the folder, or name it in .gitignore.`)
    if (/(^|\/)(node_modules|dist|\.git)\//.test(name)) throw refuse('was installed or built')
    if (data.length >= 4 && data[0] === 0 && data[1] === 0 && data[2] === 8 && (data[3] === 1 || data[3] === 3)) throw refuse('is a data set')
    const text = strFromU8(data, true)
    if (name.endsWith('.npmrc') && /_(authToken|auth|password)\s*=/.test(text)) throw refuse('holds a token')
    const [path] = namesPath.exec(text) ?? []
    if (path !== undefined) throw refuse(`names a folder of this machine, ${path}`)
  }
}
