import { openBackend, type Backend } from '@sbgm/backends'
import { digits, labelledImages, type Dataset, type LabelledImagesOptions } from '@sbgm/datasets'
import { hostSpace } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { decodeSafetensors, parametersToHost } from '@sbgm/training'
import { dispose } from '@tensorflow/tfjs-core'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RunError } from '../errors'
import { tinyDigits } from '../judges/stand-in-judges'
import { part3Sde } from '../part3/score-model'
import type { PartContext } from '../part'
import { inTemporaryFolder } from '../stand-in-host'
import { classifierFile, classifierNetwork, noisyLabelledBatches, trainClassifier } from './classifier'
import { classifierSettings } from './settings'
import { standInContext } from './stand-in-part4'

let backend: Backend
beforeAll(async () => {
  backend = await openBackend({ engine: 'wasm' })
})
afterAll(() => backend.close())

const data = tinyDigits()
const settings = classifierSettings.smoke
const perImage = 28 * 28

/** Trains in a context; gives the weights on the host. */
async function trained(context: PartContext, by = settings) {
  const { params, sha256, log } = await trainClassifier(context, by)
  const weights = await parametersToHost(params)
  dispose(params)
  return { weights, sha256, log }
}

describe('a training batch of the classifier', () => {
  const unshifted = { ...settings, largestShift: 0 }

  it('is α x₀ + σ ε at the times that it names, with the classes of the images x₀', () => {
    const { x, t, target } = noisyLabelledBatches(data.train, unshifted, 3)(2)
    const noise = hostSpace.normal({ seed: 3, stream: 'part4/noise', step: 2, firstSample: 0, draw: 0 }, { data: Float64Array.from(x.data), shape: x.shape })
    const { alpha, sigma } = part3Sde.schedule
    const images = Array.from({ length: data.train.count }, (_, i) => Array.from(data.train.images.subarray(i * perImage, (i + 1) * perImage)))
    expect([x.shape, t.shape, target.shape]).toEqual([[16, 28, 28, 1], [16], [16, 10]])
    for (let i = 0; i < 16; i++) {
      const time = t.data[i]
      const clean = Array.from({ length: perImage }, (_, k) => (x.data[i * perImage + k] - sigma(time) * noise.data[i * perImage + k]) / alpha(time))
      const bytes = clean.map((value) => Math.round(127.5 * (value + 1)))
      clean.forEach((value, k) => expect(Math.abs(127.5 * (value + 1) - bytes[k])).toBeLessThan(1e-4)) // a byte, to the float32 of the images
      const found = images.flatMap((image, index) => (image.every((byte, k) => byte === bytes[k]) ? [data.train.labels[index]] : []))
      expect(found.length).toBeGreaterThan(0)
      const row = Array.from({ length: 10 }, (_, k) => target.data[10 * i + k])
      expect(row).toEqual(Array.from({ length: 10 }, (_, k) => Number(k === found[0])))
    }
  })

  it('has the times u^p of u uniform: of mean 1/(p + 1), within [1e-5, 1] (2000 times of stratified batches, 5 standard errors of independent ones)', () => {
    for (const timePower of [1, 2, 3]) {
      const batches = noisyLabelledBatches(data.train, { ...settings, timePower }, 5)
      const times = Array.from({ length: 125 }, (_, step) => Array.from(batches(step + 1).t.data)).flat()
      const mean = times.reduce((sum, time) => sum + time, 0) / times.length
      const std = Math.sqrt(1 / (2 * timePower + 1) - 1 / (timePower + 1) ** 2)
      expect(Math.abs(mean - 1 / (timePower + 1))).toBeLessThan((5 * std) / Math.sqrt(times.length))
      expect(Math.min(...times)).toBeGreaterThanOrEqual(1e-5)
      expect(Math.max(...times)).toBeLessThanOrEqual(1)
    }
  })

  it('is a function of seed and step, and moves images where that is asked for', () => {
    const batches = noisyLabelledBatches(data.train, settings, 3)
    expect(noisyLabelledBatches(data.train, settings, 3)(7)).toEqual(batches(7))
    expect(batches(8)).not.toEqual(batches(7))
    expect(noisyLabelledBatches(data.train, settings, 4)(7)).not.toEqual(batches(7))
    expect(noisyLabelledBatches(data.train, unshifted, 3)(7).x).not.toEqual(batches(7).x)
  })
})

