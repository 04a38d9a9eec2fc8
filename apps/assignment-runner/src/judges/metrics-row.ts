import type { LabelledImages } from '@sbgm/datasets'
import {
  clampImages, classHistogram, confidentShare, entropyNats, featureStatistics, frechetDistance, median, nearestDistances, predictedClasses,
  type FeatureStatistics,
} from '@sbgm/evaluation'
import { breather } from '../breather'
import type { FrechetOfSets } from './frechet-of-sets'
import { valuesPerImage } from './image-size'
import { imagesAtHand, judgeImages } from './judge'
import type { Judges } from './open-judges'

/** What the metrics say of a set of images. */
export interface MetricsRow {
  /** What the images are. */
  readonly name: string
  /** How many. */
  readonly count: number
  /** Share that the eleven-class network calls one of the classes with a probability of at least 0.9. */
  readonly confidentShare: number
  /** How many classes have at least one such image. */
  readonly confidentClasses: number
  /** How many images the ten-class network puts into each class: every image into one. */
  readonly histogram: readonly number[]
  /** Entropy of that histogram, in nats; ln 10 where ten classes are equally frequent. */
  readonly entropyNats: number
  /**
   * Fréchet distance to the training set, of the ten-class network's 64 features; biased upwards the more, the fewer images. Of a row of
   * real images the mean over {@link MetricsRow.frechetSets}.
   */
  readonly frechet: number
  /** Of a row of real images: the distances of the test set's other images too, in sets of `count`. */
  readonly frechetSets?: FrechetOfSets
  /** Median over the images of the Euclidean distance to the nearest training image, pixels in [−1, 1]: small for a copier. */
  readonly nearest: number
}

/** What the judges alone say of a set of images: {@link MetricsRow} without what takes longest. */
export type JudgedRow = Omit<MetricsRow, 'nearest'>

/** What images are measured with. */
export interface Measures {
  readonly judges: Judges
  /** The training set. */
  readonly train: LabelledImages
  /** Moments of the ten-class network's features over the whole training set. */
  readonly features: FeatureStatistics
  /** Ends the measuring between images. */
  readonly signal: AbortSignal
}

/** The least probability that counts as confident. */
const threshold = 0.9

/**
 * The metrics of images, each clamped to [−1, 1] first. Returns to the event loop now and then.
 *
 * @param name - what they are
 * @param images - at least two, one after the other, of the training set's size; borrowed
 * @throws the signal's reason when it is aborted
 */
export async function metricsRow(name: string, images: Float32Array, measures: Measures): Promise<MetricsRow> {
  const clamped = clampImages(images)
  const distances = await nearestTo(measures.train, clamped, measures.signal)
  return { ...(await judgedRow(name, clamped, measures)), nearest: median(distances.map(({ distance }) => distance)) }
}

/** What the judges say of images; as {@link metricsRow}. */
export async function judgedRow(name: string, images: Float32Array, { judges, train, features, signal }: Measures): Promise<JudgedRow> {
  const { tenClass, elevenClass } = judges
  const source = imagesAtHand(clampImages(images), train)
  const [ten, eleven] = [await judgeImages(tenClass, source, signal), await judgeImages(elevenClass, source, signal)]
  const histogram = classHistogram(ten.predictions, tenClass.classes)
  return {
    name,
    count: source.count,
    confidentShare: confidentShare(eleven.probabilities, { classes: elevenClass.classes, columns: elevenClass.network.classes, threshold }),
    confidentClasses: confidentClasses(eleven.probabilities, elevenClass.network.classes, elevenClass.classes),
    histogram: Array.from(histogram),
    entropyNats: entropyNats(histogram),
    frechet: frechetDistance(featureStatistics(ten.features, tenClass.network.features), features),
  }
}

/** How many of the classes have an image that is called theirs with confidence. */
function confidentClasses(probabilities: Float64Array, columns: number, classes: number): number {
  const called = predictedClasses(probabilities, columns)
  return new Set(called.filter((column, row) => column < classes && probabilities[row * columns + column] >= threshold)).size
}

/** The nearest image of the training set for each image, and its distance; with the event loop alive. */
export async function nearestTo(train: LabelledImages, images: Float32Array, signal: AbortSignal): Promise<{ readonly distance: number; readonly index: number }[]> {
  const breathe = breather()
  const found = []
  for (const nearest of nearestDistances(images, train.images, valuesPerImage(train))) {
    found.push(nearest)
    await breathe()
    signal.throwIfAborted()
  }
  return found
}
