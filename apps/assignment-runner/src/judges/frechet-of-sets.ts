import { featureStatistics, frechetDistance, type FeatureStatistics } from '@sbgm/evaluation'
import { imagesAtHand, judgeImages, type Judge } from './judge'

/** The Fréchet distances of several sets of as many images each. */
export interface FrechetOfSets {
  /** How many sets, no image in two of them. */
  readonly sets: number
  /** Their mean: the expected distance of such a set, its bias included. */
  readonly mean: number
  /** Their standard deviation (n − 1): how much one set says. Left out for a single one. */
  readonly std?: number
}

/**
 * The Fréchet distances of sets of images to the training set, as mean and standard deviation. Of few images the distance is biased
 * upwards and varies from one draw to the next by a fifth of itself, so that one draw is no yardstick.
 *
 * @param setAt - the images of a set, all of equal number, one after the other; asked for once each, in order
 * @param sets - how many sets, at least one
 * @param judge - its features are compared
 * @param training - moments of its features over the training set
 * @param signal - ends the measuring between sets
 * @throws the signal's reason when it is aborted
 */
export async function frechetOfSets(
  setAt: (index: number) => Float32Array, sets: number, judge: Judge, training: FeatureStatistics, signal: AbortSignal,
): Promise<FrechetOfSets> {
  const distances: number[] = []
  for (let index = 0; index < sets; index++) {
    const { features } = await judgeImages(judge, imagesAtHand(setAt(index), judge.size), signal)
    distances.push(frechetDistance(featureStatistics(features, judge.network.features), training))
  }
  const mean = distances.reduce((sum, distance) => sum + distance, 0) / sets
  const squares = distances.reduce((sum, distance) => sum + (distance - mean) ** 2, 0)
  return { sets, mean, ...(sets > 1 && { std: Math.sqrt(squares / (sets - 1)) }) }
}
