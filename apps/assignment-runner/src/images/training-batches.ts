import { imagesOf, shuffledBatches, type LabelledImages } from '@sbgm/datasets'
import { denoisingExample, hostSpace, type HostState, type Sde } from '@sbgm/sde-core'
import type { HostBatch } from '@sbgm/training'

/** What {@link trainingBatches} needs. */
export interface TrainingBatchesOptions {
  /** What is learned from. */
  readonly images: LabelledImages
  /** Images per step. */
  readonly batch: number
  /** Key of all randomness. */
  readonly seed: number
  /** Name of its order and noise: parts of one run see others. */
  readonly stream: string
  /** How images become noise. */
  readonly sde: Sde
  /** The times of a step, shape (batch,). */
  readonly times: (step: number) => Float64Array
}

/**
 * The batch of each training step for a network that predicts the noise: x_t = α x_0 + σ ε of shuffled images x_0, the noise ε,
 * the times, the weights of the loss. A function of the step's number alone.
 */
export function trainingBatches({ images, batch, seed, stream, sde, times }: TrainingBatchesOptions): (step: number) => HostBatch {
  const order = shuffledBatches({ count: images.count, batchSize: batch, seed, stream: `${stream}/images` })
  return (step) => {
    const { data, shape } = imagesOf(images, order.indicesAt(step))
    const x0: HostState = { data: Float64Array.from(data), shape }
    const t = times(step)
    const noise = hostSpace.normal({ seed, stream: `${stream}/noise`, step, firstSample: 0, draw: 0 }, x0)
    const example = denoisingExample({ sde, space: hostSpace, x0, noise, t, predicts: 'noise' })
    const row = (values: Float64Array) => ({ data: values, shape: [batch] })
    return { x: example.x, target: example.target, weight: row(example.weight), t: row(t) }
  }
}
