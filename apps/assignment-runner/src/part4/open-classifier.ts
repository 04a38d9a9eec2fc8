import { logProbabilityGradient, type LabelGradient } from '@sbgm/guidance'
import { InvalidArgumentError } from '@sbgm/sde-core'
import { dispose, fill, tensor, tensor1d, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core'
import { breather } from '../breather'
import type { Compute } from '../compute/compute'
import type { ImageSource } from '../judges/judge'
import type { ImageSize } from '../judges/image-size'
import type { TrainedClassifier } from './classifier'

/** A classifier of noisy images that holds something until it is closed. */
export interface OpenClassifier {
  /** Number of classes. */
  readonly classes: number
  /**
   * ∇_x ln p_t(y | x) for given classes, as `classifier` of `@sbgm/guidance` takes it: one forward and one backward pass for the batch.
   *
   * @param labels - one class for all samples, or one for each
   * @throws InvalidArgumentError for a label that is no class; the function that is returned, for another number of samples than of labels
   */
  labelGradient(labels: number | readonly number[]): LabelGradient<Tensor>
  /**
   * The logits of p_t(y | x) of images with the noise of one time. Returns to the event loop between batches.
   *
   * @param images - as they are: not clamped
   * @param t - their time
   * @returns (count × classes), on the host
   * @throws the signal's reason when it is aborted
   */
  classify(images: ImageSource, t: number, signal?: AbortSignal): Promise<Float32Array>
  /** Frees what evaluating it made; the weights stay the caller's. Idempotent. */
  close(): Promise<void>
}

/** Images classified at once. */
const classifiedAtOnce = 250

/**
 * A classifier, evaluated by the engine.
 *
 * @param classifier - its weights are borrowed until it is closed
 * @param size - of its images
 * @param rows - samples whose gradient is taken at a time, as in `Compute.bind`
 * @returns a classifier; close it at the end
 */
export function openClassifier(compute: Compute, { network, params }: Pick<TrainedClassifier, 'network' | 'params'>, size: ImageSize, rows: number): OpenClassifier {
  const { classes } = network
  const logits = compute.bind((weights, { x, t }) => ({ logits: network.apply(weights, x, t as Tensor1D) }), params, classifiedAtOnce)
  const gradient = compute.bind(
    (weights, { x, t, label }) => ({ gradient: logProbabilityGradient((y, at) => network.apply(weights, y, at))(x, t as Tensor1D, label as Tensor1D) }),
    params,
    rows,
  )
  return {
    classes,
    labelGradient(labels) {
      const list = typeof labels === 'number' ? [labels] : labels
      for (const label of list) {
        if (!(Number.isInteger(label) && label >= 0 && label < classes)) throw new InvalidArgumentError('label', label, `an integer from 0 to ${classes - 1}, a class of the classifier`)
      }
      return async (x, t) => {
        const batch = x.shape[0]
        if (typeof labels !== 'number' && labels.length !== batch) throw new InvalidArgumentError('labels', `${labels.length} of them`, `one for each of the ${batch} samples`)
        const inputs = { t: tensor1d(Float32Array.from(t)), label: tensor1d(typeof labels === 'number' ? new Int32Array(batch).fill(labels) : Int32Array.from(labels), 'int32') }
        try {
          return (await gradient.run({ x, ...inputs })).gradient
        } finally {
          dispose(inputs)
        }
      }
    },
    async classify(images, time, signal) {
      const all = new Float32Array(images.count * classes)
      const breathe = breather()
      for (let from = 0; from < images.count; from += classifiedAtOnce) {
        signal?.throwIfAborted()
        const to = Math.min(from + classifiedAtOnce, images.count)
        const inputs = { x: tensor(images.slice(from, to), [to - from, size.height, size.width, size.channels]), t: fill([to - from], time) }
        const found = await logits.run(inputs).finally(() => dispose(inputs))
        try {
          all.set(await found.logits.data(), from * classes)
        } finally {
          dispose(found)
        }
        await breathe()
      }
      return all
    },
    async close() {
      await logits.close()
      await gradient.close()
    },
  }
}
