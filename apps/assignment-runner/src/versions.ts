import fs from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What the program is made of, as the installed package.json files say it. */
export interface Versions {
  readonly program: { readonly name: string; readonly version: string }
  /** Node's version, without the v. */
  readonly node: string
  /** The `@sbgm` and `@tensorflow` libraries that the program depends on, and onnxruntime-node; 'missing' where one is not installed. */
  readonly libraries: Readonly<Record<string, string>>
}

interface PackageJson {
  readonly name?: string
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, string>>
}

const programName = '@sbgm/assignment-runner'

/**
 * Reads the versions from the package.json of the program and of each library that it depends on.
 *
 * @param from - a file inside the program's package. @defaultValue this one
 */
export function readVersions(from = fileURLToPath(import.meta.url)): Versions {
  const { path, content } = programPackage(dirname(from))
  const names = Object.keys(content.dependencies ?? {}).filter((name) => /^(@(sbgm|tensorflow)\/|onnxruntime-node$)/.test(name))
  const folders = createRequire(path).resolve.paths(programName) ?? []
  const versionOf = (name: string) => {
    const file = folders.map((folder) => join(folder, name, 'package.json')).find((path) => fs.existsSync(path))
    return (file === undefined ? undefined : readPackage(file).version) ?? 'missing'
  }
  return {
    program: { name: programName, version: content.version ?? 'unknown' },
    node: process.versions.node,
    libraries: Object.fromEntries(names.sort().map((name) => [name, versionOf(name)])),
  }
}

function programPackage(folder: string): { readonly path: string; readonly content: PackageJson } {
  const path = join(folder, 'package.json')
  const content = fs.existsSync(path) ? readPackage(path) : undefined
  if (content?.name === programName) return { path, content }
  if (dirname(folder) === folder) throw new Error(`No folder above the program holds ${programName}'s package.json.`)
  return programPackage(dirname(folder))
}

const readPackage = (path: string) => JSON.parse(fs.readFileSync(path, 'utf8')) as PackageJson
