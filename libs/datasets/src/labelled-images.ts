import { InvalidArgumentError, ShapeError } from '@sbgm/sde-core'

/** Images with the class of each, on the host. All of one size; read, never changed, by this library. */
export interface LabelledImages {
  /** What they are: `'mnist'`, `'fashion-mnist'`, `'digits'`, or a name of your own. */
  readonly name: string
  /** The pixels, 0 (ink-free) … 255, shape (count, height, width, channels), row by row. */
  readonly images: Uint8Array
  /** The class of each image, an index into `classNames`, shape (count,). */
  readonly labels: Uint8Array
  /** Number of images. */
  readonly count: number
  /** Rows of an image, in pixels. */
  readonly height: number
  /** Columns of an image, in pixels. */
  readonly width: number
  /** Numbers per pixel: 1 for grey. */
  readonly channels: number
  /** What the classes are called, in the order of their indices; at most 256. */
  readonly classNames: readonly string[]
}

/** What {@link labelledImages} makes a set from. */
export interface LabelledImagesOptions {
  /** What the images are. */
  readonly name: string
  /** The pixels, 0 … 255, shape (count, height, width, channels); borrowed, not copied. */
  readonly images: Uint8Array
  /** The class of each image, shape (count,); borrowed, not copied. */
  readonly labels: Uint8Array
  /** Rows of an image. */
  readonly height: number
  /** Columns of an image. */
  readonly width: number
  /** Numbers per pixel. @defaultValue 1 */
  readonly channels?: number
  /** What the classes are called. */
  readonly classNames: readonly string[]
}

/**
 * A checked set of labelled images from arrays of your own.
 *
 * @returns a set that looks into the given arrays; their number of images is the number of labels
 * @throws InvalidArgumentError for a size that is no positive integer, a list of classes that is empty or longer than 256,
 * or a label outside it (naming the first); ShapeError if images and labels are of different counts.
 */
export function labelledImages(options: LabelledImagesOptions): LabelledImages {
  const { name, images, labels, height, width, channels = 1, classNames } = options
  Object.entries({ height, width, channels }).forEach(([argument, value]) => {
    if (!(Number.isInteger(value) && value >= 1)) throw new InvalidArgumentError(argument, value, 'an integer of at least 1')
  })
  if (classNames.length < 1 || classNames.length > 256) {
    throw new InvalidArgumentError('classNames', classNames, 'a list of 1 to 256 names')
  }
  const count = labels.length
  if (images.length !== count * height * width * channels) {
    throw new ShapeError(`The images to ${count} labels`, [count, height, width, channels], shapeGiven(images.length, height, width, channels))
  }
  const outside = labels.findIndex((label) => label >= classNames.length)
  if (outside >= 0) {
    throw new InvalidArgumentError(`labels[${outside}]`, labels[outside], `one of the ${classNames.length} classes, 0 to ${classNames.length - 1}`)
  }
  return { name, images, labels, count, height, width, channels, classNames: [...classNames] }
}

/** The shape of the images that were given, or their length alone where it is no whole number of images. */
function shapeGiven(length: number, height: number, width: number, channels: number): readonly number[] {
  const count = length / (height * width * channels)
  return Number.isInteger(count) ? [count, height, width, channels] : [length]
}

/**
 * The images of the given indices as a set of its own, in that order; an index may occur more than once.
 *
 * @param set - where they are taken from; copied, not kept
 * @param indices - which ones
 * @throws InvalidArgumentError for an index outside the set.
 */
export function selectImages(set: LabelledImages, indices: ArrayLike<number>): LabelledImages {
  checkIndices(set, indices)
  const size = set.height * set.width * set.channels
  const images = new Uint8Array(indices.length * size)
  const labels = new Uint8Array(indices.length)
  for (let at = 0; at < indices.length; at++) {
    const from = indices[at] * size
    images.set(set.images.subarray(from, from + size), at * size)
    labels[at] = set.labels[indices[at]]
  }
  return { ...set, images, labels, count: indices.length }
}

/** Throws unless each index is one of an image of the set. */
export function checkIndices({ name, count }: LabelledImages, indices: ArrayLike<number>): void {
  for (let at = 0; at < indices.length; at++) {
    const index = indices[at]
    if (!(Number.isInteger(index) && index >= 0 && index < count)) {
      throw new InvalidArgumentError(`indices[${at}]`, index, `the index of one of the ${count} images of ${name}, 0 to ${count - 1}`)
    }
  }
}
