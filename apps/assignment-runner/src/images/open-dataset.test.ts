import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DamagedFileError, digits, type Dataset } from '@sbgm/datasets'
import { DatasetUnavailableError, loadDataset, type LoadDatasetOptions } from '@sbgm/datasets/node'
import { describe, expect, it } from 'vitest'
import type { Host } from '../host'
import { runAssignment } from '../run-assignment'
import { inTemporaryFolder, standInHost, standInPart } from '../stand-in-host'
import { openDataset, type DatasetSources } from './open-dataset'

const drawn = digits({ seed: 1, trainCount: 20, testCount: 10 })
const named = (name: string): Dataset => ({ ...drawn, name, checksum: name })

/** Sources whose loader notes what it is asked for. */
function sourcesWith(load: (options: LoadDatasetOptions) => Promise<Dataset>, env: DatasetSources['env'] = {}) {
  const asked: LoadDatasetOptions[] = []
  const said: string[] = []
  const sources: DatasetSources = {
    env,
    signal: new AbortController().signal,
    progress: { note: (line) => void said.push(line), stage: () => ({ advance: () => {}, skip: () => {}, end: () => {} }) },
    load(options) {
      asked.push(options)
      return load(options)
    },
  }
  return { sources, asked, said }
}
const has = ({ name }: LoadDatasetOptions) => Promise.resolve(named(name))
const hasNot = ({ name }: LoadDatasetOptions) => Promise.reject(new DatasetUnavailableError(name, 'download-failed', 'No mirror answered. Put the files in --data-dir.'))

describe('the images of a run', () => {
  it('are MNIST by default, from --data-dir before SBGM_DATA_DIR before anywhere else', async () => {
    const env = { SBGM_DATA_DIR: 'from-env' }
    const { sources, asked } = sourcesWith(has, env)
    expect((await openDataset({ dataset: 'auto', dataDir: 'given' }, sources)).name).toBe('mnist')
    await openDataset({ dataset: 'fashion-mnist', dataDir: undefined }, sources)
    await openDataset({ dataset: 'auto', dataDir: undefined }, { ...sources, env: {} })
    expect(asked.map(({ name, dataDir }) => [name, dataDir])).toEqual([['mnist', 'given'], ['fashion-mnist', 'from-env'], ['mnist', undefined]])
  })

  it('are drawn digits where auto finds no MNIST, after a warning that says why and what to do', async () => {
    const { sources, said } = sourcesWith(hasNot)
    expect((await openDataset({ dataset: 'auto', dataDir: undefined }, sources)).name).toBe('digits')
    expect(said.slice(1)).toEqual(['warning: MNIST cannot be had, so this run learns from drawn digits instead. No mirror answered. Put the files in --data-dir.'])
  })

  it('are looked for elsewhere where SBGM_DATA_DIR does not lead to them, and that is said', async () => {
    const { sources, asked, said } = sourcesWith(
      ({ name, dataDir }) => dataDir === undefined ? has({ name }) : Promise.reject(new DatasetUnavailableError(name, 'data-dir-holds-other-set', 'It holds another set.')),
      { SBGM_DATA_DIR: 'from-env' },
    )
    expect((await openDataset({ dataset: 'fashion-mnist', dataDir: undefined }, sources)).name).toBe('fashion-mnist')
    expect(asked.map(({ dataDir }) => dataDir)).toEqual(['from-env', undefined])
    expect(said[0]).toBe('SBGM_DATA_DIR does not lead to fashion-mnist, so it is looked for elsewhere. It holds another set.')
    const damaged = sourcesWith(() => Promise.reject(new DamagedFileError('t10k-labels-idx1-ubyte', 'is cut short')), { SBGM_DATA_DIR: 'from-env' })
    await expect(openDataset({ dataset: 'auto', dataDir: undefined }, damaged.sources)).rejects.toThrow(DamagedFileError)
  })

  it('are never another set than the one asked for by name, nor than the one in a folder asked for by name', async () => {
    const { sources, said } = sourcesWith(hasNot)
    for (const asked of [{ dataset: 'mnist' as const, dataDir: undefined }, { dataset: 'auto' as const, dataDir: 'given' }]) {
      await expect(openDataset(asked, sources)).rejects.toThrow(DatasetUnavailableError)
    }
    expect(said.filter((line) => line.includes('warning'))).toEqual([])
  })

  it('are the same drawn digits for every run: no file is looked for', async () => {
    const { sources, asked } = sourcesWith(has)
    const [a, b] = [await openDataset({ dataset: 'digits', dataDir: undefined }, sources), await openDataset({ dataset: 'digits', dataDir: undefined }, sources)]
    expect(a.checksum).toBe(b.checksum)
    expect(asked).toEqual([])
  })
})

