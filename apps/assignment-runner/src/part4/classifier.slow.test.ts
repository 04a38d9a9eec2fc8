import { openBackend, type Backend } from '@sbgm/backends'
import { loadDataset } from '@sbgm/datasets/node'
import { dispose } from '@tensorflow/tfjs-core'
import { availableParallelism } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { onnxCompute } from '../compute/onnx-compute'
import { inTemporaryFolder } from '../stand-in-host'
import { trainClassifier } from './classifier'
import { classifierAccuracy, classifierBars } from './classifier-accuracy'
import { openClassifier } from './open-classifier'
import { classifierSettingsFor } from './settings'
import { standInContext } from './stand-in-part4'

let backend: Backend
beforeAll(async () => {
  backend = await openBackend({ engine: 'wasm' })
})
afterAll(() => backend.close())

describe('the classifier of the quick profile', () => {
  it.for(['mnist'] as const)('meets its bar on clean test images of %s, does worse the more noise there is, and no better than a guess at t = 1 (5 standard errors)', async (name, context) => {
    const dataDir = process.env['SBGM_DATA_DIR']
    if (dataDir === undefined) return context.skip('SBGM_DATA_DIR is not set')
    const data = await loadDataset({ name, dataDir })
    await inTemporaryFolder(async (out) => {
      const compute = onnxCompute({ threads: availableParallelism() })
      const run = standInContext({ out, data, compute, seed: 0 })
      const settings = classifierSettingsFor('quick', name)
      const trained = await trainClassifier(run, settings)
      const classifier = openClassifier(compute, trained, data.train, 64)
      try {
        const measured = await classifierAccuracy(classifier, data, settings.imagesPerTime, run)
        console.log(JSON.stringify({ name, seconds: trained.log[trained.log.length - 1].seconds, ...measured }))
        expect(classifierBars('quick', measured, name)).toMatchObject([{ pass: true }])
        const { accuracies, times, images, guess } = measured
        const atTenths = Array.from(accuracies).filter((_, i) => [0.2, 0.4, 0.6, 0.8].includes(times[i]))
        expect(atTenths).toEqual([...atTenths].sort((a, b) => b - a))
        expect(accuracies[accuracies.length - 1]).toBeLessThan(guess + 5 * Math.sqrt((guess * (1 - guess)) / images))
      } finally {
        await classifier.close()
        dispose({ ...trained.params })
      }
    })
  })
})
