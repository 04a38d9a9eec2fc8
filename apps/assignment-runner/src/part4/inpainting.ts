import { imagesOf, type LabelledImages } from '@sbgm/datasets'
import { imputation, rePaint, type KnownMask } from '@sbgm/guidance'
import { eulerMaruyama } from '@sbgm/samplers'
import { reverseSde, tensorSpace, uniformGrid, type Predictor } from '@sbgm/sde-core'
import { tensor } from '@tensorflow/tfjs-core'
import type { DrawnFigure } from '../drawn-figure'
import { sha256Of } from '../file-record'
import { sampleImages } from '../images/sample-images'
import type { ImageSize } from '../judges/image-size'
import { imagesAtHand, judgeImages, type Judge } from '../judges/judge'
import { part3Sde } from '../part3/score-model'
import type { PartContext } from '../part'
import { drawInpainting } from './inpainting-figure'
import type { InpaintingSettings } from './settings'

/** What inpainting needs. */
export interface InpaintingOptions {
  /** The score of part 3's network. */
  readonly score: Predictor<'score'>
  /** SHA-256 of that network's weights: samples of others are not taken over. */
  readonly scoreSha256: string
  /** How much is sampled. */
  readonly settings: InpaintingSettings
  /** Knows the classes of clean images; asked for its opinion only. */
  readonly judge: Judge
  /** Which pixels are given. @defaultValue those of the lower half */
  readonly mask?: KnownMask
}

/** What was found out about the samples, pixels being in [−1, 1]. */
export interface InpaintingNumbers {
  /** Images of which a part was given. */
  readonly images: number
  /** Samples for each. */
  readonly samples: number
  /** The largest difference between a sample and what was given, where it was given: 0 unless something is wrong. */
  readonly largestGivenError: number
  /** Root mean square difference between a sample and the original, where nothing was given. */
  readonly toOriginal: number
  /** The same between two samples of one image: how many ways to complete it were found. */
  readonly betweenSamples: number
  /** Share of the samples that the judge puts into the class of their original. */
  readonly sameClass: number
}

/** Images that were completed. */
export interface Inpainting {
  readonly figure: DrawnFigure
  readonly numbers: InpaintingNumbers
}

/** The rows of the lower half, the middle one included where their number is odd. */
export function lowerHalf({ height, width, channels }: ImageSize): KnownMask {
  const perRow = width * channels
  const data = new Uint8Array(height * perRow).fill(1, Math.floor(height / 2) * perRow)
  return { data, shape: [height, width, channels] }
}

/**
 * Completes a test image of each class, of which a part is given, several times: imputation along the reverse SDE of part 3 by
 * Euler–Maruyama, each step crossed several times as in RePaint.
 *
 * @throws ShapeError for a mask of another shape than the images, before any work; the signal's reason when the run is interrupted
 * @see Song et al. 2021, arXiv:2011.13456, appendix I.2; Lugmayr et al. 2022, arXiv:2201.09865.
 */
export async function inpaintingFigure(
  { score, scoreSha256, settings, judge, mask = lowerHalf(judge.size) }: InpaintingOptions,
  context: Pick<PartContext, 'folder' | 'seed' | 'resume' | 'signal' | 'progress' | 'dataset'>,
): Promise<Inpainting> {
  const data = context.dataset()
  const { height, width, channels } = data.test
  const { samples, steps, resamplings } = settings
  const labels = data.test.classNames.map((_, label) => label).filter((label) => data.test.labels.includes(label))
  const originals = firstOfEach(data.test, labels)
  const count = samples * labels.length
  const known = tensor(repeated(originals, samples), [count, height, width, channels])
  try {
    const { images } = await sampleImages({
      name: 'inpainting', label: 'inpainting',
      dynamics: reverseSde(part3Sde, score, tensorSpace),
      sampler: rePaint(eulerMaruyama(), { resamplings }),
      grid: uniformGrid({ from: part3Sde.tMax, to: 0, steps }),
      constraint: imputation({ sde: part3Sde, space: tensorSpace, known, mask }),
      size: data.test, count, batch: count, stream: 'part4/inpainting',
      model: sha256Of(JSON.stringify({ score: scoreSha256, data: data.checksum, mask: Array.from(mask.data), settings })),
    }, context)
    const { predictions } = await judgeImages(judge, imagesAtHand(images, data.test), context.signal)
    const sameClass = predictions.filter((predicted, i) => predicted === labels[i % labels.length]).length / count
    const numbers = { images: labels.length, samples, ...differences(images, originals, mask, samples), sameClass }
    return { figure: drawInpainting({ originals, images, mask, labels, settings, numbers }, data), numbers }
  } finally {
    known.dispose()
  }
}

/** The first image of each of these classes. */
function firstOfEach(set: LabelledImages, labels: readonly number[]): Float32Array {
  return imagesOf(set, Int32Array.from(labels, (label) => set.labels.indexOf(label))).data
}

const repeated = (values: Float32Array, times: number): Float32Array => {
  const all = new Float32Array(times * values.length)
  for (let i = 0; i < times; i++) all.set(values, i * values.length)
  return all
}

/** How samples, sample after sample of all originals, differ from these and among each other. */
function differences(images: Float32Array, originals: Float32Array, { data: bits }: KnownMask, samples: number): Pick<InpaintingNumbers, 'largestGivenError' | 'toOriginal' | 'betweenSamples'> {
  const size = originals.length
  let [largestGivenError, squares, pairSquares, free] = [0, 0, 0, 0]
  for (let at = 0; at < size; at++) {
    const values = Array.from({ length: samples }, (_, sample) => images[sample * size + at])
    const errors = values.map((value) => value - originals[at])
    if (bits[at % bits.length] === 1) {
      largestGivenError = Math.max(largestGivenError, ...errors.map(Math.abs))
      continue
    }
    free++
    const mean = values.reduce((sum, value) => sum + value, 0) / samples
    squares += errors.reduce((sum, error) => sum + error ** 2, 0) / samples
    pairSquares += (2 * values.reduce((sum, value) => sum + (value - mean) ** 2, 0)) / Math.max(1, samples - 1) // mean over ordered pairs
  }
  const root = (sum: number) => (free > 0 ? Math.sqrt(sum / free) : 0)
  return { largestGivenError, toOriginal: root(squares), betweenSamples: root(pairSquares) }
}
