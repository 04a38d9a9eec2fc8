import { imagesOf, type LabelledImages } from '@sbgm/datasets'
import {
  clampImages, classHistogram, confidentShare, featureStatistics, frechetDistance, meanPairwiseDistance, predictedClasses, type FeatureStatistics, type PairwiseDistance,
} from '@sbgm/evaluation'
import { frechetOfSets, type FrechetOfSets } from '../judges/frechet-of-sets'
import { imagesAtHand, judgeImages, type ImageSource } from '../judges/judge'
import type { Judges } from '../judges/open-judges'
import type { PartContext } from '../part'
import type { OpenClassifier } from './open-classifier'

/** What is found out about images that should be of one class. */
export interface ClassMeasures {
  /** How many images. */
  readonly count: number
  /** Share that the classifier which guides puts into the class, at the earliest time that it is asked at in sampling. */
  readonly guide: number
  /** Share that the independent ten-class judge, which knows clean images alone, puts into the class. */
  readonly judge: number
  /** Share that the eleven-class judge, which knows "none of them", calls any class with a probability of at least 0.9. */
  readonly anyClass: number
  /** How many images the ten-class judge puts into each class. */
  readonly histogram: readonly number[]
  /** Mean distance between two of the images, of the ten-class judge's features. */
  readonly diversity: PairwiseDistance
  /** Fréchet distance to the training images of the class, of the same features; biased upwards the more, the fewer images. */
  readonly frechet: number
}

/** The measures of what one γ made. */
export interface GammaMeasures extends ClassMeasures {
  /** The scale of the guidance. */
  readonly gamma: number
}

/** The measures of all real test images of a class. */
export interface RealMeasures extends ClassMeasures {
  /** Their Fréchet distance is a mean over sets of as many images as each γ made: of more of them it would be less. */
  readonly frechetSets: FrechetOfSets & {
    /** Images in each set. */
    readonly size: number
  }
}

/** What images of a class are measured with. */
export interface ClassMeasuring {
  readonly judges: Judges
  readonly guide: Pick<OpenClassifier, 'classes' | 'classify'>
  /** The time at which the guide is asked about images. */
  readonly time: number
  /** The class. */
  readonly label: number
  /** The training set. */
  readonly train: LabelledImages
  /** Moments of the ten-class judge's features over the training images of the class, from {@link classFeatures}. */
  readonly features: FeatureStatistics
  readonly signal: PartContext['signal']
}

/**
 * Measures images, each clamped to [−1, 1] first.
 *
 * @param images - at least two, one after the other; borrowed
 * @throws the signal's reason when it is aborted
 */
export async function measureClass(images: Float32Array, { judges: { tenClass, elevenClass }, guide, time, label, train, features, signal }: ClassMeasuring): Promise<ClassMeasures> {
  const source = imagesAtHand(clampImages(images), train)
  const ten = await judgeImages(tenClass, source, signal)
  const eleven = await judgeImages(elevenClass, source, signal)
  const guided = predictedClasses(await guide.classify(source, time, signal), guide.classes)
  const share = (predictions: Int32Array) => predictions.filter((predicted) => predicted === label).length / source.count
  return {
    count: source.count,
    guide: share(guided),
    judge: share(ten.predictions),
    anyClass: confidentShare(eleven.probabilities, { classes: elevenClass.classes, columns: elevenClass.network.classes, threshold: 0.9 }),
    histogram: Array.from(classHistogram(ten.predictions, tenClass.classes)),
    diversity: meanPairwiseDistance(ten.features, tenClass.network.features),
    frechet: frechetDistance(featureStatistics(ten.features, tenClass.network.features), features),
  }
}

/**
 * Measures real images of a class: all of them, and the Fréchet distance in sets of so many, or of all where there are fewer.
 *
 * @throws the signal's reason when it is aborted
 */
export async function measureReal(real: ImageSource, most: number, measuring: ClassMeasuring): Promise<RealMeasures> {
  const size = Math.min(most, real.count)
  const sets = await frechetOfSets((i) => real.slice(i * size, (i + 1) * size), Math.floor(real.count / size), measuring.judges.tenClass, measuring.features, measuring.signal)
  return { ...(await measureClass(real.slice(0, real.count), measuring)), frechet: sets.mean, frechetSets: { ...sets, size } }
}

/** Moments of the ten-class judge's features over all images of a class. @throws the signal's reason when it is aborted */
export async function classFeatures({ tenClass }: Judges, set: LabelledImages, label: number, signal: AbortSignal): Promise<FeatureStatistics> {
  const { features } = await judgeImages(tenClass, imagesOfClass(set, label), signal)
  return featureStatistics(features, tenClass.network.features)
}

/** The images of a class in the order of the set. */
export function imagesOfClass(set: LabelledImages, label: number): ImageSource {
  const indices: number[] = []
  for (let i = 0; i < set.count; i++) if (set.labels[i] === label) indices.push(i)
  return { count: indices.length, slice: (from, to) => imagesOf(set, Int32Array.from(indices.slice(from, to))).data }
}
