import { openBackend, type Backend } from '@sbgm/backends'
import { imagesOf } from '@sbgm/datasets'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { metricsTable, noiseLevels, referenceRows, type MetricsOptions } from './metrics-table'
import { openJudges, type Judges } from './open-judges'
import { listeningProgress, memoryFiles, quietContext, tinyDigits, tinySettings } from './stand-in-judges'

const data = tinyDigits()
const { samples } = tinySettings
const stage = 'metrics of real images'
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

const options = (change: Partial<MetricsOptions> = {}): MetricsOptions =>
  ({ judges, data, settings: tinySettings, files: memoryFiles().files, ...quietContext(), ...change })
const trainingImages = imagesOf(data.train, Int32Array.from({ length: samples }, (_, i) => i)).data

describe('the table of metrics', () => {
  it('has a row for real images and one for each noise, all of as many images, every one in a class', async () => {
    const { real, noisy, features } = await referenceRows(options())
    expect(noisy.map(({ std }) => std)).toEqual([...noiseLevels])
    for (const { count, histogram, confidentShare, entropyNats, nearest } of [real, ...noisy.map(({ row }) => row)]) {
      expect(count).toBe(samples)
      expect(histogram.reduce((total, images) => total + images, 0)).toBe(samples)
      expect(confidentShare >= 0 && confidentShare <= 1).toBe(true)
      expect(entropyNats <= Math.log(10)).toBe(true)
      expect(nearest).toBeGreaterThan(0)
    }
    expect(features.count).toBe(data.train.count)
  })

  it('shows more noise by a larger distance to the nearest training image, and the most by a larger Fréchet distance than none', async () => {
    const { real, noisy } = await referenceRows(options())
    const distances = [real, ...noisy.map(({ row }) => row)].map(({ nearest }) => nearest)
    expect(distances).toEqual([...distances].sort((a, b) => a - b))
    expect(noisy.at(-1)?.row.frechet ?? NaN).toBeGreaterThan(real.frechet)
  })

  it('shows a copier: training images lie at distance 0, far outside [−1, 1] too', async () => {
    const { samples: row } = await metricsTable(trainingImages, options())
    expect(row).toMatchObject({ name: 'samples', count: samples, nearest: 0 })
    const { samples: wide } = await metricsTable(trainingImages.map((value) => (Math.abs(value) === 1 ? 5 * value : value)), options())
    expect(wide).toEqual(row)
  })

  it('keeps the rows of real images, and makes them anew for other judges or a damaged file', async () => {
    const { files, stored } = memoryFiles()
    const rows = async (change: Partial<MetricsOptions> = {}) => {
      const { progress, heard } = listeningProgress()
      return { rows: await referenceRows(options({ files, progress, ...change })), heard }
    }
    const first = await rows()
    expect(first.heard).toEqual([stage])
    expect([...stored.keys()]).toEqual([`real-images-${samples}.json`])
    expect(await rows()).toEqual({ ...first, heard: [] })
    const others = { ...judges, tenClass: { ...judges.tenClass, sha256: 'other' } }
    expect((await rows({ judges: others })).heard).toEqual([stage])
    expect((await rows()).heard).toEqual([stage])
    stored.set(`real-images-${samples}.json`, new TextEncoder().encode('{"key":'))
    expect(await rows()).toEqual(first)
  })

  it('is stopped by the signal, with its reason', async () => {
    const control = new AbortController()
    const reason = new Error('enough')
    control.abort(reason)
    await expect(metricsTable(trainingImages, options({ signal: control.signal }))).rejects.toBe(reason)
  })
})
