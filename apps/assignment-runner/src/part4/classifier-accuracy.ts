import { imagesOf, type Dataset, type LabelledImages } from '@sbgm/datasets'
import { accuracy, classHistogram, entropyNats, predictedClasses, softmax } from '@sbgm/evaluation'
import { hostSpace, perturb, type HostState } from '@sbgm/sde-core'
import { atLeast, type Bar } from '../bar'
import { datasetTitle } from '../images/dataset-title'
import { imagesAtHand, imagesOfSet } from '../judges/judge'
import type { Profile } from '../options'
import { part3Sde, part3SdeRecord } from '../part3/score-model'
import type { PartContext } from '../part'
import type { OpenClassifier } from './open-classifier'

/** How well a classifier of noisy images does on images that it was not trained on. */
export interface ClassifierAccuracy {
  /** Share of all test images, without noise, that it puts into their class at the earliest time that it was trained on. */
  readonly clean: number
  /** The times of the curve, increasing. */
  readonly times: Float64Array
  /** The same share of test images with the noise of each of those times. */
  readonly accuracies: Float64Array
  /** Mean of −ln p_t(y | x) of their own classes y, in nats, at each. */
  readonly crossEntropies: Float64Array
  /** Test images at each time: the same ones, with other noise. */
  readonly images: number
  /** The share that is right without looking, by always naming the class that most of those images have. */
  readonly guess: number
  /** The cross-entropy without looking, by naming the shares of the classes among them: their entropy, in nats. */
  readonly guessEntropy: number
}

/** The times of the curve; the first stands for none, and has no noise that could be seen. */
const curveTimes = [part3SdeRecord.tMin, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]

/**
 * Measures a classifier on the clean test set and against the time.
 *
 * @param imagesPerTime - test images at each time, spread evenly over the set; all of them where it has fewer
 * @throws the signal's reason when the run is interrupted
 */
export async function classifierAccuracy(
  classifier: Pick<OpenClassifier, 'classes' | 'classify'>,
  { test }: Dataset,
  imagesPerTime: number,
  { seed, signal, progress }: Pick<PartContext, 'seed' | 'signal' | 'progress'>,
): Promise<ClassifierAccuracy> {
  const { classes } = classifier
  const images = Math.min(imagesPerTime, test.count)
  const indices = Int32Array.from({ length: images }, (_, i) => Math.floor((i * test.count) / images))
  const labels = indices.map((index) => test.labels[index])
  const stage = progress.stage('accuracy of the classifier', curveTimes.length + 1)
  const [accuracies, crossEntropies] = [new Float64Array(curveTimes.length), new Float64Array(curveTimes.length)]
  const clean = accuracy(predictedClasses(await classifier.classify(imagesOfSet(test), part3SdeRecord.tMin, signal), classes), test.labels)
  for (const [i, t] of curveTimes.entries()) {
    stage.advance(i + 1)
    const logits = await classifier.classify(imagesAtHand(noisyImages(test, indices, { t, seed, step: i }), test), t, signal)
    const probabilities = softmax(logits, classes)
    accuracies[i] = accuracy(predictedClasses(logits, classes), labels)
    crossEntropies[i] = labels.reduce((sum, label, k) => sum - Math.log(probabilities[k * classes + label]), 0) / images
  }
  stage.end(`${(100 * clean).toFixed(2)} % of the clean test images`)
  const counts = classHistogram(labels, classes)
  return { clean, times: Float64Array.from(curveTimes), accuracies, crossEntropies, images, guess: Math.max(...counts) / images, guessEntropy: entropyNats(counts) }
}

/** Images of a set with the noise of a time, a function of seed and step. */
function noisyImages(set: LabelledImages, indices: Int32Array, { t, seed, step }: { readonly t: number; readonly seed: number; readonly step: number }): Float32Array {
  const { data, shape } = imagesOf(set, indices)
  const x0: HostState = { data: Float64Array.from(data), shape }
  const noise = hostSpace.normal({ seed, stream: 'part4/accuracy', step, firstSample: 0, draw: 0 }, x0)
  return Float32Array.from(perturb({ sde: part3Sde, space: hostSpace, x0, noise, t: new Float64Array(indices.length).fill(t) }).data)
}

/** The least accuracy on clean test images, by data set: MNIST's depends on the profile, that of smoke is quick's. */
const leastAccuracy: Readonly<Record<string, (profile: Profile) => number>> = {
  mnist: (profile) => (profile === 'full' ? 0.99 : 0.985),
  'fashion-mnist': () => 0.9,
}

/** The bar of the classifier; none for a set that is not published. */
export function classifierBars(profile: Profile, { clean }: ClassifierAccuracy, dataset: string): Bar[] {
  const least = leastAccuracy[dataset]?.(profile)
  return least === undefined ? [] : [atLeast(`guiding classifier: share of ${datasetTitle({ name: dataset })}'s clean test images put into their class`, clean, least)]
}
