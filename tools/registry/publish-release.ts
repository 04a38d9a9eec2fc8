import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
import { startRegistry } from './local-registry'

/** A library as it was published. */
export interface PublishedLibrary {
  /** As users import it, `@sbgm/sde-core`. */
  readonly name: string
  /** Its folder in the workspace, with the slash at its end. */
  readonly folder: string
  /** What can be imported: the name itself and its subpaths. */
  readonly entries: readonly string[]
  /** Its peers, with their ranges. */
  readonly peers: Readonly<Record<string, string>>
  /** Its changelog, as the release wrote it. */
  readonly changelog: string
}

declare module 'vitest' {
  interface ProvidedContext {
    published: readonly PublishedLibrary[]
    /** The version that all of them were released as. */
    version: string
    /** npm's settings with which it takes `@sbgm/…` from the local registry. */
    registry: Readonly<Record<string, string>>
    /** What the release said on its way. */
    releaseLog: string
  }
}

const workspace = fileURLToPath(new URL('../../', import.meta.url))
const changesets = join(workspace, 'node_modules/@changesets/cli/bin.js')

/**
 * Releases every library to a registry on this machine, the way that .github/workflows/release.yml does it, from a copy of the
 * workspace: `changeset version`, then `changeset publish`. The build comes first, in the npm script.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const registry = await startRegistry()
  const copy = copyOfWorkspace()
  const settings = Object.entries({ ...registry.settings, loglevel: 'error' }).map(([key, value]) => [`npm_config_${key}`, value])
  const environment = { ...process.env, ...Object.fromEntries(settings) }
  const run = (command: string, ...args: string[]) => execFileSync(command, args, { cwd: copy, env: environment, encoding: 'utf8', stdio: 'pipe' })
  const git = (...args: string[]) => run('git', '-c', 'user.name=release', '-c', 'user.email=release@localhost', ...args)
  git('init', '--quiet', '--initial-branch=main')
  git('add', '--all', '--force')
  git('commit', '--quiet', '--message', 'before the release')
  const log = [run(process.execPath, changesets, 'version'), git('add', '--all'), git('commit', '--quiet', '--message', 'the release')]
  for (const folder of librariesIn(copy)) withoutProvenance(folder)
  log.push(run(process.execPath, changesets, 'publish'))

  const libraries = librariesIn(copy).map((folder): PublishedLibrary => {
    const { name, exports, peerDependencies = {} } = manifestOf(folder)
    return {
      name,
      folder: folder.replace(copy, workspace),
      entries: Object.keys(exports).filter((subpath) => subpath !== './package.json').map((subpath) => name + subpath.slice(1)),
      peers: peerDependencies,
      changelog: readFileSync(join(folder, 'CHANGELOG.md'), 'utf8'),
    }
  })
  project.provide('published', libraries)
  project.provide('version', manifestOf(librariesIn(copy)[0]).version)
  project.provide('registry', registry.settings)
  project.provide('releaseLog', log.join(''))
  rmSync(copy, { recursive: true })
  return () => registry.close()
}

/** What git knows of the workspace's root, libraries and app, and their builds. */
function copyOfWorkspace(): string {
  const copy = mkdtempSync(join(tmpdir(), 'release-')) + '/'
  const paths = ['package.json', 'README.md', 'LICENSE', '.npmrc', '.changeset', 'apps/*/package.json', 'libs']
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z', ...paths], { cwd: workspace, encoding: 'utf8' })
  const builds = librariesIn(workspace).map((folder) => `${folder.replace(workspace, '')}dist`)
  for (const path of [...files.split('\0').filter(Boolean), ...builds]) {
    if (existsSync(workspace + path)) cpSync(workspace + path, copy + path, { recursive: true })
  }
  return copy
}

function librariesIn(root: string): string[] {
  return readdirSync(`${root}libs`).map((name) => `${root}libs/${name}/`)
}

function manifestOf(folder: string) {
  return JSON.parse(readFileSync(`${folder}package.json`, 'utf8'))
}

/** The one thing in which this release differs: who built it can be proven only where GitHub builds it. */
function withoutProvenance(folder: string): void {
  const { publishConfig, ...manifest } = manifestOf(folder)
  writeFileSync(`${folder}package.json`, JSON.stringify({ ...manifest, publishConfig: { ...publishConfig, provenance: false } }))
}
