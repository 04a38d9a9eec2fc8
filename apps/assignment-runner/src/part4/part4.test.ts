import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openBackend } from '@sbgm/backends'
import { decodeSafetensors } from '@sbgm/training'
import { memory } from '@tensorflow/tfjs-core'
import { describe, expect, it, type TestContext } from 'vitest'
import type { Bar } from '../bar'
import type { Host } from '../host'
import { cutAt, fingerprint, listed, read, smokeRun, text } from '../images/stand-in-smoke-run'
import type { Part } from '../part'
import { part3 } from '../part3/part3'
import { inTemporaryFolder, standInPart } from '../stand-in-host'
import { tinyDigits } from '../judges/stand-in-judges'
import { part4 } from './part4'

/** A few drawn digits in the place of a published set. */
const few: Host['loadDataset'] = ({ name }) => Promise.resolve({ ...tinyDigits(), name } as unknown as Awaited<ReturnType<Host['loadDataset']>>)
const smoke = (out: string, argv: readonly string[], parts: readonly Part[] = [part3, part4]) => smokeRun(out, argv, parts, { loadDataset: few })
const fashion = ['--dataset', 'fashion-mnist']
const images = (out: string, part: string, name: string) => decodeSafetensors(read(out, part, 'samples', `${name}-1.safetensors`)).tensors['images'].data
const figures = ['comparison', 'effect', 'classifier-accuracy', 'gamma-0', 'gamma-0.5', 'gamma-1', 'gamma-2', 'gamma-5']

interface Metrics {
  readonly bars: Bar[]
  readonly class: { readonly index: number, readonly name: string }
  readonly score: { readonly from: string }
  readonly gammas: readonly { readonly gamma: number, readonly count: number, readonly histogram: readonly number[] }[]
}
const metricsOf = (out: string) => JSON.parse(text(out, 'part4', 'metrics.json')) as Metrics

function expectComplete(out: string, title: string, names: readonly string[] = figures): void {
  for (const name of names) {
    const svg = text(out, 'part4', `${name}.svg`)
    expect(/aria-label="([^"]*)"/.exec(svg)?.[1], name).toContain(` ${title}`)
    expect(read(out, 'part4', `${name}.png`).subarray(1, 4).toString()).toBe('PNG')
  }
  const report = text(out, 'part4', 'README.md')
  expect(report).toContain(`${title}; seed 0, profile smoke`)
  for (const [, link] of report.matchAll(/\]\(([^)]+)\)/g)) expect(existsSync(join(out, 'part4', link)), link).toBe(true)
  for (const name of names) expect(report).toContain(`](${name}.png)`)
  expect(report).not.toMatch(/undefined|NaN|\[object|Infinity/)
  expect(existsSync(join(out, 'part4', 'classifier-checkpoints'))).toBe(false)
}

