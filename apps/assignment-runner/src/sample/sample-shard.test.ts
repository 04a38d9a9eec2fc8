import '@tensorflow/tfjs-backend-cpu'
import { openBackend } from '@sbgm/backends'
import { findOnnxRuntime } from '@sbgm/onnx'
import { decodeSafetensors, encodeSafetensors } from '@sbgm/training'
import { memory, setBackend } from '@tensorflow/tfjs-core'
import { EventEmitter } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { beforeAll, describe, expect, it } from 'vitest'
import { sha256Of } from '../file-record'
import type { Host } from '../host'
import { scoreNetworkFile, sdeRecords, someWeights } from '../images/stored-network.fixture'
import { runAssignment } from '../run-assignment'
import { inTemporaryFolder, softwareAdapterOnly, standInHost } from '../stand-in-host'
import type { SampleManifest } from './sample-manifest'
import { sampleFlagOf } from './sample-options'

beforeAll(() => setBackend('cpu'))

const leave = (folder: string, bytes = scoreNetworkFile()): string => {
  const path = join(folder, 'network.safetensors')
  writeFileSync(path, bytes)
  return path
}
const argvOf = (options: Readonly<Record<string, string | number>>) => ['sample', ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])]
async function sampled(options: Readonly<Record<string, string | number>>, overrides: Partial<Host> = {}) {
  const host = standInHost([], overrides)
  const code = await runAssignment(argvOf(options), host)
  return { code, stdout: host.said.stdout(), stderr: host.said.stderr() }
}
/** sha256 of every image and state in DIR. */
const contents = (out: string) => Object.fromEntries(['images', 'states'].flatMap((folder) =>
  readdirSync(join(out, folder)).sort().map((name) => [`${folder}/${name}`, sha256Of(readFileSync(join(out, folder, name)))])))
const numbersOf = (out: string, index: number) => decodeSafetensors(readFileSync(join(out, 'states', `${String(index).padStart(6, '0')}.safetensors`))).tensors['x'].data
const manifestOf = (out: string, shard: string) => JSON.parse(readFileSync(join(out, `shard-${shard}.json`), 'utf8')) as SampleManifest

describe('shards have the images of one run, byte for byte, states too', () => {
  it.each([
    [10, 3, 'cpu', 'part3', { steps: 3 }],
    [5, 7, 'cpu', 'part2', { steps: 3 }],
    [3, 2, 'cpu', 'part3', { sampler: 'dormand-prince' }],
    [5, 2, 'wasm', 'part3', { steps: 3 }],
    [66, 3, 'onnx', 'part3', { threads: 2, sampler: 'dpm-solver-plus-plus-2m', steps: 4 }],
    [5, 4, 'onnx', 'part2', { threads: 2, sampler: 'euler-maruyama', steps: 4 }],
    [5, 2, 'onnx', 'part3', { threads: 1, sampler: 'dormand-prince' }],
  ] as const)('%d images in %d shards, on the engine %s, with the network of %s and %j', (count, of, engine, part, options) =>
    inTemporaryFolder(async (folder) => {
      const overrides = engine === 'cpu' ? {} : { openBackend, findOnnxRuntime }
      const run = { checkpoint: leave(folder, scoreNetworkFile({ sde: sdeRecords[part] })), count, seed: 5, engine, ...options }
      const [whole, shards] = [join(folder, 'whole'), join(folder, 'shards')]
      try {
        expect(await sampled({ ...run, out: whole }, overrides)).toMatchObject({ code: 0, stderr: '' })
        for (let i = of - 1; i >= 0; i--) expect(await sampled({ ...run, out: shards, shard: `${i}/${of}` }, overrides)).toMatchObject({ code: 0, stderr: '' })
      } finally {
        await setBackend('cpu')
      }
      expect(Object.keys(contents(whole))).toHaveLength(2 * count)
      expect(contents(shards)).toEqual(contents(whole))
      expect(new Set(Array.from({ length: count }, (_, i) => numbersOf(whole, i).join())).size).toBe(count) // no two are alike
    }))
})

