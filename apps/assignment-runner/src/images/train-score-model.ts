import type { Dataset } from '@sbgm/datasets'
import { denoisingLoss } from '@sbgm/sde-core'
import type { HostArrays, HostBatch } from '@sbgm/training'
import type { UNet } from '@sbgm/unet'
import type { Tensor1D } from '@tensorflow/tfjs-core'
import type { PartContext } from '../part'
import type { PartNumber } from '../part-number'
import type { ImageModelSettings } from './settings'
import { weightTensors } from './stored-network'
import { trainingRecord, trainNetwork, type TrainedNetwork } from './train-network'

/** A trained score network. */
export interface ScoreModel extends TrainedNetwork {
  /** The network, without weights. */
  readonly network: UNet<'noise'>
  /** What it began with. */
  readonly start: ModelStart
}

/** What a training begins with: weights drawn by the run's seed, or those that another part has averaged. */
export type ModelStart =
  | { readonly kind: 'random' }
  | { readonly kind: 'averaged weights', readonly part: PartNumber, readonly sha256: string, readonly weights: HostArrays, readonly steps: number }

/** What {@link trainScoreModel} needs. */
export interface ScoreModelOptions {
  /** The network, which predicts the noise. */
  readonly network: UNet<'noise'>
  /** The settings that it was built by, and is trained by. */
  readonly settings: ImageModelSettings
  /** The images; only what they are is recorded here, `batch` brings them. */
  readonly data: Dataset
  /** The batch of each step. */
  readonly batch: (step: number) => HostBatch
  /** What it begins with. */
  readonly start: ModelStart
  /** The SDE and the times that it is trained for, as text: part of what makes the model. */
  readonly sde: Readonly<Record<string, string | number>>
}

/** The averaged weights, in the part's folder. */
export const scoreModelFile = 'score-model.safetensors'
const logFile = 'training.jsonl'

/** The files that a model's training leaves in the part's folder. */
export const trainedModelFiles: readonly string[] = [scoreModelFile, logFile]

/**
 * The score network, as {@link trainNetwork} trains it or finds it trained.
 *
 * @returns a model whose weights the caller owns
 * @throws as {@link trainNetwork}
 */
export async function trainScoreModel(options: ScoreModelOptions, context: PartContext): Promise<ScoreModel> {
  const { network, settings, batch, start } = options
  const trained = await trainNetwork({
    label: 'score network',
    files: { weights: scoreModelFile, log: logFile, checkpoints: 'checkpoints' },
    initial: () => (start.kind === 'random' ? network.init(context.seed) : weightTensors(start.weights, network)),
    loss: (params, { x, t, target, weight }) => denoisingLoss(network.apply(params, x, t as Tensor1D), target, weight as Tensor1D),
    batch,
    settings: settings.training,
    metadata: metadataOf(options, context.seed),
  }, context)
  return { ...trained, network, start }
}

/** All that makes the weights what they are, beside the program. */
function metadataOf({ settings, data, sde, start }: ScoreModelOptions, seed: number): Record<string, string> {
  return {
    ...scoreNetworkRecord(settings, data, sde),
    training: trainingRecord(seed, settings.training),
    start: start.kind === 'random' ? 'random weights' : `averaged weights of part ${start.part}, sha256 ${start.sha256}`,
    weights: 'exponential moving average',
  }
}

/** What a score network's file says of itself that decides whether it serves for a data set: the network, its SDE, the images. */
export function scoreNetworkRecord({ network }: ImageModelSettings, data: Dataset, sde: ScoreModelOptions['sde']): Record<string, string> {
  const { height, width, channels } = data.train
  return {
    network: JSON.stringify({ kind: 'unet', height, width, channels, predicts: 'noise', ...network }),
    sde: JSON.stringify(sde),
    dataset: data.name,
    checksum: data.checksum,
  }
}
