import { imagesOf, type LabelledImages } from '@sbgm/datasets'
import { fillNormal, fillUniform } from '@sbgm/sde-core'
import { clamped, valuesPerImage } from './image-size'
import { shuffledTiles } from './shuffled-tiles'

/** What "none of them" looks like in training. The forms of held-out-forms.ts are not among them. */
export const noneForms = ['noise', 'shuffled quarters', 'two images laid over each other', 'an image under heavy noise'] as const

/** One of {@link noneForms}. */
export type NoneForm = (typeof noneForms)[number]

/** Which images of "none of them" are meant. */
export interface NoneKey {
  /** How many; the forms take turns. */
  readonly count: number
  /** Key of all draws. */
  readonly seed: number
  /** Number of the training step. */
  readonly step: number
}

/** Standard deviations of heavy noise begin here: images under less are neither their class's nor none's examples. */
const leastHeavyNoise = 0.5
/** Standard deviations of all noise end here. */
const largestNoise = 1.5

/** What one image is drawn from. */
interface Draws {
  /** Two images of different classes. */
  readonly one: Float32Array
  readonly other: Float32Array
  /** Uniform in (0, 1). */
  readonly [0]: number
  readonly [1]: number
  /** Standard normal, one per value of an image. */
  readonly noise: Float32Array
}

/**
 * Images of none of the classes, a function of set and key alone, clamped to [−1, 1]:
 *
 * - noise, level + s z, with a level uniform in [−1, 1] and s in [0, 1.5], so that plain surfaces are among them;
 * - an image with its quarters in another order;
 * - two images of different classes laid over each other: the larger value of each pixel, or the ink of both added up;
 * - an image under heavy noise, x + s z, with s uniform in [0.5, 1.5].
 *
 * @param set - where images come from: the training set
 * @returns count images, one after the other
 */
export function noneImages(set: LabelledImages, { count, seed, step }: NoneKey): Float32Array {
  const size = valuesPerImage(set)
  const key = { seed, step, firstSample: 0, draw: 0 }
  const uniforms = new Float64Array(4 * count)
  const normals = new Float32Array(count * size)
  fillUniform(uniforms, 4, { ...key, stream: 'judges/none' })
  fillNormal(normals, size, { ...key, stream: 'judges/none-noise' })
  const images = new Float32Array(count * size)
  for (let i = 0; i < count; i++) {
    const [pickOne, pickOther, first, second] = uniforms.subarray(4 * i, 4 * i + 4)
    const one = Math.floor(pickOne * set.count)
    const { data } = imagesOf(set, [one, indexOfAnotherClass(set, one, Math.floor(pickOther * set.count))])
    const draws: Draws = { one: data.subarray(0, size), other: data.subarray(size), 0: first, 1: second, noise: normals.subarray(i * size, (i + 1) * size) }
    images.set(forms[noneForms[i % noneForms.length]](set, draws), i * size)
  }
  return images
}

const forms: Readonly<Record<NoneForm, (set: LabelledImages, draws: Draws) => Float32Array>> = {
  'noise': (_, { 0: level, 1: strength, noise }) => noise.map((z) => clamped(2 * level - 1 + largestNoise * strength * z)),
  'shuffled quarters': (set, { one, 0: pick }) => shuffledTiles(one, set, 2, pick),
  'two images laid over each other': (_, { one, other, 0: coin }) =>
    one.map((value, i) => (coin < 0.5 ? Math.max(value, other[i]) : clamped(value + other[i] + 1))),
  'an image under heavy noise': (_, { one, 0: strength, noise }) => {
    const std = leastHeavyNoise + (largestNoise - leastHeavyNoise) * strength
    return one.map((value, i) => clamped(value + std * noise[i]))
  },
}

/** The first image from `start` on, around the end of the set, whose class is another; `start` itself where all are of one class. */
function indexOfAnotherClass({ labels, count }: LabelledImages, one: number, start: number): number {
  for (let i = 0; i < count; i++) {
    const index = (start + i) % count
    if (labels[index] !== labels[one]) return index
  }
  return start
}
