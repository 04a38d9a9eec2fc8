import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

interface Manifest {
  readonly name: string
  readonly version: string
  readonly scripts?: Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly nx?: { readonly tags: readonly string[] }
}

const workspace = fileURLToPath(new URL('..', import.meta.url))
const text = (path: string) => readFileSync(`${workspace}${path}`, 'utf8')
const manifest = (folder: string): Manifest => JSON.parse(text(`${folder}package.json`))
const folders = (parent: string) => readdirSync(`${workspace}${parent}`).map((name) => `${parent}/${name}/`)
  .filter((folder) => existsSync(`${workspace}${folder}package.json`))

const libraries = folders('libs')
const packages = ['', ...libraries, ...folders('apps')]

/** The arrows of the architecture: what a library may depend on, by its tag. */
const siblings: Record<string, readonly string[]> = {
  'type:core': [],
  'type:model': ['@sbgm/sde-core'],
  'type:standalone': [],
}

/** Which tag each library of the architecture carries; a new library is entered here with its place. */
const tags: Record<string, string> = {
  '@sbgm/sde-core': 'type:core',
  '@sbgm/samplers': 'type:model',
  '@sbgm/guidance': 'type:model',
  '@sbgm/unet': 'type:model',
  '@sbgm/training': 'type:model',
  '@sbgm/datasets': 'type:model',
  '@sbgm/evaluation': 'type:standalone',
  '@sbgm/viz': 'type:standalone',
  '@sbgm/backends': 'type:standalone',
  '@sbgm/onnx': 'type:standalone',
}

it.each(packages)('the scripts of ./%spackage.json hide no life-cycle script, which ignore-scripts would silence', (folder) => {
  const scripts = Object.keys(manifest(folder).scripts ?? {})
  const npmOwn = /^(pre|post)?(install|uninstall|pack|publish|prepare|version|shrinkwrap)$|^(dependencies|prepublishOnly)$/
  const around = (script: string) => /^(pre|post)/.test(script) && scripts.includes(script.replace(/^(pre|post)/, ''))
  expect(scripts.filter((script) => npmOwn.test(script) || around(script))).toEqual([])
})

it('no dependency runs code when it is installed', () => {
  expect(text('.npmrc').split('\n')).toContain('ignore-scripts=true')
})

it('the lockfile names no host: the only places in it are the workspace folders', () => {
  const lockfile: { packages: Record<string, { resolved?: string, link?: boolean }> } = JSON.parse(text('package-lock.json'))
  const resolved = Object.values(lockfile.packages).filter((entry) => entry.resolved !== undefined)
  expect(resolved.map((entry) => entry.resolved).sort()).toEqual(packages.slice(1).map((folder) => folder.slice(0, -1)).sort())
  expect(resolved.every((entry) => entry.link === true)).toBe(true)
})

it('the lockfile holds the packages of every platform, without which npm ci refuses it', () => {
  const lockfile: { packages: Record<string, { optionalDependencies?: Record<string, string> }> } = JSON.parse(text('package-lock.json'))
  const locked = new Set(Object.keys(lockfile.packages).map((path) => path.split('node_modules/').at(-1)))
  const optional = Object.values(lockfile.packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}))
  expect(optional.filter((name) => !locked.has(name))).toEqual([])
})

it('the tools of the workspace are pinned to exact versions', () => {
  const loose = Object.entries(manifest('').devDependencies ?? {}).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))
  expect(loose).toEqual([])
})

it('all libraries carry one version, since they are released together', () => {
  expect(new Set(libraries.map((folder) => manifest(folder).version)).size).toBe(1)
})

describe.each(libraries)('%s', (folder) => {
  const { name, dependencies = {}, peerDependencies = {}, exports = {}, nx } = manifest(folder)

  // Not README.test.ts: npm packs every README.* there is, whatever `files` says.
  it('has a README, and a test that runs the snippet in it', () => {
    expect(existsSync(`${workspace}${folder}README.md`)).toBe(true)
    expect(existsSync(`${workspace}${folder}readme-snippet.test.ts`)).toBe(true)
  })

  it('carries the licence of the workspace into its tarball', () => {
    expect(text(`${folder}LICENSE`)).toBe(text('LICENSE'))
  })

  it('depends on the siblings that the architecture gives it, and on no other', () => {
    const tag = tags[name] ?? 'no place in the architecture'
    expect(nx?.tags).toEqual([tag])
    const own = Object.keys({ ...dependencies, ...peerDependencies }).filter((dependency) => dependency.startsWith('@sbgm/'))
    expect(own.filter((dependency) => !siblings[tag]?.includes(dependency))).toEqual([])
  })

  it('takes TensorFlow.js as a peer, never as a copy of its own', () => {
    expect(Object.keys(dependencies).filter((dependency) => dependency.startsWith('@tensorflow/'))).toEqual([])
    const peers = Object.keys(peerDependencies).filter((dependency) => dependency.startsWith('@tensorflow/'))
    if (name !== '@sbgm/backends') expect(peers.filter((peer) => peer !== '@tensorflow/tfjs-core')).toEqual([])
  })

  it('has every entry of its exports map in the API site', () => {
    const sources = Object.values(exports).flatMap((conditions) => conditions['@sbgm/source'] ?? [])
    const site = existsSync(`${workspace}${folder}typedoc.json`) ? `${folder}typedoc.json` : 'typedoc.json'
    const { entryPoints, packageOptions } = JSON.parse(text(site))
    expect((packageOptions?.entryPoints ?? entryPoints).map((path: string) => `./${path}`)).toEqual(sources)
  })

  it('has its first release announced by a changeset, or behind it', () => {
    const changesets = readdirSync(`${workspace}.changeset`).filter((file) => file.endsWith('.md') && file !== 'README.md')
    const announced = changesets.some((file) => text(`.changeset/${file}`).includes(`'${name}':`))
    expect(announced || existsSync(`${workspace}${folder}CHANGELOG.md`)).toBe(true)
  })
})
