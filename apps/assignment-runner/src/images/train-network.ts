import fs from 'node:fs'
import { join } from 'node:path'
import type { Params } from '@sbgm/sde-core'
import {
  adamW, cosineDecay, decodeSafetensors, emaDecay, encodeSafetensors, parameterLayout, parametersFromHost, parametersToHost, parseLog,
  sparkline, trainStep, type HostBatch, type Loss, type TrainingLogEntry,
} from '@sbgm/training'
import { checkpointStore, trainWithCheckpoints } from '@sbgm/training/node'
import { dispose } from '@tensorflow/tfjs-core'
import { breather } from '../breather'
import { RunError } from '../errors'
import { sha256Of } from '../file-record'
import type { PartContext } from '../part'
import type { ImageModelSettings } from './settings'

/** A network that is to be trained. */
export interface NetworkTraining {
  /** Its name in the progress. */
  readonly label: string
  /** Where it is kept, in the part's folder. */
  readonly files: {
    /** The averaged weights. */
    readonly weights: string
    /** The training, one line of JSON per step. */
    readonly log: string
    /** Where a training under way saves itself; gone when it is done. */
    readonly checkpoints: string
  }
  /** The weights it begins with: new tensors, the same in every call. */
  readonly initial: () => Params
  /** What is minimised. */
  readonly loss: Loss
  /** The batch of each step. */
  readonly batch: (step: number) => HostBatch
  /** How it is trained. */
  readonly settings: ImageModelSettings['training']
  /** All that makes the weights what they are, beside the program: kept with them, and held against those of an earlier run. */
  readonly metadata: Readonly<Record<string, string>>
}

/** A trained network. */
export interface TrainedNetwork {
  /** The averaged weights; owned by the caller. */
  readonly params: Params
  /** SHA-256 of the file that holds them, in hexadecimal: which weights these are. */
  readonly sha256: string
  /** The training, step by step. */
  readonly log: readonly TrainingLogEntry[]
}

type TrainingContext = Pick<PartContext, 'folder' | 'resume' | 'compute' | 'signal' | 'progress'>

/**
 * A trained network: from the earlier run where it finished its training; else trained, from the latest checkpoint of an
 * interrupted run where there is one. Writes the averaged weights and the log of the training.
 *
 * @returns weights that the caller owns
 * @throws the signal's reason when the run is interrupted, after a checkpoint; CheckpointError or RunError for files of another
 * network; NonFiniteLossError naming step and last good checkpoint.
 */
export async function trainNetwork(training: NetworkTraining, context: TrainingContext): Promise<TrainedNetwork> {
  const { label, files, metadata } = training
  const { folder, resume, progress } = context
  const checkpoints = join(folder.path, files.checkpoints)
  const removeCheckpoints = () => fs.rmSync(checkpoints, { recursive: true, force: true })
  if (resume && folder.has(files.weights) && folder.has(files.log)) {
    progress.note(`  ${label}: taken from the earlier run`)
    removeCheckpoints()
    return storedNetwork(training, context)
  }
  if (!resume) removeCheckpoints()
  const params = await trained(training, checkpoints, context)
  try {
    const log = fs.readFileSync(join(checkpoints, logFile), 'utf8')
    folder.write(files.log, log)
    const bytes = encodeSafetensors({ tensors: await parametersToHost(params), metadata })
    folder.write(files.weights, bytes)
    removeCheckpoints()
    return { params, sha256: sha256Of(bytes), log: parseLog(log) }
  } catch (error) {
    dispose(params)
    throw error
  }
}

/** The log while the training is under way, beside the checkpoints. */
const logFile = 'training.jsonl'

async function trained({ label, initial, loss, batch, settings, metadata }: NetworkTraining, checkpoints: string, context: TrainingContext): Promise<Params> {
  const { resume, compute, signal, progress } = context
  const { steps, learningRate, warmup, weightDecay, averageDecay, checkpointEvery, batch: batchSize } = settings
  const store = checkpointStore({ folder: checkpoints, keep: 2 })
  const earlier = resume ? (await store.list()).at(-1) : undefined
  if (earlier) progress.note(`  ${label}: goes on from step ${earlier.step}`)
  const params = initial()
  const step = trainStep({ layout: parameterLayout(params), optimizer: adamW({ weightDecay }), loss })
  const stage = progress.stage(label, steps)
  if (earlier) stage.skip(earlier.step)
  stage.advance(earlier?.step ?? 0, compute.preparing)
  const breathe = breather()
  const losses: number[] = []
  try {
    const run = trainWithCheckpoints({
      runner: compute.runner(step),
      params,
      steps,
      batch,
      learningRate: cosineDecay({ peak: learningRate, steps, warmup }),
      averageDecay: emaDecay(averageDecay),
      record: metadata,
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
    dispose({ ...params })
  }
}

/**
 * The network that an earlier run trained.
 *
 * @throws {RunError} where its file is of another network: naming the entry that differs, and both values.
 */
function storedNetwork({ files, initial, metadata: wanted }: NetworkTraining, { folder }: TrainingContext): TrainedNetwork {
  const bytes = folder.read(files.weights)
  const { tensors, metadata } = decodeSafetensors(bytes)
  for (const [name, value] of Object.entries(wanted)) {
    if (metadata[name] !== value) throw new RunError(`${files.weights} must have ${name} ${value}; it has ${metadata[name]}. Drop --resume.`)
  }
  const like = initial()
  try {
    return { params: parametersFromHost(tensors, like), sha256: sha256Of(bytes), log: parseLog(new TextDecoder().decode(folder.read(files.log))) }
  } finally {
    dispose({ ...like })
  }
}

/** How a network was trained, as its file records it: steps between checkpoints make no difference. */
export function trainingRecord(seed: number, { steps, batch, learningRate, warmup, weightDecay, averageDecay }: ImageModelSettings['training']): string {
  return JSON.stringify({ seed, steps, batch, learningRate, warmup, weightDecay, averageDecay })
}
