import type { Dataset } from '@sbgm/datasets'
import type { Params } from '@sbgm/sde-core'
import { decodeSafetensors, encodeSafetensors, parametersFromHost, parametersToHost } from '@sbgm/training'
import { dispose } from '@tensorflow/tfjs-core'
import { sha256Of } from '../file-record'
import type { PartContext } from '../part'
import { bindJudge, type Judge } from './judge'
import type { JudgeKind, JudgeSettings } from './settings'
import { judgeNetwork, trainJudge } from './train-judge'

/** Where trained judges are kept. */
export interface JudgeFiles {
  /** The whole file of this name, or `undefined` where there is none. */
  read(name: string): Uint8Array | undefined
  /** Writes a whole file or none. */
  write(name: string, bytes: Uint8Array): void
}

/** What {@link openJudges} needs. */
export interface OpenJudgesOptions extends Pick<PartContext, 'compute' | 'signal' | 'progress'> {
  readonly settings: JudgeSettings
  readonly data: Dataset
  /** What computes: the weights differ in their last digits between engines. */
  readonly engine: string
  readonly files: JudgeFiles
}

/** Both networks. */
export interface Judges {
  /** Of the classes alone: accuracy, histograms, features. */
  readonly tenClass: Judge
  /** Of the classes and "none of them": confidence. */
  readonly elevenClass: Judge
  /** Frees both networks and their weights. */
  close(): Promise<void>
}

/** The file of a judge. */
const judgeFile = (kind: JudgeKind): string => `${kind}.safetensors`

/**
 * Takes both judges from their files, or trains them on the training set and writes the files. A file that is no judge of this
 * very data set and these settings, or is damaged, is replaced.
 *
 * @returns judges; close them at the end
 * @throws the signal's reason when the run is interrupted
 */
export async function openJudges(options: OpenJudgesOptions): Promise<Judges> {
  const tenClass = await openJudge('ten-class', options)
  try {
    const elevenClass = await openJudge('eleven-class', options)
    return {
      tenClass,
      elevenClass,
      async close() {
        await closeJudge(tenClass)
        await closeJudge(elevenClass)
      },
    }
  } catch (error) {
    await closeJudge(tenClass)
    throw error
  }
}

async function closeJudge({ bound, params }: Judge): Promise<void> {
  await bound.close()
  dispose({ ...params })
}

async function openJudge(kind: JudgeKind, { settings, data, engine, files, ...context }: OpenJudgesOptions): Promise<Judge> {
  const { train } = data
  const network = judgeNetwork(kind, settings, train)
  const judgeOf = (params: Params, bytes: Uint8Array): Judge => {
    const sha256 = sha256Of(bytes)
    const bound = bindJudge(context.compute, network, params)
    return { kind, network, params, bound, sha256, size: train, classes: train.classNames.length }
  }
  const metadata = { ...metadataOf(kind, settings, data), engine }
  const kept = files.read(judgeFile(kind))
  const keptParams = kept && paramsOf(kept, metadata, network.init(settings.seed))
  if (kept && keptParams) {
    context.progress.note(`  ${kind} judge: taken from an earlier run`)
    return judgeOf(keptParams, kept)
  }
  const params = await trainJudge(kind, settings, train, context)
  try {
    const bytes = encodeSafetensors({ tensors: await parametersToHost(params), metadata })
    files.write(judgeFile(kind), bytes)
    return judgeOf(params, bytes)
  } catch (error) {
    dispose(params)
    throw error
  }
}

/** What a judge was made from: the data by its checksum, and all its settings. */
function metadataOf(kind: JudgeKind, { seed, widths, training }: JudgeSettings, { name, checksum, train }: Dataset): Record<string, string> {
  const { height, width, channels, classNames } = train
  return {
    judge: kind,
    dataset: name,
    checksum,
    network: JSON.stringify({ kind: 'imageClassifier', height, width, channels, widths, classes: classNames }),
    training: JSON.stringify({ seed, ...training[kind] }),
    weights: 'exponential moving average',
  }
}

/** The weights of a file whose metadata are these; `undefined` for any other. Frees `like`. */
function paramsOf(bytes: Uint8Array, wanted: Readonly<Record<string, string>>, like: Params): Params | undefined {
  try {
    const { tensors, metadata } = decodeSafetensors(bytes)
    return Object.entries(wanted).every(([name, value]) => metadata[name] === value) ? parametersFromHost(tensors, like) : undefined
  } catch {
    return undefined // damaged: trained anew, and written over
  } finally {
    dispose(like)
  }
}
