import { fillUniform, InvalidArgumentError } from '@sbgm/sde-core'
import { datasetOf, type Dataset } from '../dataset'
import { labelledImages, type LabelledImages } from '../labelled-images'
import { permutation } from '../permutation'
import { NUMBERS_PER_DIGIT, writeDigit } from './handwriting'
import { drawPaths } from './pen'

const SIZE = 28

/** Images whose random numbers are made together; changes nothing but the time. */
const AT_ONCE = 256

const CLASS_NAMES = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']

/** Settings of {@link digits}. */
export interface DigitsOptions {
  /** Decides every image, an integer ≥ 0. */
  readonly seed: number
  /** Number of training images. @defaultValue 10000 */
  readonly trainCount?: number
  /** Number of test images. @defaultValue 2000 */
  readonly testCount?: number
}

/**
 * Digits drawn by rule, 28 × 28: a stand-in for MNIST that needs no file. Each is one of several forms of its digit, whose
 * points are moved at random, bent, slanted, turned, scaled and placed, and drawn with a soft pen of random width and ink.
 *
 * Image i of a part is a function of (seed, part, i): a larger set begins with the smaller one. Each ten images from a multiple
 * of ten on hold all ten classes, in random order.
 *
 * @returns a set of its own, made at once: about 0.1 ms per image
 * @throws InvalidArgumentError unless seed is an integer ≥ 0 and both counts are integers ≥ 1.
 */
export function digits({ seed, trainCount = 10_000, testCount = 2000 }: DigitsOptions): Dataset {
  if (!(Number.isSafeInteger(seed) && seed >= 0)) throw new InvalidArgumentError('seed', seed, 'an integer of at least 0')
  Object.entries({ trainCount, testCount }).forEach(([argument, count]) => {
    if (!(Number.isInteger(count) && count >= 1)) throw new InvalidArgumentError(argument, count, 'an integer of at least 1')
  })
  return datasetOf({ train: drawn(seed, 'digits/train', trainCount), test: drawn(seed, 'digits/test', testCount) })
}

function drawn(seed: number, stream: string, count: number): LabelledImages {
  const images = new Uint8Array(count * SIZE * SIZE)
  const labels = balancedLabels(seed, `${stream}/label`, count)
  for (let first = 0; first < count; first += AT_ONCE) {
    const uniforms = new Float64Array(Math.min(AT_ONCE, count - first) * NUMBERS_PER_DIGIT)
    fillUniform(uniforms, NUMBERS_PER_DIGIT, { seed, stream, step: 0, firstSample: first, draw: 0 })
    for (let from = 0, index = first; from < uniforms.length; from += NUMBERS_PER_DIGIT, index++) {
      const { paths, pen } = writeDigit(labels[index], uniforms.subarray(from, from + NUMBERS_PER_DIGIT), SIZE)
      drawPaths(images.subarray(index * SIZE * SIZE, (index + 1) * SIZE * SIZE), SIZE, paths, pen)
    }
  }
  return labelledImages({ name: 'digits', images, labels, height: SIZE, width: SIZE, classNames: CLASS_NAMES })
}

/** Ten by ten: each block of ten holds every class once. */
function balancedLabels(seed: number, stream: string, count: number): Uint8Array {
  const labels = new Uint8Array(count)
  for (let block = 0; 10 * block < count; block++) {
    labels.set(permutation(10, { seed, stream, step: block }).subarray(0, count - 10 * block), 10 * block)
  }
  return labels
}
