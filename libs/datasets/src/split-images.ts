import { InvalidArgumentError } from '@sbgm/sde-core'
import { selectImages, type LabelledImages } from './labelled-images'
import { permutation } from './permutation'

/** Settings of {@link splitImages}. */
export interface SplitImagesOptions {
  /** How many images are held out for validation, from 0 to all but one. */
  readonly validation: number
  /** Decides which ones, an integer ≥ 0. */
  readonly seed: number
}

/** A set in two parts that share no image and together hold all. */
export interface ImageSplit {
  /** What is left to train on. */
  readonly train: LabelledImages
  /** What was held out: a subset drawn uniformly without replacement. */
  readonly validation: LabelledImages
}

/**
 * Holds out part of a training set for validation; with the set's own test images that makes three sets. In each part the
 * images keep their order.
 *
 * @param set - copied, not kept
 * @returns two sets that own their arrays
 * @throws InvalidArgumentError unless validation is an integer from 0 to count − 1 and seed an integer ≥ 0.
 */
export function splitImages(set: LabelledImages, { validation, seed }: SplitImagesOptions): ImageSplit {
  if (!(Number.isInteger(validation) && validation >= 0 && validation < set.count)) {
    const rule = `a number of images from 0 to ${set.count - 1}, so that at least one of the ${set.count} of ${set.name} is left to train on`
    throw new InvalidArgumentError('validation', validation, rule)
  }
  if (!(Number.isSafeInteger(seed) && seed >= 0)) throw new InvalidArgumentError('seed', seed, 'an integer of at least 0')
  const order = permutation(set.count, { seed, stream: 'split', step: 0 })
  return {
    train: selectImages(set, order.subarray(validation).sort()),
    validation: selectImages(set, order.subarray(0, validation).sort()),
  }
}
