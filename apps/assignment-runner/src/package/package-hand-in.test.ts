import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { renderPng } from '@sbgm/viz/png'
import { strFromU8, unzipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import type { Host } from '../host'
import type { PartContext } from '../part'
import type { PartId } from '../part-id'
import { runAssignment } from '../run-assignment'
import { inTemporaryFolder, standInHost, standInPart } from '../stand-in-host'
import { explain } from '../explain'
import { readVersions } from '../versions'
import { packageHandIn } from './package-hand-in'
import { readPackage } from './package-options'
import { workspaceFiles, workspaceRoot } from './workspace-files'

const png = await renderPng('<svg xmlns="http://www.w3.org/2000/svg" width="3" height="2"><rect width="3" height="2" fill="#0b57d0"/></svg>')

const drawing = (id: PartId) =>
  standInPart(id, {
    run({ folder }: PartContext) {
      folder.write('a.png', png)
      folder.write('a.svg', '<svg/>')
      folder.write('README.md', `# ${id}\n\n![a](a.png)\n`)
      folder.write('score-model.safetensors', 'w')
      folder.write('samples/a.png', png)
      return Promise.resolve({ metrics: {}, bars: [] })
    },
  })
const parts = [drawing(1), drawing(2)]

const put = (folder: string, files: Readonly<Record<string, string | Uint8Array>>) => {
  for (const [name, data] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), data)
  }
}

const sources = {
  'package.json': '{"name":"sbgm"}', 'package-lock.json': '{"packages":{"":{},"libs/a":{},"apps/assignment-runner":{},"node_modules/x":{}}}',
  '.npmrc': 'ignore-scripts=true\n', '.gitignore': 'outputs/\n*.log\n', 'nx.json': '{}', 'tsconfig.base.json': '{}', 'README.md': '# w\n', 'tools/start.mjs': '',
  'apps/assignment-runner/package.json': '{}', 'apps/assignment-runner/tsup.config.ts': '', 'apps/assignment-runner/src/cli.ts': '',
  'libs/a/package.json': '{}', 'libs/a/tsup.config.ts': '', 'libs/a/src/index.ts': 'export {}\n',
}
const notSources = {
  'node_modules/x/index.js': '', 'libs/a/dist/index.js': '', 'libs/a/node_modules/y/index.js': '', '.git/HEAD': '', 'outputs/a.txt': '', 'debug.log': '', 'old.zip': '',
  'data/train-images-idx3-ubyte': '', 'run3/manifest.json': '{"format":"sbgm-assignment-manifest"}', 'run3/part1/a.png': '',
}

const notebook = ['notebook.ipynb', 'deno.json', 'package.json', 'manifest.json', 'part2/score-model.safetensors'].map((name) => `notebook/${name}`)

/** A small workspace with a run in it. */
const inWorkspace = (use: (place: { root: string; out: string; to: string }) => Promise<void>) =>
  inTemporaryFolder(async (folder) => {
    const [root, out, to] = ['workspace', 'run', 'to'].map((name) => join(folder, name))
    put(root, { ...sources, ...notSources })
    chmodSync(join(root, 'tools/start.mjs'), 0o755)
    expect(await runAssignment(['--out', out, '--student-id', '007'], standInHost(parts))).toBe(0)
    await use({ root, out, to })
  })

async function packed({ root, out, to, id = '007', ...overrides }: { root: string; out: string; to: string; id?: string } & Partial<Host>) {
  const host = standInHost(parts, overrides)
  let code
  try {
    code = await packageHandIn({ studentId: id, out, to }, readVersions(), host, root)
  } catch (error) {
    code = explain(error, host)
  }
  const archives = existsSync(to) ? Object.fromEntries(readdirSync(to).map((name) => [name, readFileSync(join(to, name))])) : {}
  return { code, archives, said: host.said.stdout(), refusal: host.said.stderr() }
}
const namesIn = (archive: Uint8Array | undefined) => Object.keys(unzipSync(archive ?? new Uint8Array(0))).sort()

