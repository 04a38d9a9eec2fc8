import { imagesOf, type LabelledImages } from '@sbgm/datasets'
import { fillNormal, fillUniform } from '@sbgm/sde-core'
import { clamped, valuesPerImage } from './image-size'
import { shuffledTiles } from './shuffled-tiles'

/** Forms of "none of them" that no judge is trained on: what a judge says of them shows whether it knows its classes or its training. */
export const heldOutForms = ['uniform noise', 'blurred noise', 'shuffled ninths'] as const

/** One of {@link heldOutForms}. */
export type HeldOutForm = (typeof heldOutForms)[number]

/** Edge of the blur. */
const blur = 5

/**
 * Images of one form, a function of its arguments alone, clamped to [−1, 1]:
 *
 * - uniform noise: each value uniform in [−1, 1];
 * - blurred noise: the mean of 5 × 5 standard normal numbers per value, times 5, which makes it N(0, 1) again: blobs as large as strokes;
 * - shuffled ninths: image i of the set with its 3 × 3 tiles in another order (of 28 rows and columns the last stays).
 *
 * @param set - where images come from: the test set
 * @param count - how many; for ninths at most the set's own count
 */
export function heldOutImages(form: HeldOutForm, set: LabelledImages, { count, seed }: { readonly count: number; readonly seed: number }): Float32Array {
  const key = { seed, stream: `judges/held-out/${form}`, step: 0, firstSample: 0, draw: 0 }
  const size = valuesPerImage(set)
  switch (form) {
    case 'uniform noise': {
      const values = new Float32Array(count * size)
      fillUniform(values, size, key)
      return values.map((u) => 2 * u - 1)
    }
    case 'blurred noise': {
      const edge = blur - 1
      const noiseSize = (set.height + edge) * (set.width + edge) * set.channels
      const noise = new Float32Array(count * noiseSize)
      fillNormal(noise, noiseSize, key)
      const images = new Float32Array(count * size)
      for (let i = 0; i < count; i++) images.set(blurred(noise.subarray(i * noiseSize, (i + 1) * noiseSize), set), i * size)
      return images
    }
    case 'shuffled ninths': {
      const picks = new Float64Array(count)
      fillUniform(picks, 1, key)
      const { data } = imagesOf(set, Int32Array.from(picks, (_, i) => i))
      for (let i = 0; i < count; i++) data.set(shuffledTiles(data.subarray(i * size, (i + 1) * size), set, 3, picks[i]), i * size)
      return data
    }
  }
}

/** Sums of 5 × 5 numbers divided by 5: of unit variance where the numbers are. Noise has 4 rows and columns more than the image. */
function blurred(noise: Float32Array, { height, width, channels }: LabelledImages): Float32Array {
  const noiseWidth = width + blur - 1
  return Float32Array.from({ length: height * width * channels }, (_, at) => {
    const channel = at % channels
    const column = Math.floor(at / channels) % width
    const row = Math.floor(at / channels / width)
    let sum = 0
    for (let i = 0; i < blur; i++) for (let j = 0; j < blur; j++) sum += noise[((row + i) * noiseWidth + column + j) * channels + channel]
    return clamped(sum / blur)
  })
}
