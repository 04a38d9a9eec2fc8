import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'

/** One way into a library. */
export interface PackedEntry {
  /** As users import it, `@sbgm/sde-core/testing`. */
  readonly name: string
  /** The built files that its exports map names: ESM, CommonJS and the types of each. */
  readonly files: readonly string[]
  /** The source that it is built from. */
  readonly source: string
}

interface ExportConditions {
  readonly '@sbgm/source': string
  readonly import: { readonly types: string, readonly default: string }
  readonly require: { readonly types: string, readonly default: string }
}

/** A library as npm would publish it. */
export interface PackedLibrary {
  /** As users import it, `@sbgm/sde-core`. */
  readonly name: string
  /** Its folder in the workspace. */
  readonly folder: string
  /** The .tgz file. */
  readonly tarball: string
  /** The paths inside the tarball, sorted. */
  readonly files: readonly string[]
  /** What can be imported: the name itself and its subpaths. */
  readonly entries: readonly PackedEntry[]
  /** Peers, with the ranges of its package.json. */
  readonly peers: Readonly<Record<string, string>>
}

declare module 'vitest' {
  interface ProvidedContext {
    libraries: readonly PackedLibrary[]
  }
}

const libs = fileURLToPath(new URL('../../libs', import.meta.url))

/** Packs every library once, before the tests; the build comes first, in the npm script. */
export function setup(project: TestProject): () => void {
  const destination = mkdtempSync(join(tmpdir(), 'tarballs-'))
  project.provide('libraries', readdirSync(libs).map((name) => pack(join(libs, name), destination)))
  return () => rmSync(destination, { recursive: true })
}

function pack(folder: string, destination: string): PackedLibrary {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const packing = execFileSync('npm', ['pack', '--json', '--pack-destination', destination], { cwd: folder, encoding: 'utf8', stdio: 'pipe' })
  const [{ filename, files }] = JSON.parse(packing)
  return {
    name: manifest.name,
    folder,
    tarball: join(destination, filename),
    files: files.map(({ path }: { path: string }) => path).sort(),
    entries: Object.entries<ExportConditions>(manifest.exports)
      .filter(([subpath]) => subpath !== './package.json')
      .map(([subpath, conditions]) => ({ name: manifest.name + subpath.slice(1), files: builtFiles(conditions), source: inTarball(conditions['@sbgm/source']) })),
    peers: manifest.peerDependencies ?? {},
  }
}

function builtFiles({ import: esm, require: commonJs }: ExportConditions): string[] {
  return [esm.types, esm.default, commonJs.types, commonJs.default].map(inTarball)
}

function inTarball(path: string): string {
  return path.replace('./', '')
}
