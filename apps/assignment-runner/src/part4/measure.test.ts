import { openBackend, type Backend } from '@sbgm/backends'
import { imagesOf } from '@sbgm/datasets'
import { featureStatistics, frechetDistance, meanPairwiseDistance } from '@sbgm/evaluation'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { imagesAtHand, judgeImages, type ImageSource } from '../judges/judge'
import { openJudges, type Judges } from '../judges/open-judges'
import { memoryFiles, quietContext, tinyDigits, tinySettings } from '../judges/stand-in-judges'
import { classFeatures, imagesOfClass, measureClass, measureReal, type ClassMeasuring } from './measure'

const data = tinyDigits()
const { signal } = quietContext()
const label = 5
let backend: Backend
let judges: Judges
let measuring: ClassMeasuring
const asked: { readonly count: number, readonly time: number }[] = []

/** A classifier that finds the first image alone to be of the class. */
const guide = {
  classes: 10,
  classify: (images: ImageSource, time: number) => {
    asked.push({ count: images.count, time })
    return Promise.resolve(Float32Array.from({ length: images.count * 10 }, (_, i) => (i % 10 === (i < 10 ? label : 3) ? 1 : 0)))
  },
}

beforeAll(async () => {
  backend = await openBackend({ engine: 'wasm' })
  judges = await openJudges({ settings: tinySettings, data, engine: 'wasm', files: memoryFiles().files, ...quietContext() })
  measuring = { judges, guide, time: 1e-3, label, train: data.train, features: await classFeatures(judges, data.train, label, signal), signal }
})
afterAll(async () => {
  await judges.close()
  await backend.close()
})

it('the images of a class are all of it, in the order of the set', () => {
  const found = imagesOfClass(data.test, label)
  const indices = Array.from(data.test.labels).flatMap((one, i) => (one === label ? [i] : []))
  expect(found.count).toBe(20)
  expect(found.slice(2, 5)).toEqual(imagesOf(data.test, Int32Array.from(indices.slice(2, 5))).data)
})

describe('images that should be of a class', () => {
  it('are measured as both judges and the classifier that guides see them, clamped first', async () => {
    const all = imagesOfClass(data.test, label)
    const images = all.slice(0, 8)
    const beyond = images.map((value) => (Math.abs(value) === 1 ? 3 * value : value))
    const found = await measureClass(beyond, measuring)
    expect(found).toEqual(await measureClass(images, measuring))
    expect(asked.at(-1)).toEqual({ count: 8, time: 1e-3 })
    const judge = judges.tenClass
    const { predictions, features } = await judgeImages(judge, imagesAtHand(images, data.test), signal)
    expect(found).toMatchObject({
      count: 8,
      guide: 1 / 8,
      judge: predictions.filter((one) => one === label).length / 8,
      histogram: Array.from({ length: 10 }, (_, one) => predictions.filter((predicted) => predicted === one).length),
      diversity: meanPairwiseDistance(features, judge.network.features),
      frechet: frechetDistance(featureStatistics(features, judge.network.features), measuring.features),
    })
  })

  it('where they are real: all of them, but the Fréchet distance in sets of as many as are compared', async () => {
    const real = imagesOfClass(data.test, label)
    const found = await measureReal(real, 8, measuring)
    const sets = await Promise.all([0, 1].map((i) => measureClass(real.slice(8 * i, 8 * i + 8), measuring)))
    expect(found).toMatchObject({ count: 20, guide: 1 / 20, frechetSets: { sets: 2, size: 8 } })
    expect(found.frechet).toBeCloseTo((sets[0].frechet + sets[1].frechet) / 2, 4)
    expect((await measureReal(real, 64, measuring)).frechetSets).toMatchObject({ sets: 1, size: 20 })
  })
})
