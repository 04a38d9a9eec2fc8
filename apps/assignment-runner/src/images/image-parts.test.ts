import { createHash } from 'node:crypto'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openBackend } from '@sbgm/backends'
import { loadDataset } from '@sbgm/datasets/node'
import { findOnnxRuntime } from '@sbgm/onnx'
import { decodeSafetensors } from '@sbgm/training'
import { memory } from '@tensorflow/tfjs-core'
import { describe, expect, it, type TestContext } from 'vitest'
import type { Bar } from '../bar'
import type { Part } from '../part'
import { part2 } from '../part2/part2'
import { part3 } from '../part3/part3'
import { runAssignment } from '../run-assignment'
import { inTemporaryFolder, standInHost } from '../stand-in-host'
import { imageModelSettings } from './settings'
import { cutAt, fingerprint, listed, read, smokeRun, text } from './stand-in-smoke-run'

const smoke = (out: string, argv: readonly string[], parts: readonly Part[] = [part2, part3]) => smokeRun(out, argv, parts)
const drawn = ['--dataset', 'digits']
const figures = ['data', 'training', 'loss-over-time', 'samples', 'along-the-way', 'nearest', 'quality']
const titles: Readonly<Record<string, string>> = { mnist: 'MNIST', 'fashion-mnist': 'Fashion-MNIST', digits: 'drawn digits' }

function expectComplete(out: string, part: string, dataset: string): void {
  const title = titles[dataset]
  for (const name of part === 'part2' ? [...figures, 'reverse-sde'] : figures) {
    const svg = text(out, part, `${name}.svg`)
    expect(svg.startsWith('<svg')).toBe(true)
    expect(/aria-label="([^"]*)"/.exec(svg)?.[1], name).toMatch(new RegExp(` ${title}`)) // the set stands in every figure's title
    expect([...read(out, part, `${name}.png`).subarray(1, 4)].map((byte) => String.fromCharCode(byte)).join('')).toBe('PNG')
  }
  expect(text(out, part, 'samples.gif').slice(0, 6)).toBe('GIF89a')
  const report = text(out, part, 'README.md')
  expect(report).toContain(title)
  for (const [, link] of report.matchAll(/\]\(([^)]+)\)/g)) expect(existsSync(join(out, part, link)), link).toBe(true)
  expect(report).not.toMatch(/undefined|NaN|\[object|Infinity/)
  const { tensors, metadata } = decodeSafetensors(read(out, part, 'score-model.safetensors'))
  expect(tensors['down.0.block.0.conv1.kernel'].shape).toEqual([3, 3, 8, 8])
  expect(metadata).toMatchObject({ dataset, weights: 'exponential moving average' })
  expect(text(out, part, 'training.jsonl').trimEnd().split('\n')).toHaveLength(metadata['start'] === 'random weights' ? 12 : 6)
  expect(existsSync(join(out, part, 'checkpoints'))).toBe(false) // gone when the training is done
}

