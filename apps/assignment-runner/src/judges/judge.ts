import { imagesOf, type LabelledImages } from '@sbgm/datasets'
import { predictedClasses, softmax } from '@sbgm/evaluation'
import type { Params } from '@sbgm/sde-core'
import type { ImageClassifier } from '@sbgm/unet'
import { clipByValue, dispose, tensor, tidy } from '@tensorflow/tfjs-core'
import { breather } from '../breather'
import type { BoundNetwork, Compute } from '../compute/compute'
import { valuesPerImage, type ImageSize } from './image-size'
import type { JudgeKind } from './settings'

/** A trained network that says what images look like. */
export interface Judge {
  readonly kind: JudgeKind
  readonly network: ImageClassifier
  /** The weights; owned by whoever opened the judge. */
  readonly params: Params
  /** The network with the weights, from {@link bindJudge}; closed by whoever opened the judge. */
  readonly bound: BoundNetwork
  /** SHA-256 of its file, in hexadecimal: which weights these are. */
  readonly sha256: string
  /** Size of the images it knows. */
  readonly size: ImageSize
  /** Classes of the data set: for the eleven-class network one less than it has outputs. */
  readonly classes: number
}

/** What a judge says of images, one row each. */
export interface Verdict {
  /** (count × outputs) */
  readonly probabilities: Float64Array
  /** The most probable output of each image, (count,). */
  readonly predictions: Int32Array
  /** (count × 64) */
  readonly features: Float32Array
}

/** Images that are made when they are asked for, so that a whole training set never lies in memory as numbers. */
export interface ImageSource {
  readonly count: number
  /** Images from … to − 1, one after the other. */
  slice(from: number, to: number): Float32Array
}

/** Images that are at hand, one after the other. */
export const imagesAtHand = (images: Float32Array, size: ImageSize): ImageSource => {
  const perImage = valuesPerImage(size)
  return { count: images.length / perImage, slice: (from, to) => images.subarray(from * perImage, to * perImage) }
}

/** The images of a set. */
export const imagesOfSet = (set: LabelledImages): ImageSource => ({
  count: set.count,
  slice: (from, to) => imagesOf(set, Int32Array.from({ length: to - from }, (_, i) => from + i)).data,
})

/** Images judged at once: a few tens of milliseconds of work. */
const batchSize = 250

/** A judge's network with its weights: `x` → `logits`, `features`. */
export const bindJudge = (compute: Compute, network: ImageClassifier, params: Params): BoundNetwork =>
  compute.bind((weights, { x }) => ({ ...network.apply(weights, x) }), params, batchSize)

/**
 * What a judge says of images, each clamped to [−1, 1] first. Returns to the event loop between batches.
 *
 * @param images - at least one
 * @returns host arrays
 * @throws the signal's reason when it is aborted
 */
export async function judgeImages({ network, bound, size }: Judge, images: ImageSource, signal?: AbortSignal): Promise<Verdict> {
  const logits = new Float32Array(images.count * network.classes)
  const features = new Float32Array(images.count * network.features)
  const breathe = breather()
  for (let from = 0; from < images.count; from += batchSize) {
    signal?.throwIfAborted()
    const to = Math.min(from + batchSize, images.count)
    const x = tidy(() => clipByValue(tensor(images.slice(from, to), [to - from, size.height, size.width, size.channels]), -1, 1))
    const verdict = await bound.run({ x }).finally(() => x.dispose())
    try {
      logits.set(await verdict.logits.data(), from * network.classes)
      features.set(await verdict.features.data(), from * network.features)
    } finally {
      dispose(verdict)
    }
    await breathe()
  }
  return { probabilities: softmax(logits, network.classes), predictions: predictedClasses(logits, network.classes), features }
}
