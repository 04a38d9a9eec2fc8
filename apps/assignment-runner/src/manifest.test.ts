import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openBackend } from '@sbgm/backends'
import { expect, it } from 'vitest'
import { atLeast, within } from './bar'
import { determinismOf } from './determinism'
import { readEarlierRun } from './earlier-run'
import type { Manifest } from './manifest'
import type { PartContext } from './part'
import { runAssignment } from './run-assignment'
import { inTemporaryFolder, standInHost, standInPart } from './stand-in-host'
import { readVersions } from './versions'

const readManifest = (out: string) => JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as Manifest

it('names program, versions, platform, engine, configuration, seed, and the promise of the engine', () =>
  inTemporaryFolder(async (out) => {
    await runAssignment(['--out', out, '--seed', '3', '--student-id', '007'], standInHost([standInPart(1)]))
    expect(readManifest(out)).toMatchObject({
      format: 'sbgm-assignment-manifest',
      formatVersion: 1,
      ...readVersions(),
      platform: { os: process.platform, arch: process.arch },
      engine: { engine: 'cpu', backend: 'cpu', version: '4.22.0', details: { threads: 1 }, gradients: true },
      determinism: { promise: 'bit-identical' },
      configuration: { parts: [1], profile: 'quick', engine: 'cpu', threads: null, dataset: 'auto', dataDir: null, studentId: '007', sampler: null, steps: null, gammas: '0.5,1,2,5', class: null, inpainting: null },
      seed: 3,
    })
    const [entry] = readManifest(out).parts
    expect(entry).toMatchObject({ part: 1, title: 'stand-in 1', status: 'complete' })
    expect(entry?.configuration).toEqual({ seed: 3, profile: 'quick', engine: 'cpu' })
  }))

it('lists each file with the size and sha256 that it has on disk, metrics.json among them', () =>
  inTemporaryFolder(async (out) => {
    await runAssignment(['--out', out], standInHost([standInPart(1), standInPart(2)]))
    const files = readManifest(out).parts.flatMap((entry) => entry.files)
    const expected = [1, 2].flatMap((part) => [`part${part}/figure.txt`, `part${part}/metrics.json`])
    expect(files.map(({ path }) => path)).toEqual(expected)
    for (const { path, bytes, sha256 } of files) {
      expect(statSync(join(out, path)).size).toBe(bytes)
      expect(createHash('sha256').update(readFileSync(join(out, path))).digest('hex')).toBe(sha256)
    }
  }))

it('names no path of the machine, though --out, --data-dir and the engine (wasm, the real one) have some', () =>
  inTemporaryFolder(async (folder) => {
    const [out, data] = [join(folder, 'out'), join(folder, 'data')]
    mkdirSync(data)
    const host = standInHost([standInPart(1, { reads: ['dataDir'] })], { openBackend })
    expect(await runAssignment(['--out', out, '--data-dir', data, '--engine', 'wasm'], host)).toBe(0)
    const strings: string[] = []
    JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8'), (_key, value: unknown) => {
      if (typeof value === 'string') strings.push(value)
      return value
    })
    expect(strings.filter((text) => text.includes(folder) || /^([A-Za-z]:)?[\\/]/.test(text))).toEqual([])
    expect(readManifest(out).configuration['dataDir']).toBe('given')
  }))

it('is there from the start, grows with each file, and says running until the part has ended', () =>
  inTemporaryFolder(async (out) => {
    const seen: unknown[] = []
    const look = () => seen.push(readManifest(out).parts.map(({ status, files }) => [status, files.length]))
    const run = ({ folder }: PartContext) => {
      look()
      folder.write('a.txt', 'a')
      look()
      return Promise.resolve({ metrics: {}, bars: [] })
    }
    await runAssignment(['--out', out], standInHost([standInPart(1, { run })]))
    look()
    expect(seen).toEqual([[['running', 0]], [['running', 1]], [['complete', 2]]])
  }))

it('reads back as it was written, a bar that is NaN included', () =>
  inTemporaryFolder(async (out) => {
    const run = () => Promise.resolve({ metrics: {}, bars: [within('mean', NaN, 3, 0.5), atLeast('share', 0.9, 0.8)] })
    await runAssignment(['--out', out], standInHost([standInPart(1, { run })]))
    expect(readEarlierRun(out)?.parts[0]?.bars).toEqual([
      { name: 'mean', value: NaN, limit: { min: 2.5, max: 3.5 }, pass: false },
      { name: 'share', value: 0.9, limit: { min: 0.8 }, pass: true },
    ])
  }))

it.each([
  ['no JSON', '{"format"', 'it is no JSON record'],
  ['a list', '[]', 'it is no JSON record'],
  ['of another program', '{"name":"my app"}', "its format is 'undefined'"],
  ['of a newer format', '{"format":"sbgm-assignment-manifest","formatVersion":2}', 'version 2, this program writes 1'],
  ['damaged', '{"format":"sbgm-assignment-manifest","formatVersion":1,"parts":[{}]}', 'it is damaged'],
])('a manifest.json that is %s is never written over: exit code 1', (_what, content, why) =>
  inTemporaryFolder(async (out) => {
    writeFileSync(join(out, 'manifest.json'), content)
    const host = standInHost([standInPart(1)])
    expect(await runAssignment(['--out', out], host)).toBe(1)
    expect(host.said.stderr()).toContain(why)
    expect(host.said.stderr()).toContain('Give another --out, or move that file.')
    expect(readFileSync(join(out, 'manifest.json'), 'utf8')).toBe(content)
  }),
)

it('a manifest that lists a file outside OUT counts as damaged', () =>
  inTemporaryFolder(async (out) => {
    await runAssignment(['--out', out], standInHost([standInPart(1)]))
    const text = readFileSync(join(out, 'manifest.json'), 'utf8')
    writeFileSync(join(out, 'manifest.json'), text.replace('part1/figure.txt', '../figure.txt'))
    expect(() => readEarlierRun(out)).toThrow('it is damaged')
  }))

it('promises bit-identical states for cpu, wasm and onnx only, for onnx on the same number of threads', () => {
  const promise = (engine: string) => determinismOf(engine).promise
  expect(['cpu', 'wasm', 'onnx'].map(promise)).toEqual(Array(3).fill('bit-identical'))
  expect(['webgpu', 'node-gpu', 'node'].map(promise)).toEqual(Array(3).fill('within-tolerance'))
  expect(determinismOf('onnx').conditions).toContain('the same number of threads')
})