describe('training the classifier', { timeout: 120_000 }, () => {
  it('writes weights that say what they are, and a log; repeated it has the same bits, with another seed others, and leaves nothing behind', () =>
    inTemporaryFolder(async (out) => {
      const context = standInContext({ out: join(out, 'a'), data })
      const first = await trained(context)
      expect(context.folder.files().map(({ path }) => path)).toEqual(['part4/classifier-training.jsonl', `part4/${classifierFile}`])
      expect(first.log.map(({ step }) => step)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1))
      expect(first.log[0].loss).toBeCloseTo(Math.log(10), 5) // a fresh one calls all classes equal
      const { metadata, tensors } = decodeSafetensors(context.folder.read(classifierFile))
      expect(metadata).toMatchObject({ dataset: 'digits', checksum: data.checksum, classes: JSON.stringify(data.train.classNames), weights: 'exponential moving average' })
      expect(JSON.parse(metadata['network'])).toEqual({ kind: 'noisyClassifier', height: 28, width: 28, channels: 1, classes: 10, ...settings.network })
      expect(JSON.parse(metadata['sde'])).toEqual({ kind: 'vpSde', betaMin: 0.1, betaMax: 20, tMin: 1e-5 })
      expect(JSON.parse(metadata['training'])).toMatchObject({ seed: 1, steps: 12, largestShift: 1, timePower: 2 })
      expect(tensors['output.logits.kernel'].shape).toEqual([8, 10])
      expect(existsSync(join(context.folder.path, 'classifier-checkpoints'))).toBe(false)

      expect(await tensorLeak(async () => {
        expect((await trained(standInContext({ out: join(out, 'b'), data }))).sha256).toBe(first.sha256)
      })).toEqual(noLeak)
      expect((await trained(standInContext({ out: join(out, 'c'), data, seed: 2 }))).sha256).not.toBe(first.sha256)
    }))

  it('interrupted goes on from its checkpoint and ends with the same bits; done, it is taken as it is', () =>
    inTemporaryFolder(async (out) => {
      const whole = await trained(standInContext({ out: join(out, 'whole'), data }))
      const control = new AbortController()
      const reason = new Error('enough')
      const stage = () => ({ advance: (done: number) => done === 8 && control.abort(reason), skip: () => undefined, end: () => undefined })
      const cut = standInContext({ out: join(out, 'cut'), data, signal: control.signal, progress: { note: () => undefined, stage } })
      await expect(trained(cut)).rejects.toBe(reason)
      expect(readdirSync(join(cut.folder.path, 'classifier-checkpoints'))).toContain('step-00000008.safetensors')
      const notes: string[] = []
      const progress = { note: (line: string) => void notes.push(line.trim()), stage: () => ({ advance: () => undefined, skip: () => undefined, end: () => undefined }) }
      const resumed = standInContext({ out: join(out, 'cut'), data, earlier: cut.folder, progress })
      expect((await trained(resumed)).weights).toEqual(whole.weights)
      expect((await trained(standInContext({ out: join(out, 'cut'), data, earlier: resumed.folder, progress }))).weights).toEqual(whole.weights)
      expect(notes).toEqual(['classifier: goes on from step 8', 'classifier: taken from the earlier run'])
    }))

  const remade = (changed: Partial<LabelledImagesOptions>): Dataset => {
    const set = labelledImages({ ...data.train, ...changed })
    return { name: data.name, train: set, test: set, checksum: data.checksum }
  }
  const cases: readonly [string, () => Dataset, RegExp][] = [
    ['another data set', () => ({ ...data, name: 'mnist' }), /^classifier\.safetensors must have dataset mnist; it has digits\. Drop --resume\.$/],
    ['other images of it', () => digits({ seed: 2, trainCount: 400, testCount: 200 }), /^classifier\.safetensors must have checksum .*; it has .*\. Drop --resume\.$/],
    ['other classes', () => remade({ classNames: [...'abcdefghij'] }), /^classifier\.safetensors must have classes \["a",.*; it has \["0",.*\. Drop --resume\.$/],
    ['more classes', () => remade({ classNames: [...'0123456789', 'none'] }), /must have classes .*"none"\]; it has /],
    ['images of another size', () => remade({ height: 196, width: 4 }), /must have network \{"kind":"noisyClassifier","height":196,"width":4,.*; it has .*"height":28,/],
  ]
  it.each(cases)('refuses a stored classifier of %s, naming both', (_, other, expected) =>
    inTemporaryFolder(async (out) => {
      const context = standInContext({ out, data })
      await trained(context)
      const resumed = trained(standInContext({ out, data: other(), earlier: context.folder }), settings)
      await expect(resumed).rejects.toThrow(RunError)
      await expect(resumed).rejects.toThrow(expected)
    }))
})

it('the network has as many outputs as the set has classes, and its size', () => {
  expect(classifierNetwork(settings, data.train).classes).toBe(10)
  expect(() => classifierNetwork(settings, { ...data.train, height: 27 })).toThrow(/height must be divisible by 4/)
})