const reading = () => standInPart(2, { reads: ['dataset', 'dataDir'] })

describe('on the command line', () => {
  const run = async (out: string, argv: readonly string[], world: Partial<Host> = {}) => {
    const part = reading()
    const host = standInHost([part], { loadDataset, ...world })
    const code = await runAssignment(['--out', out, ...argv], host)
    return { code, runs: part.runs(), stderr: host.said.stderr(), stdout: host.said.stdout() }
  }

  it('a data folder that is empty, or that lacks the set asked for, is exit code 1 before any work, saying what to do', () =>
    inTemporaryFolder(async (folder) => {
      const empty = join(folder, 'empty')
      mkdirSync(empty)
      for (const dataset of ['mnist', 'fashion-mnist', 'auto']) {
        const { code, runs, stderr } = await run(join(folder, 'out'), ['--dataset', dataset, '--data-dir', empty])
        expect([code, runs]).toEqual([1, 0])
        expect(stderr.trimEnd().split('\n')).toHaveLength(1)
        expect(stderr).toContain('empty')
      }
    }))

  it('files that are no data set are named, exit code 1', () =>
    inTemporaryFolder(async (folder) => {
      for (const name of ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte', 't10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte']) {
        writeFileSync(join(folder, name), 'no images')
      }
      const { code, runs, stderr } = await run(join(folder, 'out'), ['--dataset', 'mnist', '--data-dir', folder])
      expect([code, runs]).toEqual([1, 0])
      expect(stderr).toMatch(/-ubyte/)
    }))

  it('the set stands in the manifest by name and checksum, and in the configuration of the part by name', () =>
    inTemporaryFolder(async (out) => {
      const { code, stdout } = await run(out, [], { loadDataset: hasNot })
      expect(code).toBe(0)
      expect(stdout).toContain('warning: MNIST cannot be had')
      expect(stdout).toContain('images: digits, 10000 to learn from and 2000 to test with')
      const manifest = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as Record<string, unknown>
      expect(manifest['data']).toMatchObject({ name: 'digits', checksum: expect.stringMatching(/^[0-9a-f]{64}$/) as string })
      expect(manifest['parts']).toMatchObject([{ configuration: { dataset: 'digits' } }])
    }))

  it('--resume with another set is refused, though both runs say auto', () =>
    inTemporaryFolder(async (out) => {
      await run(out, [], { loadDataset: hasNot })
      const { code, stderr } = await run(out, ['--resume'], { loadDataset: has })
      expect(code).toBe(2)
      expect(stderr).toContain('--dataset digits in part 2, this one --dataset mnist')
    }))

  it('a part that reads no images can be run beside the results of one that does, without looking for any', () =>
    inTemporaryFolder(async (out) => {
      const parts = [standInPart(1), reading()]
      await runAssignment(['--out', out], standInHost(parts, { loadDataset: has }))
      const later = standInHost(parts, { loadDataset: () => Promise.reject(new Error('not to be asked')) })
      expect(await runAssignment(['--out', out, '--parts', '1'], later)).toBe(0)
      const manifest = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as { parts: { part: number; status: string }[] }
      expect(manifest.parts.map(({ part, status }) => [part, status])).toEqual([[1, 'complete'], [2, 'complete']])
    }))
})
