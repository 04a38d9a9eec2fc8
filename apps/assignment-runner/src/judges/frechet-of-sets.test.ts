import { openBackend, type Backend } from '@sbgm/backends'
import { imagesOf } from '@sbgm/datasets'
import { featureStatistics, frechetDistance } from '@sbgm/evaluation'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { frechetOfSets } from './frechet-of-sets'
import { imagesOfSet, judgeImages } from './judge'
import { openJudges, type Judges } from './open-judges'
import { memoryFiles, quietContext, tinyDigits, tinySettings } from './stand-in-judges'

const data = tinyDigits()
const { signal } = quietContext()
let backend: Backend
let judges: Judges
beforeAll(async () => {
  backend = await openBackend({ engine: 'wasm' })
  judges = await openJudges({ settings: tinySettings, data, engine: 'wasm', files: memoryFiles().files, ...quietContext() })
})
afterAll(async () => {
  await judges.close()
  await backend.close()
})

const testImages = (index: number) => imagesOf(data.test, Int32Array.from({ length: 40 }, (_, i) => 40 * index + i)).data

it('is the mean and the standard deviation of the sets\' own distances', async () => {
  const judge = judges.tenClass
  const { features } = judge.network
  const training = featureStatistics((await judgeImages(judge, imagesOfSet(data.train), signal)).features, features)
  const all = (await judgeImages(judge, imagesOfSet(data.test), signal)).features
  const each = [0, 1, 2].map((i) => frechetDistance(featureStatistics(all.slice(40 * i * features, 40 * (i + 1) * features), features), training))
  const mean = (each[0] + each[1] + each[2]) / 3
  const found = await frechetOfSets(testImages, 3, judge, training, signal)
  expect(found.sets).toBe(3)
  expect(found.mean).toBeCloseTo(mean, 3)
  expect(found.std).toBeCloseTo(Math.sqrt(each.reduce((sum, distance) => sum + (distance - mean) ** 2, 0) / 2), 3)
  expect((await frechetOfSets(testImages, 1, judge, training, signal)).std).toBeUndefined()
})

it('is stopped by the signal, with its reason', async () => {
  const reason = new Error('enough')
  const training = featureStatistics(new Float32Array(2 * judges.tenClass.network.features), judges.tenClass.network.features)
  await expect(frechetOfSets(testImages, 2, judges.tenClass, training, AbortSignal.abort(reason))).rejects.toBe(reason)
})
