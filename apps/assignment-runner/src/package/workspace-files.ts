import fs from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ignore from 'ignore'
import { RunError } from '../errors'
import { manifestFormat, manifestName } from '../manifest'
import type { ArchiveFile } from './archive'

/** Left out beside what `.gitignore` names. */
const neverHandedIn = ['.git', 'node_modules', 'dist', '*.zip', '*ubyte*', '.DS_Store', '.ipynb_checkpoints']

/**
 * The folder of the workspace that the program lies in.
 *
 * @param from - a file of the program. @defaultValue this one
 * @throws {RunError} where the program was installed without its workspace.
 */
export function workspaceRoot(from = fileURLToPath(import.meta.url)): string {
  const folder = dirname(from)
  const file = join(folder, 'package.json')
  if (fs.existsSync(file) && (JSON.parse(fs.readFileSync(file, 'utf8')) as { name?: unknown }).name === 'sbgm') return folder
  if (folder === dirname(folder)) throw new RunError('package must run inside the workspace, whose sources it packs; this program lies outside of one. Run it with npm start -- package in a checkout.')
  return workspaceRoot(folder)
}

/** The sources of a workspace: all its files but those that are ignored, made, installed, or the outputs of a run. */
export function workspaceFiles(root: string): readonly ArchiveFile[] {
  const rules = ignore().add(neverHandedIn)
  const ignored = join(root, '.gitignore')
  if (fs.existsSync(ignored)) rules.add(fs.readFileSync(ignored, 'utf8'))
  return filesBelow(root).map((path) => ({ name: relative(root, path).split(sep).join('/'), data: fs.readFileSync(path), executable: (fs.statSync(path).mode & 0o100) !== 0 }))

  function filesBelow(folder: string): string[] {
    return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name)
      const name = relative(root, path).split(sep).join('/')
      if (entry.isDirectory()) return rules.ignores(`${name}/`) || isRun(path) ? [] : filesBelow(path)
      return entry.isFile() && !rules.ignores(name) ? [path] : []
    })
  }
}

/** Whether a folder holds the outputs of a run. */
function isRun(folder: string): boolean {
  const file = join(folder, manifestName)
  return fs.existsSync(file) && fs.readFileSync(file, 'utf8').includes(`"${manifestFormat}"`)
}
