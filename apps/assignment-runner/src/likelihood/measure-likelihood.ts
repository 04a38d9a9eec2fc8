import { bitsPerDimension, dormandPrince, logLikelihood, uniformDequantization, type BitsPerDimension, type LogLikelihood } from '@sbgm/samplers'
import { shuffledBatches, type LabelledImages } from '@sbgm/datasets'
import { probabilityFlow, tensorSpace, timeGrid, type DifferentiablePredictor, type Prediction, type Sde } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { breather } from '../breather'
import { valuesPerImage } from '../judges/image-size'
import type { Progress } from '../progress'

/**
 * What makes bytes continuous: the training pixels are u/127.5 − 1, and each byte is spread evenly over the cell of 2/255 around its own,
 * so that the density's integral over the cell is the probability of the byte.
 */
export const dequantization = uniformDequantization({ levels: 256, low: -1 - 1 / 255, high: 1 + 1 / 255 })

/** What {@link measureLikelihood} needs. */
export interface LikelihoodMeasurement {
  /** The model, differentiable. */
  readonly model: DifferentiablePredictor<Prediction>
  /** The SDE that it was trained for. */
  readonly sde: Sde
  /** The images that some are drawn from, such as a data set's for testing. */
  readonly images: LabelledImages
  /** How many of them, drawn without repetition. */
  readonly count: number
  /** Where the flow begins. */
  readonly firstTime: number
  /** Absolute and relative tolerance of the solver. */
  readonly tolerance: number
  /** Vectors that an image's divergence is estimated with. */
  readonly probes: number
  /** Key of images, dequantisation and probes. */
  readonly seed: number
  /** Images at once. */
  readonly batch: number
}

/** What was measured. */
export interface MeasuredLikelihood {
  /** Bits per dimension, and its terms, of each image. */
  readonly bits: BitsPerDimension
  /** Indices of the images in their set. */
  readonly indices: Int32Array
  /** Evaluations of the model, each with a backward pass, that an image took on average over the batches. */
  readonly evaluations: number
}

/**
 * Bits per dimension of images under the probability flow of a model: the density at `firstTime` of the dequantised images, with N(0, I) at
 * tMax as prior. A bound of what the model that ends there and rounds to bytes would need.
 *
 * @throws the signal's reason when it is aborted, and what `logLikelihood` throws.
 */
export async function measureLikelihood(
  { model, sde, images, count, firstTime, tolerance, probes, seed, batch }: LikelihoodMeasurement, { signal, progress }: { readonly signal: AbortSignal; readonly progress: Progress },
): Promise<MeasuredLikelihood> {
  const indices = shuffledBatches({ count: images.count, batchSize: count, seed, stream: 'likelihood/images' }).indicesAt(1)
  const perImage = valuesPerImage(images)
  const batches = Math.ceil(count / batch)
  const { lambda } = sde.schedule
  /** How much of the flow lies behind a time, in percent of λ. */
  const percent = (t: number) => Math.max(1, Math.floor((100 * (lambda(firstTime) - lambda(t))) / (lambda(firstTime) - lambda(sde.tMax))))
  const stage = progress.stage('likelihood', 100 * batches)
  const breathe = breather()
  const results: LogLikelihood[] = []
  for (let number = 0; number < batches; number++) {
    const first = number * batch
    const chosen = Array.from(indices.subarray(first, first + batch))
    const data = Uint8Array.from(chosen.flatMap((index) => Array.from(images.images.subarray(index * perImage, (index + 1) * perImage))))
    const watched: DifferentiablePredictor<Prediction> = {
      ...model,
      async vectorJacobian(x, t, v) {
        stage.advance(100 * number + percent(t.reduce((slowest, time) => Math.min(slowest, time))), batches > 1 ? `batch ${number + 1} of ${batches}` : undefined)
        await breathe()
        return model.vectorJacobian(x, t, v)
      },
    }
    const x = dequantization.dequantize<Tensor>({ space: tensorSpace, data, shape: [chosen.length, images.height, images.width, images.channels], seed, firstSample: first })
    try {
      results.push(await logLikelihood({
        dynamics: probabilityFlow(sde, watched, tensorSpace), space: tensorSpace, x, grid: timeGrid([firstTime, sde.tMax]),
        sampler: dormandPrince({ tolerance: { absolute: tolerance, relative: tolerance } }), probes, seed, firstSample: first, signal,
      }))
    } finally {
      x.dispose()
    }
    stage.advance(100 * (number + 1))
  }
  stage.end()
  const evaluations = results.reduce((sum, result) => sum + result.evaluations, 0) / batches
  return { bits: bitsPerDimension(results, { logScale: dequantization.logScale }), indices, evaluations }
}