describe('the files', () => {
  const run = (folder: string, change: Readonly<Record<string, string | number>> = {}) => ({ checkpoint: leave(folder), count: 4, steps: 2, engine: 'cpu', out: join(folder, 'out'), ...change })

  it('are an image as PNG, its numbers as float32, and a manifest that lists them with their sha256 and names no path', () =>
    inTemporaryFolder(async (folder) => {
      const { stdout } = await sampled(run(folder, { shard: '1/2' }))
      const out = join(folder, 'out')
      expect(Object.keys(contents(out))).toEqual(['images/000002.png', 'images/000003.png', 'states/000002.safetensors', 'states/000003.safetensors'])
      const { tensors, metadata } = decodeSafetensors(readFileSync(join(out, 'states/000003.safetensors')))
      expect([tensors['x'].shape, metadata['index']]).toEqual([[4, 4, 1], '3'])
      const manifest = manifestOf(out, '1-of-2')
      expect(Object.fromEntries(manifest.files.map(({ path, sha256 }) => [path, sha256]))).toEqual(contents(out))
      expect(manifest).toMatchObject({
        format: 'sbgm-samples', complete: true, shard: { index: 1, of: 2, first: 2, count: 2, countOfAll: 4 },
        configuration: { checkpoint: sha256Of(scoreNetworkFile()), seed: 0, sampler: 'euler-maruyama', steps: 2, engine: 'cpu', threads: null },
        determinism: { promise: 'bit-identical' }, node: process.versions.node,
      })
      expect(readFileSync(join(out, 'shard-1-of-2.json'), 'utf8')).not.toContain(folder)
      expect(stdout).toContain('shard 1/2: images 2 to 3 of 4, seed 0')
      expect(stdout).toMatch(/2 images in .*images\n$/)
    }))

  it('do not hang on the count: more images are the same ones and others', () =>
    inTemporaryFolder(async (folder) => {
      await sampled(run(folder))
      const before = contents(join(folder, 'out'))
      expect((await sampled(run(folder, { count: 6 }))).stdout).toContain('6 images in')
      expect(contents(join(folder, 'out'))).toMatchObject(before)
      expect(manifestOf(join(folder, 'out'), '0-of-1').files).toHaveLength(12)
      await sampled(run(folder)) // the record of the two others stays
      expect(manifestOf(join(folder, 'out'), '0-of-1').files).toHaveLength(12)
    }))

  it('are those of another seed with another seed', () =>
    inTemporaryFolder(async (folder) => {
      await sampled(run(folder))
      await sampled(run(folder, { seed: 1, out: join(folder, 'other') }))
      expect(contents(join(folder, 'other'))['states/000000.safetensors']).not.toBe(contents(join(folder, 'out'))['states/000000.safetensors'])
    }))

  it('of a shard without images are a manifest alone, which it says', () =>
    inTemporaryFolder(async (folder) => {
      const { code, stdout } = await sampled(run(folder, { shard: '0/9' }))
      expect([code, stdout]).toEqual([0, expect.stringContaining('shard 0/9: no image of 4')])
      expect(readdirSync(join(folder, 'out'))).toEqual(['shard-0-of-9.json'])
      expect(manifestOf(join(folder, 'out'), '0-of-9')).toMatchObject({ complete: true, files: [] })
    }))

  it('leave no tensor behind', () =>
    inTemporaryFolder(async (folder) => {
      await sampled(run(folder))
      const before = memory().numTensors
      await sampled(run(folder, { seed: 2, out: join(folder, 'b') }))
      expect(memory().numTensors).toBe(before)
    }))
})