describe('parts 2 and 3 in the smoke profile, through the command line, on onnx', { timeout: 240_000 }, () => {
  it.each(['onnx', 'wasm'])('write figures, animation, model, log, samples, metrics and a report, leave no tensor behind, and share their judges (on %s)', (engine) =>
    inTemporaryFolder(async (out) => {
      const backend = await openBackend({ engine: 'wasm' })
      const before = memory().numTensors
      const { code, said } = await smoke(out, [...drawn, '--engine', engine])
      expect(code, said).toBe(0)
      expect(said).toContain(`\nengine ${engine} (`)
      expect(memory().numTensors).toBe(before)
      await backend.close()
      for (const part of ['part2', 'part3']) expectComplete(out, part, 'digits')
      expect(said.match(/ten-class judge: taken from an earlier run/g)).toHaveLength(1)
      const manifest = JSON.parse(text(out, 'manifest.json')) as { judges: { path: string; sha256: string }[]; parts: { files: { path: string }[] }[] }
      expect(manifest.judges.map(({ path }) => path)).toEqual(listed(join(out, 'judges')).map((path) => `judges/${path.slice(out.length + 8)}`))
      const files = manifest.parts.flatMap((part) => part.files.map(({ path }) => join(out, path)))
      expect(files).toEqual([...listed(join(out, 'part2')), ...listed(join(out, 'part3'))]) // nothing lies there that it does not name
      const metrics = JSON.parse(text(out, 'part3', 'metrics.json')) as { bars: Bar[]; quality: { samples: { count: number } } }
      expect(metrics.bars).toEqual([]) // they were set for published sets
      expect(metrics.quality.samples.count).toBe(32)
    }))

  it('make the same bytes for the same seed and others for another (part 3)', () =>
    inTemporaryFolder(async (out) => {
      const folders = ['a', 'b', 'c'].map((name) => join(out, name))
      await smoke(folders[0], [...drawn, '--seed', '5'], [part3])
      await smoke(folders[1], [...drawn, '--seed', '5'], [part3])
      await smoke(folders[2], [...drawn, '--seed', '6'], [part3])
      const [a, b, c] = folders.map((folder) => fingerprint(join(folder, 'part3')))
      expect(a).toEqual(b)
      for (const name of ['/score-model.safetensors', '/samples.png', '/samples/reverse-sde-1.safetensors']) expect(a[name]).not.toBe(c[name])
    }))

  it('part 3 starts from part 2\'s averaged weights where they are whole in the same folder, and says so; alone it starts from the seed', () =>
    inTemporaryFolder(async (out) => {
      const [both, alone, changed] = [join(out, 'both'), join(out, 'alone'), join(out, 'changed')]
      const startOf = (folder: string) => decodeSafetensors(read(folder, 'part3', 'score-model.safetensors')).metadata['start']
      const { said } = await smoke(both, drawn)
      expect(said).toContain('starts from the weights that part 2 has averaged over 12 steps')
      const sha256 = createHash('sha256').update(read(both, 'part2', 'score-model.safetensors')).digest('hex')
      expect(startOf(both)).toBe(`averaged weights of part 2, sha256 ${sha256}`)
      expect(text(both, 'part3', 'README.md')).toContain('**It starts from the weights that part 2 has averaged** over its 12 steps')
      expect(text(both, 'part3', 'README.md')).toContain('trained for 50 % as many')
      expect(text(both, 'part3', 'training.jsonl').trimEnd().split('\n')).toHaveLength(6)

      await smoke(alone, drawn, [part3])
      expect(startOf(alone)).toBe('random weights')
      expect(text(alone, 'part3', 'README.md')).not.toContain('It starts from')
      expect(text(alone, 'part3', 'training.jsonl').trimEnd().split('\n')).toHaveLength(12)

      await smoke(changed, drawn, [part2])
      writeFileSync(join(changed, 'part2', 'score-model.safetensors'), 'something else')
      await smoke(changed, drawn, [part3])
      expect(startOf(changed)).toBe('random weights')
    }))

  it.each(['smoke', 'quick', 'full'] as const)('a training that goes on from part 2 is at least a third as long (%s)', (profile) => {
    const { training, continued } = imageModelSettings[profile]
    expect(continued.steps).toBeGreaterThanOrEqual(training.steps / 3)
  })

  it('interrupted while training and again while sampling, go on from there and end with the same bytes as a whole run (part 2)', () =>
    inTemporaryFolder(async (out) => {
      const [whole, cut] = [join(out, 'whole'), join(out, 'cut')]
      await smoke(whole, drawn, [part2])
      expect((await smoke(cut, drawn, [cutAt(part2, 'score network', 8)])).code).toBe(1)
      expect(readdirSync(join(cut, 'part2', 'checkpoints'))).toContain('step-00000008.safetensors')
      const second = await smoke(cut, [...drawn, '--resume'], [cutAt(part2, 'ancestral sampling', 25)])
      expect(second.code).toBe(1)
      expect(second.said).toContain('score network: goes on from step 8')
      expect(readdirSync(join(cut, 'part2', 'samples'))).toEqual(['ancestral-1.safetensors'])
      const third = await smoke(cut, [...drawn, '--resume'], [part2])
      expect(third.code, third.said).toBe(0)
      expect(third.said).toContain('score network: taken from the earlier run')
      expect(third.said).toContain('1 of 2 batches kept from an earlier run')
      expect(fingerprint(join(cut, 'part2'))).toEqual(fingerprint(join(whole, 'part2')))
    }))

  it.each([
    { part: part2, folder: 'part2', argv: ['--sampler', 'dpm-solver-plus-plus-2m', '--steps', '5'], name: 'dpm-solver-plus-plus-2m', title: 'DPM-Solver++(2M), 5 steps', evaluations: 5, shown: 'after every step' },
    { part: part2, folder: 'part2', argv: ['--steps', '7'], name: 'ancestral', title: 'ancestral sampling, 7 steps', evaluations: 7, shown: 'after every step' },
    { part: part3, folder: 'part3', argv: ['--sampler', 'sde-dpm-solver-plus-plus', '--steps', '12'], name: 'sde-dpm-solver-plus-plus', title: 'SDE-DPM-Solver++(2M), 12 steps', evaluations: 12, shown: 'every 2 steps' },
    { part: part3, folder: 'part3', argv: ['--sampler', 'dormand-prince'], name: 'dormand-prince', title: 'Dormand–Prince 5(4), steps of its own choice', evaluations: undefined, shown: 'at 11 of its times' },
  ])('sampled by $argv, say so in figures, report, metrics and manifest, and with --resume keep the network that they have', ({ part, folder, argv, name, title, evaluations, shown }) =>
    inTemporaryFolder(async (out) => {
      await smoke(out, drawn, [part])
      const network = read(out, folder, 'score-model.safetensors')
      const before = read(out, folder, 'samples.png')
      const { code, said } = await smoke(out, [...drawn, ...argv, '--resume'], [part])
      expect(code, said).toBe(0)
      expect(said).toContain('sampled anew, from what the earlier run has trained')
      expect(said).toContain('score network: taken from the earlier run')
      expect(read(out, folder, 'score-model.safetensors')).toEqual(network)
      expect(read(out, folder, 'samples.png')).not.toEqual(before)
      expectComplete(out, folder, 'digits')
      for (const figure of ['samples', 'along-the-way']) expect(text(out, folder, `${figure}.svg`)).toContain(title)
      expect(text(out, folder, 'README.md')).toContain(`The state ${shown}, from noise to images.`)
      if (argv[0] === '--sampler') expect(text(out, folder, 'README.md')).toContain(`as \`--sampler ${name}\` asks for`)
      const { sampling } = JSON.parse(text(out, folder, 'metrics.json')) as { sampling: Record<string, unknown> }
      expect(sampling).toMatchObject({ sampler: name, ...(evaluations !== undefined && { evaluations }) })
      if (evaluations === undefined) expect(sampling['evaluations']).toBeGreaterThan(10)
      const manifest = JSON.parse(text(out, 'manifest.json')) as { parts: { configuration: Record<string, unknown>; files: { path: string }[] }[] }
      expect(manifest.parts[0].configuration).toMatchObject({ sampler: argv[0] === '--sampler' ? name : null, steps: argv.includes('--steps') ? Number(argv[argv.length - 1]) : null })
      expect(manifest.parts[0].files.map(({ path }) => join(out, path))).toEqual(listed(join(out, folder))) // nothing is left of the samples before
    }))

  it('without --resume begin anew, whatever an interrupted run left (part 3)', () =>
    inTemporaryFolder(async (out) => {
      await smoke(out, drawn, [cutAt(part3, 'score network', 8)])
      const { code, said } = await smoke(out, [...drawn, '--seed', '9'], [part3])
      expect(code, said).toBe(0)
      expect(text(out, 'part3', 'training.jsonl').trimEnd().split('\n')).toHaveLength(12)
      const manifest = JSON.parse(text(out, 'manifest.json')) as { parts: { files: { path: string }[] }[] }
      expect(manifest.parts.flatMap((part) => part.files.map(({ path }) => join(out, path)))).toEqual(listed(join(out, 'part3')))
    }))

  it('stopped by Ctrl-C while training, save the step, record the interruption and exit with 130; then go on from that step (part 3)', () =>
    inTemporaryFolder(async (out) => {
      let press: (by: 'SIGINT') => void = () => undefined
      const pressed: Part = {
        ...part3,
        run: (context) => part3.run({ ...context, progress: { ...context.progress, stage: (name, total) => {
          const real = context.progress.stage(name, total)
          return { ...real, advance: (done, detail) => (name === 'score network' && done === 7 && press('SIGINT'), real.advance(done, detail)) }
        } } }),
      }
      const signals = { on: (name: string, listener: (by: 'SIGINT') => void) => void (name === 'SIGINT' && (press = listener)), off: () => undefined }
      const host = standInHost([pressed], { openBackend, findOnnxRuntime, loadDataset, signals })
      expect(await runAssignment(['--profile', 'smoke', '--out', out, ...drawn], host)).toBe(130)
      expect(host.exits).toEqual([]) // it ended by itself, within the time it is given
      expect(readdirSync(join(out, 'part3', 'checkpoints'))).toContain('step-00000007.safetensors')
      expect((JSON.parse(text(out, 'manifest.json')) as { parts: unknown[] }).parts).toMatchObject([{ status: 'interrupted' }])
      const { code, said } = await smoke(out, [...drawn, '--resume'], [part3])
      expect(code, said).toBe(0)
      expectComplete(out, 'part3', 'digits')
    }))

  describe.each([
    { dataset: 'mnist', classes: ['0', '9'], bars: 9 },
    { dataset: 'fashion-mnist', classes: ['Sandal', 'T-shirt/top'], bars: 1 },
  ])('on $dataset', ({ dataset, classes, bars }) => {
    it('name the set and its classes, and hold the bars of samples against MNIST only', (context: TestContext) => {
      const dataDir = process.env['SBGM_DATA_DIR']
      if (dataDir === undefined) return context.skip('SBGM_DATA_DIR is not set')
      return inTemporaryFolder(async (out) => {
        const { code, said } = await smoke(out, ['--dataset', dataset, '--data-dir', dataDir])
        expect(code, said).toBe(0)
        for (const part of ['part2', 'part3']) {
          expectComplete(out, part, dataset)
          for (const name of classes) for (const figure of ['data', 'quality']) expect(text(out, part, `${figure}.svg`)).toContain(`>${name}<`)
          expect((JSON.parse(text(out, part, 'metrics.json')) as { bars: Bar[] }).bars).toHaveLength(bars)
        }
      })
    })
  })
})
