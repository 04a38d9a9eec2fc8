import { checkIndices, type LabelledImages } from './labelled-images'

/** Numbers with their shape, as a training step takes them. */
export interface BatchNumbers {
  /** The numbers, row by row. */
  readonly data: Float32Array
  /** Their shape, batch first. */
  readonly shape: readonly number[]
}

/** v / 127.5 − 1 of each byte v: 0 becomes −1, 255 becomes 1. */
const unitValues = Float32Array.from({ length: 256 }, (_, value) => value / 127.5 - 1)

/**
 * Images as a network sees them: NHWC in [−1, 1], v / 127.5 − 1 of each byte v.
 *
 * @param set - where they are taken from
 * @param indices - which ones, in the order wanted
 * @returns new numbers of shape (indices.length, height, width, channels)
 * @throws InvalidArgumentError for an index outside the set.
 */
export function imagesOf(set: LabelledImages, indices: ArrayLike<number>): BatchNumbers {
  checkIndices(set, indices)
  const { images, height, width, channels } = set
  const size = height * width * channels
  const data = new Float32Array(indices.length * size)
  for (let at = 0, to = 0; at < indices.length; at++) {
    const from = indices[at] * size
    for (let pixel = from; pixel < from + size; pixel++) data[to++] = unitValues[images[pixel]]
  }
  return { data, shape: [indices.length, height, width, channels] }
}

/**
 * The classes of images, as float32 like all of a batch: each is a small integer, which float32 holds exactly. A UNet takes
 * them as they are; tfjs's `oneHot` wants `cast(label, 'int32')`.
 *
 * @param set - where they are taken from
 * @param indices - of which images, in the order wanted
 * @returns new numbers of shape (indices.length,)
 * @throws InvalidArgumentError for an index outside the set.
 */
export function labelsOf(set: LabelledImages, indices: ArrayLike<number>): BatchNumbers {
  checkIndices(set, indices)
  return { data: Float32Array.from(indices, (index) => set.labels[index]), shape: [indices.length] }
}