describe('made again', () => {
  const run = (folder: string) => ({ checkpoint: leave(folder), count: 70, steps: 1, engine: 'cpu', out: join(folder, 'out') })

  it('keeps what is whole, and makes what is missing or was changed, in any shards: as it was', () =>
    inTemporaryFolder(async (folder) => {
      const out = join(folder, 'out')
      await sampled(run(folder))
      const [before, changed] = [contents(out), statSync(join(out, 'images/000020.png')).mtimeMs]
      rmSync(join(out, 'images/000005.png'))
      writeFileSync(join(out, 'states/000041.safetensors'), 'damaged')
      const { stdout } = await sampled({ ...run(folder), shard: '0/2' })
      expect(stdout).toContain('35 images in')
      expect(stdout).toContain('34 of them from before')
      expect((await sampled({ ...run(folder), shard: '1/2' })).stdout).toContain('34 of them from before')
      expect(contents(out)).toEqual(before)
      expect(statSync(join(out, 'images/000020.png')).mtimeMs).toBe(changed)
      expect((await sampled(run(folder))).stdout).toContain('70 of them from before')
    }))

  it('goes on where it was interrupted, from whole batches, and says so', () =>
    inTemporaryFolder(async (folder) => {
      const out = join(folder, 'out')
      const signals = new EventEmitter()
      let [said, sent] = ['', false]
      const stdout = new Writable({
        write(chunk, _encoding, done) {
          said += String(chunk)
          done()
        },
      })
      const interrupting: Partial<Host> = { stdout, signals: { on: (name, listener) => signals.on(name, listener), off: (name, listener) => signals.off(name, listener) } }
      const watch = (): void => {
        if (sent) return
        if (readdirSync(out).includes('images') && readdirSync(join(out, 'images')).length >= 64) {
          sent = true
          signals.emit('SIGINT', 'SIGINT')
        } else setImmediate(watch)
      }
      mkdirSync(out)
      watch()
      const options = run(folder)
      const host = standInHost([], interrupting)
      const code = await runAssignment(argvOf(options), host)
      sent = true
      expect([code, host.said.stderr()]).toEqual([130, 'interrupted; the images that were finished are kept, the same command goes on from them\n'])
      expect(said).toContain('images 0 to 69')
      expect(manifestOf(out, '0-of-1')).toMatchObject({ complete: false })
      expect(manifestOf(out, '0-of-1').files).toHaveLength(128)
      expect((await sampled(options)).stdout).toContain('70 images in')
      expect(manifestOf(out, '0-of-1')).toMatchObject({ complete: true })
      await sampled({ ...options, out: join(folder, 'in one go') })
      expect(contents(out)).toEqual(contents(join(folder, 'in one go')))
    }))
})