describe('part 4 in the smoke profile, through the command line', { timeout: 600_000 }, () => {
  it.each([
    { dataset: 'digits', title: 'drawn digits', engine: 'onnx', bars: 0 },
    { dataset: 'fashion-mnist', title: 'Fashion-MNIST', engine: 'wasm', bars: 1 },
  ])('guides part 3\'s model, whose own images γ = 0 has to the bit, and makes all figures, measures and the report; leaves no tensor behind ($dataset, on $engine)', ({ dataset, title, engine, bars: expected }) =>
    inTemporaryFolder(async (out) => {
      const backend = await openBackend({ engine: 'wasm' })
      const before = memory().numTensors
      const { code, said } = await smoke(out, ['--dataset', dataset, '--engine', engine, '--class', 'all', '--inpainting'])
      expect(code, said).toBe(0)
      expect(memory().numTensors).toBe(before)
      await backend.close()
      expect(said).toContain("score network: part 3's")
      expectComplete(out, title, [...figures, 'all-classes', 'inpainting'])
      expect(text(out, 'part4', 'README.md')).toContain("the images of γ = 0 are the first of part 3's own, to the bit")
      const unguided = images(out, 'part4', 'gamma-0')
      expect(unguided).toEqual(images(out, 'part3', 'reverse-sde').slice(0, unguided.length))
      const { bars, gammas, score, class: asked } = metricsOf(out)
      expect([bars.length, score.from, asked]).toEqual([expected, 'part 3', { index: 5, name: '5' }]) // those of guidance were set for MNIST
      expect(gammas.map(({ gamma, count }) => [gamma, count])).toEqual([0, 0.5, 1, 2, 5].map((gamma) => [gamma, 16]))
      for (const { histogram } of gammas) expect(histogram.reduce((sum, n) => sum + n, 0)).toBe(16)
      const manifest = JSON.parse(text(out, 'manifest.json')) as { parts: { part: number, configuration: object, files: { path: string }[] }[] }
      expect(manifest.parts[1].configuration).toMatchObject({ gammas: '0.5,1,2,5', class: 'all', inpainting: 'given', dataset })
      expect(manifest.parts[1].files.map(({ path }) => join(out, path))).toEqual(listed(join(out, 'part4')))
    }))

  it('trains part 3\'s network first where that part is not there, and says so; takes the scales and the class that are asked for, and others or another sampler when it is resumed, with the same networks', () =>
    inTemporaryFolder(async (out) => {
      const { code, said } = await smoke(out, [...fashion, '--gammas', '3,0', '--class', '8'], [part4])
      expect(code, said).toBe(0)
      expect(said).toContain('score network: part 3 is not complete here with this configuration, so its network is trained first')
      expectComplete(out, 'Fashion-MNIST', ['comparison', 'effect', 'gamma-0', 'gamma-3'])
      expect(text(out, 'part4', 'README.md')).toContain('its network was trained here, in the same way (`score-model.safetensors`')
      expect(text(out, 'part4', 'README.md')).toContain('Images of class 8 from')
      const { class: asked, gammas, score } = metricsOf(out)
      expect([asked, gammas.map(({ gamma }) => gamma), score.from]).toEqual([{ index: 8, name: '8' }, [0, 3], 'this part'])
      expect(images(out, 'part4', 'gamma-3')).not.toEqual(images(out, 'part4', 'gamma-0'))

      const networks = ['score-model.safetensors', 'classifier.safetensors'].map((name) => read(out, 'part4', name))
      const again = await smoke(out, [...fashion, '--gammas', '2', '--class', '1', '--sampler', 'ddim', '--steps', '4', '--resume'], [part4])
      expect(again.code, again.said).toBe(0)
      expect(again.said).toContain('classifier: taken from the earlier run')
      expect(['score-model.safetensors', 'classifier.safetensors'].map((name) => read(out, 'part4', name))).toEqual(networks)
      expect(text(out, 'part4', 'README.md')).toContain("The sampler is part 3's, unchanged: DDIM, 4 steps.")
      expect(text(out, 'part4', 'gamma-2.svg')).toContain('DDIM, 4 steps')
      expect(listed(join(out, 'part4', 'samples')).map((path) => path.slice(out.length))).toEqual(['/part4/samples/gamma-0-1.safetensors', '/part4/samples/gamma-2-1.safetensors'])
    }))

  it('interrupted while the classifier is trained and again while it samples, goes on from there and ends with the same bytes as a whole run', () =>
    inTemporaryFolder(async (out) => {
      const [whole, cut, argv] = [join(out, 'whole'), join(out, 'cut'), [...fashion, '--gammas', '1,4']]
      await smoke(whole, argv, [part4])
      expect((await smoke(cut, argv, [cutAt(part4, 'classifier', 8)])).code).toBe(1)
      const second = await smoke(cut, [...argv, '--resume'], [cutAt(part4, 'sampling with γ = 4', 5)])
      expect(second.code).toBe(1)
      expect(second.said).toContain('score network: taken from the earlier run')
      expect(second.said).toContain('classifier: goes on from step 8')
      const third = await smoke(cut, [...argv, '--resume'], [part4])
      expect(third.code, third.said).toBe(0)
      expect(third.said).toContain('classifier: taken from the earlier run')
      expect(third.said.match(/1 of 1 batches kept from an earlier run/g)).toHaveLength(2) // γ = 0 and 1
      expect(fingerprint(join(cut, 'part4'))).toEqual(fingerprint(join(whole, 'part4')))
    }))

  it('on MNIST holds guidance and classifier to their bars', (context: TestContext) => {
    const dataDir = process.env['SBGM_DATA_DIR']
    if (dataDir === undefined) return context.skip('SBGM_DATA_DIR is not set')
    return inTemporaryFolder(async (out) => {
      const { code, said } = await smokeRun(out, ['--dataset', 'mnist', '--data-dir', dataDir], [part4])
      expect(code, said).toBe(0)
      expectComplete(out, 'MNIST')
      expect(metricsOf(out).bars.map(({ name, limit }) => [name, limit])).toEqual([
        ['share called the class at γ = 5 by the classifier that guides', { min: 0.7 }],
        ['share called the class at γ = 5 by an independent classifier', { min: 0.7 }],
        ["guiding classifier: share of MNIST's clean test images put into their class", { min: 0.985 }],
      ])
    })
  })
})

describe('part 4 refuses, before any part works,', { timeout: 240_000 }, () => {
  it('a class that the data set does not have', () =>
    inTemporaryFolder(async (out) => {
      const first = standInPart(1)
      const { code, said } = await smoke(out, ['--dataset', 'digits', '--class', 'eleven'], [first, part4])
      expect([code, first.runs()]).toEqual([2, 0])
      expect(said).toContain("error: --class must be a class of drawn digits: 0 to 9, or all; got 'eleven'.\n")
    }))

  it('a folder whose part 3 is of another data set, naming both; unless this run makes part 3 anew', () =>
    inTemporaryFolder(async (out) => {
      await smoke(out, fashion, [part3])
      const first = standInPart(1)
      const { code, said } = await smoke(out, ['--dataset', 'mnist', '--parts', '1,4'], [first, part3, part4])
      expect([code, first.runs()]).toEqual([1, 0])
      expect(said).toMatch(/error: part3\/score-model\.safetensors, whose score parts 4 and compare take, must have dataset mnist; it has fashion-mnist\. Name part 3 in --parts as well, or give another --out\.\n$/)
      const both = await smoke(out, ['--dataset', 'mnist', '--parts', '3,4', '--gammas', '1'], [part3, part4])
      expect(both.code, both.said).toBe(0)
      expect(metricsOf(out).score.from).toBe('part 3')
    }))
})
