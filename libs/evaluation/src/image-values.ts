import { checkSample } from './sample'

/**
 * Images with every value held inside [low, high], as all of them are before a metric: a sampler's overshoot is no quality of its own.
 *
 * @param images values in any order; borrowed.
 * @param low least value. @defaultValue −1
 * @param high largest value. @defaultValue 1
 * @returns a new array of the same length.
 * @throws {RangeError} unless low < high, for no images, or for a value that is not finite: clamping would hide it.
 * @throws {TypeError} if the images are not array-like.
 */
export function clampImages(images: ArrayLike<number>, low = -1, high = 1): Float32Array {
  if (!(low < high)) throw new RangeError(`low must be less than high (${high}); got ${low}. Give the lower end first.`)
  checkSample(images, 'images')
  return Float32Array.from(images, (value) => Math.min(Math.max(value, low), high))
}

/**
 * Images with noise, x + std · z, for the rows of a table that show what a metric says of a known defect. Noise is handed in, so
 * that the caller's seed decides it.
 *
 * @param images values; borrowed.
 * @param noise z, as many standard normal numbers; borrowed.
 * @param std standard deviation of the added noise, in units of the images, ≥ 0.
 * @returns a new array, not clamped.
 * @throws {RangeError} if the lengths differ, std is negative or not finite, or a value is not finite.
 * @throws {TypeError} if an array is not array-like.
 */
export function addGaussianNoise(images: ArrayLike<number>, noise: ArrayLike<number>, std: number): Float32Array {
  checkSample(images, 'images')
  checkSample(noise, 'noise')
  if (noise.length !== images.length) {
    throw new RangeError(`noise must hold one number for each of the ${images.length} values; got ${noise.length}. Draw it in the shape of the images.`)
  }
  if (!(std >= 0 && Number.isFinite(std))) throw new RangeError(`std must be a number ≥ 0; got ${std}. State it in units of the images.`)
  return Float32Array.from(images, (value, i) => value + std * noise[i])
}