describe('is refused', () => {
  const given = { checkpoint: 'a.safetensors', count: 4, out: 'never made' }
  it.each([
    [{ ...given, shard: '3/3' }, "--shard must be i/3 with i from 0 to 2; got '3/3'."],
    [{ ...given, shard: '7/3' }, "--shard must be i/3 with i from 0 to 2; got '7/3'."],
    [{ ...given, shard: '0/0' }, "--shard must be i/n with n from 1 to 1000000 and i from 0 to n - 1, such as 0/3; got '0/0'."],
    ...['-1/3', '1', '1/', '/3', '1/3/5', '1.5/3', 'a/b', ' 1/3', '1/99999999'].map((shard): [Record<string, string | number>, string] =>
      [{ ...given, shard }, `--shard must be i/n with n from 1 to 1000000 and i from 0 to n - 1, such as 0/3; got '${shard}'.`]),
    [{ ...given, count: 0 }, "--count must be a whole number from 1 to 1000000000; got '0'."],
    [{ ...given, count: '1e3' }, "--count must be a whole number from 1 to 1000000000; got '1e3'."],
    [{ ...given, threads: 0 }, "--threads must be a whole number from 1 to 1024; got '0'."],
    [{ ...given, steps: -1 }, "--steps must be a whole number from 1 to 100000; got '-1'."],
    [{ ...given, sampler: 'dpm' }, /^error: --sampler must be one of euler-maruyama, .*; got 'dpm'\. Nearest: dpm-solver-2\.\n$/],
    [{ ...given, sampler: 'dormand-prince', steps: 5 }, /^error: --steps does not go with --sampler dormand-prince/],
    [{ count: 4, out: 'x' }, '--checkpoint must be given: the score-model.safetensors of part 2 or 3 of a run.'],
    [{ checkpoint: 'a', out: 'x' }, '--count must be given: the number of images, of all shards together.'],
    [{ checkpoint: 'a', count: 4 }, '--out must be given: the folder of the images.'],
    [{ ...given, cuont: 4 }, 'unknown option --cuont. Nearest: --count. See --help for all of them.'],
  ] as [Record<string, string | number>, string | RegExp][])('with a wrong command line: %j', async (options, message) => {
    const { code, stderr, stdout } = await sampled(options)
    expect([code, stdout]).toEqual([2, ''])
    if (typeof message === 'string') expect(stderr).toBe(`error: ${message}\n`)
    else expect(stderr).toMatch(message)
  })

  it('unless sample is the first word, and with words beside its options', async () => {
    const host = standInHost([])
    expect([await runAssignment(['--seed', '1', 'sample'], host), host.said.stderr()]).toEqual([2, 'error: sample must be the first word; got it after others.\n'])
    const other = standInHost([])
    expect([await runAssignment(['sample', 'all'], other), other.said.stderr()]).toEqual([2, "error: every word behind sample must be an option or its value; got 'all'. See sample --help.\n"])
  })

  it.each<[string, (folder: string) => string, RegExp]>([
    ['that is not there', (folder) => join(folder, 'none'), /there is no such file\.\n$/],
    ['that is a folder', (folder) => folder, /that is a folder\.\n$/],
    ['that is cut off', (folder) => leave(folder, scoreNetworkFile().subarray(0, 5000)), /bytes must be/],
    ['of another program', (folder) => leave(folder, encodeSafetensors({ tensors: someWeights(), metadata: {} })), /its metadata must name a unet that predicts the noise\.\n$/],
    ['that is no safetensors file', (folder) => leave(folder, new TextEncoder().encode('a text that is something else')), /: .*\.\n$/],
    ['that lacks a weight', (folder) => leave(folder, scoreNetworkFile({ tensors: Object.fromEntries(Object.entries(someWeights()).slice(1)) })), /it must hold .* of shape/],
    ['of an SDE that is not known', (folder) => leave(folder, scoreNetworkFile({ sde: { kind: 'veSde' } })), /its metadata must name an SDE that this program knows/],
    ['whose SDE is no JSON', (folder) => leave(folder, scoreNetworkFile({ metadata: { sde: '{' } })), /its metadata must name an SDE that this program knows/],
  ])('with a checkpoint %s, before anything is made', (_, checkpointIn, message) =>
    inTemporaryFolder(async (folder) => {
      const { code, stderr } = await sampled({ checkpoint: checkpointIn(folder), count: 1, out: join(folder, 'out'), engine: 'cpu' })
      expect(code).toBe(1)
      expect(stderr).toMatch(/^error: --checkpoint must be the score-model\.safetensors of part 2 or 3 of a run; got '.*': /)
      expect(stderr).toMatch(message)
      expect(readdirSync(folder)).not.toContain('out')
    }))

  it('where DIR cannot be written to', () =>
    inTemporaryFolder(async (folder) => {
      const out = join(folder, 'out')
      writeFileSync(out, 'a file')
      expect(await sampled({ checkpoint: leave(folder), count: 1, out, engine: 'cpu' })).toMatchObject({ code: 1, stderr: expect.stringContaining('--out must be a folder that can be written to') as string })
    }))

  it.each<[string, Readonly<Record<string, string | number>>]>([
    ['seed 0, this command seed 9', { seed: 9 }],
    ['steps 2, this command steps 3', { steps: 3 }],
    ['sampler euler-maruyama, this command sampler ddim', { sampler: 'ddim' }],
  ])('where DIR holds images of another configuration: %s', (words, change) =>
    inTemporaryFolder(async (folder) => {
      const run = { checkpoint: leave(folder), count: 3, steps: 2, engine: 'cpu', out: join(folder, 'out') }
      await sampled({ ...run, shard: '0/3' })
      const before = contents(join(folder, 'out'))
      const { code, stderr } = await sampled({ ...run, ...change, shard: '1/3' })
      expect([code, stderr]).toEqual([1, expect.stringMatching(new RegExp(`^error: --out must hold images of one configuration; shard-0-of-3\\.json in '.*' has ${words}\\. Give another --out, or what that one had\\.\n$`))])
      expect(contents(join(folder, 'out'))).toEqual(before)
    }))

  it('where DIR holds images of another network', () =>
    inTemporaryFolder(async (folder) => {
      const run = { count: 1, steps: 1, engine: 'cpu', out: join(folder, 'out') }
      await sampled({ ...run, checkpoint: leave(folder) })
      expect((await sampled({ ...run, checkpoint: leave(folder, scoreNetworkFile({ metadata: { training: 'longer' } })) })).stderr).toContain('has checkpoint ')
    }))

  it.each(['{}', 'no json', JSON.stringify({ format: 'sbgm-samples', formatVersion: 2 })])('where a manifest in DIR is not one of this program: %s', (text) =>
    inTemporaryFolder(async (folder) => {
      mkdirSync(join(folder, 'out'))
      writeFileSync(join(folder, 'out', 'shard-0-of-1.json'), text)
      expect(await sampled({ checkpoint: leave(folder), count: 1, steps: 1, engine: 'cpu', out: join(folder, 'out') })).toMatchObject({ code: 1, stderr: expect.stringContaining('shard-0-of-1.json in --out') as string })
      expect(readFileSync(join(folder, 'out', 'shard-0-of-1.json'), 'utf8')).toBe(text)
    }))
})

