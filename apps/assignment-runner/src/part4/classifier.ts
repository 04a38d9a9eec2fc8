import { imagesOf, labelsOf, shuffledBatches, type Dataset, type LabelledImages } from '@sbgm/datasets'
import { hostSpace, perturb, timeSampler, type HostState } from '@sbgm/sde-core'
import type { HostBatch } from '@sbgm/training'
import { noisyClassifier, type NoisyClassifier } from '@sbgm/unet'
import type { Tensor1D } from '@tensorflow/tfjs-core'
import { trainingRecord, trainNetwork, type TrainedNetwork } from '../images/train-network'
import { shiftedImages } from '../judges/shifted-images'
import { crossEntropy } from '../judges/train-judge'
import { part3Sde, part3SdeRecord } from '../part3/score-model'
import type { PartContext } from '../part'
import type { ClassifierSettings } from './settings'

/** A trained classifier of noisy images. */
export interface TrainedClassifier extends TrainedNetwork {
  /** The network, without weights. */
  readonly network: NoisyClassifier
}

/** The averaged weights, in the part's folder. */
export const classifierFile = 'classifier.safetensors'

/** Its training, step by step. */
const logFile = 'classifier-training.jsonl'

/** What training leaves in the part's folder. */
export const trainedClassifierFiles: readonly string[] = [classifierFile, logFile]

/** The classifier's network for a data set, which decides size and classes. */
export const classifierNetwork = ({ network }: ClassifierSettings, { height, width, channels, classNames }: LabelledImages): NoisyClassifier =>
  noisyClassifier({ height, width, channels, classes: classNames.length, ...network })

/**
 * A classifier p_t(y | x) of images noised by part 3's SDE, as {@link trainNetwork} trains it or finds it trained: the mean
 * cross-entropy at all times of [1e-5, 1], which is least where the logits are those of the true p_t(y | x).
 *
 * @returns a classifier whose weights the caller owns
 * @throws as {@link trainNetwork}; RunError for a stored classifier of another data set, image size, set of classes or SDE, with both
 * @see Song et al. 2021, arXiv:2011.13456, appendix I.1.
 */
export async function trainClassifier(context: PartContext, settings: ClassifierSettings): Promise<TrainedClassifier> {
  const data = context.dataset()
  const network = classifierNetwork(settings, data.train)
  const trained = await trainNetwork({
    label: 'classifier',
    files: { weights: classifierFile, log: logFile, checkpoints: 'classifier-checkpoints' },
    initial: () => network.init(context.seed),
    loss: (params, { x, t, target }) => crossEntropy(network.apply(params, x, t as Tensor1D), target),
    batch: noisyLabelledBatches(data.train, settings, context.seed),
    settings: settings.training,
    metadata: metadataOf(settings, data, context.seed),
  }, context)
  return { ...trained, network }
}

/**
 * The batch of each training step: shuffled images, shifted a little, x_t = α x_0 + σ ε at times t = u^p, and their classes as rows with
 * a single 1. A function of the settings, the seed and the step's number.
 */
export function noisyLabelledBatches(set: LabelledImages, settings: ClassifierSettings, seed: number): (step: number) => HostBatch {
  const { training: { batch }, largestShift, timePower } = settings
  const { tMin } = part3SdeRecord
  const classes = set.classNames.length
  const order = shuffledBatches({ count: set.count, batchSize: batch, seed, stream: 'part4/images' })
  const uniform = timeSampler({ sde: part3Sde, tMin })
  return (step) => {
    const indices = order.indicesAt(step)
    const { data, shape } = imagesOf(set, indices)
    const x0: HostState = { data: Float64Array.from(shiftedImages(data, set, { largest: largestShift, seed, stream: 'part4/shift', step })), shape }
    const noise = hostSpace.normal({ seed, stream: 'part4/noise', step, firstSample: 0, draw: 0 }, x0)
    const t = uniform({ count: batch, seed, step }).times.map((u) => Math.max(tMin, u ** timePower))
    const target = new Float32Array(batch * classes)
    labelsOf(set, indices).data.forEach((label, i) => (target[i * classes + label] = 1))
    return { x: perturb({ sde: part3Sde, space: hostSpace, x0, noise, t }), t: { data: t, shape: [batch] }, target: { data: target, shape: [batch, classes] } }
  }
}

/** All that makes the weights what they are, beside the program. */
function metadataOf({ network, training, largestShift, timePower }: ClassifierSettings, { name, checksum, train }: Dataset, seed: number): Record<string, string> {
  const { height, width, channels, classNames } = train
  return {
    dataset: name,
    classes: JSON.stringify(classNames),
    network: JSON.stringify({ kind: 'noisyClassifier', height, width, channels, classes: classNames.length, ...network }),
    sde: JSON.stringify(part3SdeRecord),
    checksum,
    training: JSON.stringify({ ...(JSON.parse(trainingRecord(seed, training)) as Record<string, unknown>), largestShift, timePower }),
    weights: 'exponential moving average',
  }
}
