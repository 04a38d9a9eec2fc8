import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const workspace = fileURLToPath(new URL('..', import.meta.url))
const manifestIn = (folder: string) => JSON.parse(readFileSync(`${workspace}${folder}package.json`, 'utf8'))
const root = manifestIn('')
const page = root.repository.url.replace(/^git\+|\.git$/g, '')

// tools/registry shows that they work; here is what nothing breaks on when it is missing or wrong.
describe.each(readdirSync(`${workspace}libs`))('the manifest of libs/%s', (library) => {
  const folder = `libs/${library}/`
  const manifest = manifestIn(folder)

  it('says what it is, under which licence, where it comes from and what it can be found by', () => {
    expect(manifest).toMatchObject({
      name: `@sbgm/${library}`,
      license: root.license,
      homepage: `${page}/tree/main/libs/${library}#readme`,
      bugs: root.bugs,
      repository: { ...root.repository, directory: `libs/${library}` },
    })
    expect(manifest.description).toMatch(/^[A-Z].{30,160}\.$/)
    expect(manifest.keywords.length).toBeGreaterThanOrEqual(5)
    expect(new Set(manifest.keywords).size).toBe(manifest.keywords.length)
  })

  it('has one export per entry, with types before code for import and for require, its source behind the workspace\'s condition, and package.json', () => {
    const { './package.json': own, ...entries } = manifest.exports
    expect(own).toBe('./package.json')
    for (const [subpath, conditions] of Object.entries(entries)) {
      const built = `./dist/${subpath === '.' ? 'index' : subpath.slice(2)}`
      expect(Object.entries(conditions as object)).toEqual([
        ['@sbgm/source', expect.stringMatching(/^\.\/src\/[\w/-]+\.ts$/)],
        ['import', { types: `${built}.d.ts`, default: `${built}.js` }],
        ['require', { types: `${built}.d.cts`, default: `${built}.cjs` }],
      ])
      expect(existsSync(workspace + folder + (conditions as Record<string, string>)['@sbgm/source'])).toBe(true)
      for (const condition of ['import', 'require']) expect(Object.keys((conditions as Record<string, object>)[condition])[0]).toBe('types')
    }
  })

  it('is an ES module without side effects, for the workspace\'s Node, and leads tools that know no exports map to the same files', () => {
    const { import: esm, require: commonJs } = manifest.exports['.']
    expect(manifest).toMatchObject({ type: 'module', sideEffects: false, engines: root.engines, main: commonJs.default, module: esm.default, types: esm.types })
  })

  it('publishes builds and sources without tests, openly and with provenance', () => {
    expect(manifest.files).toEqual(expect.arrayContaining(['dist', 'src', '!src/**/*.test.ts', '!src/**/*.test-d.ts']))
    expect(manifest.publishConfig).toEqual({ access: 'public', provenance: true })
    expect(manifest.private).toBeUndefined()
  })

  it('asks for its dependencies and peers by caret ranges, siblings in the version of the release, and marks only peers as optional', () => {
    const { dependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = manifest
    for (const [name, range] of Object.entries({ ...dependencies, ...peerDependencies })) {
      expect(range, name).toMatch(name.startsWith('@sbgm/') ? new RegExp(`^\\^${manifest.version.replaceAll('.', '\\.')}$`) : /^\^\d+\.\d+\.\d+$/)
    }
    expect(Object.keys(peerDependencies)).toEqual(expect.arrayContaining(Object.keys(peerDependenciesMeta)))
    expect(manifest.devDependencies).toBeUndefined() // the workspace's
  })
})