it('on a software adapter, sample computes where --allow-software-adapter stands beside --engine webgpu, and else says so', () =>
  inTemporaryFolder(async (folder) => {
    const draw = async (...words: readonly string[]) => {
      const host = standInHost([], { openBackend: softwareAdapterOnly() })
      const code = await runAssignment([...argvOf({ checkpoint: leave(folder), count: 1, steps: 1, out: join(folder, 'out') }), ...words], host)
      return [code, host.said.stderr()]
    }
    expect(await draw('--engine', 'webgpu')).toEqual([1, 'error: Only a software adapter. Install the driver of a card, give another engine, or give --engine webgpu --allow-software-adapter to take it all the same.\n'])
    expect(await draw('--allow-software-adapter')).toEqual([2, 'error: --allow-software-adapter must stand beside --engine webgpu or --engine onnx-webgpu, the engines that it is for; got no --engine.\n'])
    expect(await draw('--engine', 'webgpu', '--allow-software-adapter')).toEqual([0, ''])
    expect(manifestOf(join(folder, 'out'), '0-of-1').engine).toMatchObject({ engine: 'webgpu', adapter: { software: true } })
  }))

it('sample --help prints its options, and the README names them', async () => {
  const host = standInHost([])
  expect(await runAssignment(['sample', '--help'], host)).toBe(0)
  const section = /## Sample\n[\s\S]*?\n## /.exec(readFileSync(new URL('../../README.md', import.meta.url), 'utf8'))?.[0] ?? ''
  for (const flag of Object.values(sampleFlagOf)) {
    expect(host.said.stdout()).toContain(flag)
    expect(section).toContain(`\`${flag}`)
  }
})