describe('package', () => {
  it('writes two archives named with the ID: all sources and nothing made from them; the report, figures, texts and numbers of every part; the notebook with the weights that it loads', () =>
    inWorkspace(async (place) => {
      const { code, archives, said } = await packed(place)
      expect(code).toBe(0)
      expect(Object.keys(archives).sort()).toEqual(['007-code.zip', '007-visualisations.zip'])
      expect(namesIn(archives['007-code.zip'])).toEqual(['CONTENTS.txt', ...notebook, ...Object.keys(sources)].map((name) => `007-code/${name}`).sort())
      const ofParts = ['part1', 'part2'].flatMap((part) => ['README.md', 'a.png', 'a.svg', 'metrics.json'].map((name) => `${part}/${name}`))
      expect(namesIn(archives['007-visualisations.zip'])).toEqual(['CONTENTS.txt', 'manifest.json', 'report.html', ...ofParts].map((name) => `007-visualisations/${name}`).sort())
      expect(said).toContain(`007-code.zip: ${Object.keys(sources).length + notebook.length} files and CONTENTS.txt`)
      expect(said).toMatch(/libs\/a\/ +3 files/)
      expect(said).toContain('notebook.ipynb, without outputs. This test has no Jupyter.')
    }))

  it('lists in each archive all its files with their sha256', () =>
    inWorkspace(async (place) => {
      for (const [name, archive] of Object.entries((await packed(place)).archives)) {
        const folder = name.replace(/zip$/, '').replace(/\.$/, '/')
        const { [`${folder}CONTENTS.txt`]: contents, ...files } = unzipSync(archive)
        const expected = Object.entries(files).map(([path, data]) => `${createHash('sha256').update(data).digest('hex')}  ${path.slice(folder.length)}`)
        expect(strFromU8(contents ?? new Uint8Array(0)).trimEnd().split('\n').sort()).toEqual(expected.sort())
      }
    }))

  it('makes the same bytes of the same files, whenever they were written, and of the sources that it has packed before', () =>
    inWorkspace(async ({ root, out, to }) => {
      const first = (await packed({ root, out, to })).archives
      utimesSync(join(root, 'README.md'), 1e9, 1e9)
      expect((await packed({ root, out, to })).archives).toEqual(first)
      const unpacked = join(to, '..', 'unpacked')
      put(unpacked, unzipSync(first['007-code.zip']))
      chmodSync(join(unpacked, '007-code', 'tools/start.mjs'), 0o755)
      rmSync(join(unpacked, '007-code', 'CONTENTS.txt'))
      expect((await packed({ root: join(unpacked, '007-code'), out, to })).archives).toEqual(first)
    }))

  it('keeps which files are programs', () =>
    inWorkspace(async (place) => {
      const archive = (await packed(place)).archives['007-code.zip'] ?? Buffer.alloc(0)
      const modes: Record<string, number> = {}
      for (let at = archive.indexOf('PK\x01\x02'); at >= 0; at = archive.indexOf('PK\x01\x02', at + 4)) { // the central directory of PKWARE's APPNOTE, 4.3.12
        modes[archive.toString('utf8', at + 46, at + 46 + archive.readUInt16LE(at + 28))] = (archive.readUInt32LE(at + 38) >>> 16) & 0o777
      }
      expect(modes['007-code/tools/start.mjs']).toBe(0o755)
      expect(Object.entries(modes).filter(([, mode]) => mode !== 0o644).map(([name]) => name)).toEqual(['007-code/tools/start.mjs'])
      expect(Object.keys(modes)).toHaveLength(Object.keys(sources).length + notebook.length + 1)
    }))

  it.each([
    ['a source that is missing', { 'tools/start.mjs': undefined }, 'the code archive must hold tools/start.mjs'],
    ['a library without its sources', { 'libs/a/src/index.ts': undefined }, 'the code archive must hold the sources of libs/a'],
    ['a data set', { 'libs/a/some.bin': Uint8Array.of(0, 0, 8, 3, 0, 0) }, 'libs/a/some.bin is a data set'],
    ['a file of 6 MB', { 'libs/a/large.bin': new Uint8Array(6e6).fill(7) }, 'libs/a/large.bin has 6.0'],
    ['a token', { '.npmrc': '//registry.example/:_authToken=abc\n' }, '.npmrc holds a token'],
    ['a path of the user', { 'notes.md': `see ${join(homedir(), 'x')}\n` }, `notes.md names a folder of this machine, ${homedir()}`],
  ])('refuses %s and writes no archive', (_, change, line) =>
    inWorkspace(async (place) => {
      for (const [name, data] of Object.entries(change)) {
        if (data === undefined) rmSync(join(place.root, name))
        else put(place.root, { [name]: data })
      }
      const { code, archives, refusal } = await packed(place)
      expect(refusal).toContain(line)
      expect({ code, archives, lines: refusal.trimEnd().split('\n').length }).toEqual({ code: 1, archives: {}, lines: 1 })
    }))

  it('runs a notebook without outputs first; one that does not run to its end goes in without them, which is said', () =>
    inWorkspace(async (place) => {
      const { code, archives, said } = await packed({ ...place, findJupyter: () => Promise.resolve({ jupyter: join(place.root, 'no-such-command'), deno: 'deno' }) })
      expect(code).toBe(0)
      expect(namesIn(archives['007-code.zip'])).toContain('007-code/notebook/notebook.ipynb')
      expect(said).toMatch(/Notebook: running \d+ cells of code \.\.\.\nNotebook: packed without outputs\. the notebook must run to its end; it stopped with: .*ENOENT/)
    }))

  it('refuses a run that is not complete, whose files were changed, or that was made for another student', () =>
    inWorkspace(async (place) => {
      expect(await packed({ ...place, id: '008' })).toMatchObject({ code: 2, archives: {}, refusal: expect.stringContaining("got '008', the run was made for '007'") as string })
      writeFileSync(join(place.out, 'part1', 'a.png'), 'spoilt')
      expect(await packed(place)).toMatchObject({ code: 1, archives: {}, refusal: expect.stringContaining('of part 1, a.png is missing or was changed. Run sbgm-assignment --resume') as string })
      const other = join(place.out, 'other')
      await runAssignment(['--out', other, '--parts', '1'], standInHost(parts))
      expect(await packed({ ...place, out: other })).toMatchObject({ code: 1, archives: {}, refusal: expect.stringContaining('part 2 is not there') as string })
    }))

  it.each([
    [['package'], 'package needs --student-id: 1 to 32 characters out of A-Z a-z 0-9 _ -; got none.'],
    [['package', '--student-id', 'a b'], "--student-id must be 1 to 32 characters out of A-Z a-z 0-9 _ -; got 'a b'."],
    [['package', '--student-id', ''], "--student-id must be 1 to 32 characters out of A-Z a-z 0-9 _ -; got ''."],
    [['package', '--student-id', '7', '--too', 'x'], 'unknown option --too. Nearest: --to.'],
    [['package', 'all', '--student-id', '7'], "every word behind package must be an option or its value; got 'all'."],
  ])('refuses %s with exit code 2 and one line', async (argv, line) => {
    const host = standInHost(parts)
    expect(await runAssignment(argv, host)).toBe(2)
    expect(host.said.stderr()).toContain(line)
    expect(host.said.stderr().trimEnd().split('\n')).toHaveLength(1)
  })

  it('has its defaults, and keeps a leading zero', () => {
    expect(readPackage(['--student-id', '007'])).toEqual({ kind: 'package', options: { studentId: '007', out: 'outputs', to: '.' } })
  })
})

describe('the sources of this workspace', () => {
  it('are the files that git keeps or would keep', (context) => {
    const root = workspaceRoot()
    const { status, stdout } = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: root, encoding: 'utf8' })
    if (status !== 0) context.skip('no git checkout')
    const kept = stdout.split('\0').filter((name) => name !== '' && existsSync(join(root, name)))
    expect(workspaceFiles(root).map(({ name }) => name).sort()).toEqual(kept.sort())
  })

  it('hold the program whole: every relative import of its sources is among them', () => {
    const files = workspaceFiles(workspaceRoot())
    const names = new Set(files.map(({ name }) => name))
    const lost = files.filter(({ name }) => /^(libs|apps)\/[^/]+\/src\/.*\.ts$/.test(name)).flatMap(({ name, data }) =>
      [...strFromU8(data).matchAll(/^(?:import|export)[^'\n]* from '(\.{1,2}\/[^']+)'/gm)]
        .map(([, path]) => join(dirname(name), path).replaceAll('\\', '/'))
        .filter((path) => ![`${path}.ts`, `${path}/index.ts`, path].some((candidate) => names.has(candidate))))
    expect(lost).toEqual([])
  })
})
