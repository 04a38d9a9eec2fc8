import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { join } from 'node:path'
import type { Dataset } from '@sbgm/datasets'
import { denoisingLoss, type Params } from '@sbgm/sde-core'
import {
  adamW, cosineDecay, decodeSafetensors, emaDecay, encodeSafetensors, parameterLayout, parametersFromHost, parametersToHost, parseLog,
  sparkline, trainStep, type HostArrays, type HostBatch, type TrainingLogEntry,
} from '@sbgm/training'
import { checkpointStore, trainWithCheckpoints } from '@sbgm/training/node'
import type { UNet } from '@sbgm/unet'
import { dispose, type Tensor1D } from '@tensorflow/tfjs-core'
import { breather } from '../breather'
import { RunError } from '../errors'
import type { PartContext } from '../part'
import type { PartNumber } from '../part-number'
import type { ImageModelSettings } from './settings'

/** A trained score network. */
export interface ScoreModel {
  /** The network, without weights. */
  readonly network: UNet<'noise'>
  /** The averaged weights; owned by the caller. */
  readonly params: Params
  /** SHA-256 of the file that holds them, in hexadecimal: which weights these are. */
  readonly sha256: string
  /** What it began with. */
  readonly start: ModelStart
  /** The training, step by step. */
  readonly log: readonly TrainingLogEntry[]
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

type TrainingContext = Pick<PartContext, 'folder' | 'seed' | 'resume' | 'compute' | 'signal' | 'progress'>

/** The averaged weights, in the part's folder. */
export const scoreModelFile = 'score-model.safetensors'
/** The training, one line of JSON per step. */
const logFile = 'training.jsonl'
/** Where a training under way saves itself; gone when it is done. */
const checkpointFolder = 'checkpoints'

/**
 * The score network: from the earlier run where it finished its training; else trained, from the latest checkpoint of an
 * interrupted run where there is one. Writes the averaged weights and the log of the training.
 *
 * @returns a model whose weights the caller owns
 * @throws the signal's reason when the run is interrupted, after a checkpoint; CheckpointError or RunError for files of another
 * model; NonFiniteLossError naming step and last good checkpoint.
 */
export async function trainScoreModel(options: ScoreModelOptions, context: TrainingContext): Promise<ScoreModel> {
  const { folder, resume, progress } = context
  const checkpoints = join(folder.path, checkpointFolder)
  const removeCheckpoints = () => fs.rmSync(checkpoints, { recursive: true, force: true })
  if (resume && folder.has(scoreModelFile) && folder.has(logFile)) {
    progress.note('  score network: taken from the earlier run')
    removeCheckpoints()
    return storedModel(options, context)
  }
  if (!resume) removeCheckpoints()
  const params = await trained(options, checkpoints, context)
  try {
    const log = fs.readFileSync(join(checkpoints, logFile), 'utf8')
    folder.write(logFile, log)
    const bytes = encodeSafetensors({ tensors: await parametersToHost(params), metadata: metadataOf(options, context.seed) })
    folder.write(scoreModelFile, bytes)
    removeCheckpoints()
    return { network: options.network, params, sha256: sha256(bytes), start: options.start, log: parseLog(log) }
  } catch (error) {
    dispose(params)
    throw error
  }
}

async function trained(options: ScoreModelOptions, checkpoints: string, { seed, resume, compute, signal, progress }: TrainingContext): Promise<Params> {
  const { network, settings, batch, start } = options
  const { steps, learningRate, warmup, weightDecay, averageDecay, checkpointEvery, batch: batchSize } = settings.training
  const store = checkpointStore({ folder: checkpoints, keep: 2 })
  const earlier = resume ? (await store.list()).at(-1) : undefined
  if (earlier) progress.note(`  score network: goes on from step ${earlier.step}`)
  const initial = start.kind === 'random' ? network.init(seed) : startingFrom(start.weights, network)
  const step = trainStep({
    layout: parameterLayout(initial),
    optimizer: adamW({ weightDecay }),
    loss: (params, { x, t, target, weight }) => denoisingLoss(network.apply(params, x, t as Tensor1D), target, weight as Tensor1D),
  })
  const stage = progress.stage('score network', steps)
  if (earlier) stage.skip(earlier.step)
  stage.advance(earlier?.step ?? 0, compute.preparing)
  const breathe = breather()
  const losses: number[] = []
  try {
    const run = trainWithCheckpoints({
      runner: compute.runner(step),
      params: initial,
      steps,
      batch,
      learningRate: cosineDecay({ peak: learningRate, steps, warmup }),
      averageDecay: emaDecay(averageDecay),
      record: metadataOf(options, seed),
      store,
      every: checkpointEvery,
      start: resume ? 'latest' : 'new',
      log: { path: join(checkpoints, logFile), batchSize },
      signal,
    })
    for (;;) {
      const next = await run.next()
      if (next.done) {
        dispose({ ...next.value.params })
        stage.end(losses.length === 0 ? undefined : `loss ${losses[losses.length - 1].toFixed(4)}`)
        return next.value.average
      }
      losses.push(next.value.meanLoss)
      stage.advance(next.value.step, `loss ${next.value.meanLoss.toFixed(4)} ${sparkline(losses, 16)}`)
      await breathe()
    }
  } finally {
    dispose({ ...initial })
  }
}

function startingFrom(weights: HostArrays, network: UNet<'noise'>): Params {
  const like = network.init(0)
  try {
    return parametersFromHost(weights, like)
  } finally {
    dispose({ ...like })
  }
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** All that makes the weights what they are, beside the program. */
function metadataOf({ settings, data, sde, start }: ScoreModelOptions, seed: number): Record<string, string> {
  const { height, width, channels } = data.train
  const { steps, batch, learningRate, warmup, weightDecay, averageDecay } = settings.training
  const training = { steps, batch, learningRate, warmup, weightDecay, averageDecay }
  return {
    network: JSON.stringify({ kind: 'unet', height, width, channels, predicts: 'noise', ...settings.network }),
    sde: JSON.stringify(sde),
    dataset: data.name,
    checksum: data.checksum,
    training: JSON.stringify({ seed, ...training }),
    start: start.kind === 'random' ? 'random weights' : `averaged weights of part ${start.part}, sha256 ${start.sha256}`,
    weights: 'exponential moving average',
  }
}

function storedModel(options: ScoreModelOptions, { folder, seed }: TrainingContext): ScoreModel {
  const { network } = options
  const bytes = folder.read(scoreModelFile)
  const { tensors, metadata } = decodeSafetensors(bytes)
  for (const [name, value] of Object.entries(metadataOf(options, seed))) {
    if (metadata[name] !== value) throw new RunError(`${scoreModelFile} must have ${name} ${value}; it has ${metadata[name]}. Drop --resume.`)
  }
  const like = network.init(0)
  try {
    return { network, params: parametersFromHost(tensors, like), sha256: sha256(bytes), start: options.start, log: parseLog(new TextDecoder().decode(folder.read(logFile))) }
  } finally {
    dispose({ ...like })
  }
}
