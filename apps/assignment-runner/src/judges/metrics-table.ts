import { imagesOf, shuffledBatches, type Dataset } from '@sbgm/datasets'
import { addGaussianNoise, featureStatistics, type FeatureStatistics } from '@sbgm/evaluation'
import { fillNormal } from '@sbgm/sde-core'
import type { PartContext } from '../part'
import { frechetOfSets } from './frechet-of-sets'
import { valuesPerImage } from './image-size'
import { imagesOfSet, judgeImages } from './judge'
import { metricsRow, type Measures, type MetricsRow } from './metrics-row'
import { judgesQuality, type JudgesQuality } from './judges-quality'
import type { JudgeFiles, Judges } from './open-judges'
import type { JudgeSettings } from './settings'

/** Standard deviations of the Gaussian noise on real images whose metrics stand beside a model's, for scale. */
export const noiseLevels = [0.1, 0.2, 0.3, 0.5] as const

/** What the metrics say of real images: a function of data and judges alone. */
export interface ReferenceRows {
  /** How good the judges themselves are. */
  readonly judges: JudgesQuality
  /** Images of the test set. */
  readonly real: MetricsRow
  /** The same images under Gaussian noise of each of {@link noiseLevels}. */
  readonly noisy: readonly { readonly std: number; readonly row: MetricsRow }[]
  /** Moments of the ten-class network's features over the whole training set. */
  readonly features: FeatureStatistics
}

/** The whole table of one model. */
export interface MetricsTable {
  /** What the model made. */
  readonly samples: MetricsRow
  /** What it is compared with; as many images in each row. */
  readonly reference: ReferenceRows
}

/** What the table is made with. */
export interface MetricsOptions extends Pick<PartContext, 'signal' | 'progress'> {
  readonly judges: Judges
  readonly data: Dataset
  readonly settings: JudgeSettings
  readonly files: JudgeFiles
}

/**
 * The table for a model's images. The rows of real images are kept beside the judges and taken from there the next time.
 *
 * @param images - what the model made, `settings.samples` of them, so that rows of equal size are compared; borrowed
 * @throws the signal's reason when it is aborted
 */
export async function metricsTable(images: Float32Array, options: MetricsOptions): Promise<MetricsTable> {
  const reference = await referenceRows(options)
  return { samples: await metricsRow('samples', images, measuresOf(options, reference.features)), reference }
}

const measuresOf = ({ judges, data, signal }: MetricsOptions, features: FeatureStatistics): Measures => ({ judges, train: data.train, features, signal })

/**
 * The metrics of real images and of the same images under noise: `settings.samples` of the test set, chosen by the judges' seed; their
 * Fréchet distance as the mean over `settings.realSets` sets of as many.
 */
export async function referenceRows(options: MetricsOptions): Promise<ReferenceRows> {
  const { judges, data, settings, files, signal, progress } = options
  const { samples, seed } = settings
  const name = `real-images-${samples}.json`
  const sets = Math.min(settings.realSets, Math.floor(data.test.count / samples))
  const key = { checksum: data.checksum, seed: settings.seed, tenClass: judges.tenClass.sha256, elevenClass: judges.elevenClass.sha256, sets }
  const kept = keptRows(files.read(name), key)
  if (kept) return kept

  const stage = progress.stage('metrics of real images', 3 + noiseLevels.length)
  const quality = await judgesQuality(judges, data, signal)
  stage.advance(1)
  const { features: seen } = await judgeImages(judges.tenClass, imagesOfSet(data.train), signal)
  const features = featureStatistics(seen, judges.tenClass.network.features)
  stage.advance(2)
  const measures = measuresOf(options, features)
  const order = shuffledBatches({ count: data.test.count, batchSize: samples, seed, stream: 'judges/real' })
  const noise = new Float32Array(samples * valuesPerImage(data.test))
  /** A set of real images under noise of that std; no image is in two sets. */
  const realSet = (index: number, std: number) => {
    const images = imagesOf(data.test, order.indicesAt(index + 1)).data
    if (std === 0) return images
    fillNormal(noise, valuesPerImage(data.test), { seed, stream: 'judges/real-noise', step: 0, firstSample: index * samples, draw: 0 })
    return addGaussianNoise(images, noise, std)
  }
  const rowOf = async (std: number): Promise<MetricsRow> => {
    const frechetSets = await frechetOfSets((index) => realSet(index, std), sets, judges.tenClass, features, signal)
    const row = await metricsRow(std === 0 ? 'real images' : `real images, noise of std ${std}`, realSet(0, std), measures)
    return { ...row, frechet: frechetSets.mean, frechetSets }
  }
  const real = await rowOf(0)
  stage.advance(3)
  const noisy = []
  for (const std of noiseLevels) {
    noisy.push({ std, row: await rowOf(std) })
    stage.advance(3 + noisy.length)
  }
  stage.end()
  const rows: ReferenceRows = { judges: quality, real, noisy, features }
  files.write(name, new TextEncoder().encode(storedJson({ key, rows })))
  return rows
}

/** Which data and judges rows belong to. */
type Key = Readonly<Record<string, string | number>>

const storedJson = (content: { readonly key: Key; readonly rows: ReferenceRows }): string =>
  JSON.stringify(content, (_, value: unknown) => (value instanceof Float64Array ? Array.from(value) : value))

/** The rows of a file with this key; `undefined` for any other, or a damaged one. */
function keptRows(bytes: Uint8Array | undefined, key: Key): ReferenceRows | undefined {
  if (bytes === undefined) return undefined
  try {
    const content = JSON.parse(new TextDecoder().decode(bytes)) as { readonly key: Key; readonly rows: ReferenceRows }
    if (JSON.stringify(content.key) !== JSON.stringify(key)) return undefined
    const { mean, covariance, ...moments } = content.rows.features
    return { ...content.rows, features: { ...moments, mean: Float64Array.from(mean), covariance: Float64Array.from(covariance) } }
  } catch {
    return undefined
  }
}
