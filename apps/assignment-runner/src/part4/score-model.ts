import type { Dataset } from '@sbgm/datasets'
import type { Params } from '@sbgm/sde-core'
import { decodeSafetensors, parametersFromHost } from '@sbgm/training'
import type { UNet } from '@sbgm/unet'
import { dispose } from '@tensorflow/tfjs-core'
import fs from 'node:fs'
import { join } from 'node:path'
import { RunError } from '../errors'
import { sha256Of } from '../file-record'
import { scoreNetwork } from '../images/score-network'
import { imageModelSettings, type ImageModelSettings } from '../images/settings'
import { scoreModelFile, scoreNetworkRecord } from '../images/train-score-model'
import type { RunOptions } from '../options'
import type { FinishedPart, PartContext } from '../part'
import { part3SdeRecord, trainPart3Model } from '../part3/score-model'

/** Part 3's score network, wherever it comes from. */
export interface Part3Score {
  /** The network, without weights. */
  readonly network: UNet<'noise'>
  /** The averaged weights; owned by the caller. */
  readonly params: Params
  /** SHA-256 of the file that holds them, in hexadecimal. */
  readonly sha256: string
  /** How it is built and sampled. */
  readonly settings: ImageModelSettings
  /** Whether part 3 had trained it, or this part had to. */
  readonly from: 'part 3' | 'this part'
}

const path = `part3/${scoreModelFile}`

/**
 * The network of part 3 where that part is complete in OUT with this configuration; else trained here as there, which is said.
 *
 * @returns a model whose weights the caller owns
 * @throws {RunError} for a network of another data set or kind; else as {@link trainPart3Model}.
 */
export async function part3Score(context: PartContext): Promise<Part3Score> {
  const { profile, progress } = context
  const part3 = context.finished(3)
  if (part3?.has(scoreModelFile)) {
    progress.note("  score network: part 3's")
    return storedScore(part3, imageModelSettings[profile], context.dataset())
  }
  progress.note('  score network: part 3 is not complete here with this configuration, so its network is trained first')
  const { settings, model: { network, params, sha256 } } = await trainPart3Model(context)
  return { network, params, sha256, settings, from: 'this part' }
}

/** Reads a network of part 3. @throws {RunError} where the file says that it is of another data set or kind, naming both. */
export function storedScore(part3: Pick<FinishedPart, 'read'>, settings: ImageModelSettings, data: Dataset): Part3Score {
  const bytes = part3.read(scoreModelFile)
  const { tensors, metadata } = decodeSafetensors(bytes)
  const wanted = scoreNetworkRecord(settings, data, part3SdeRecord)
  const order = ['dataset', ...Object.keys(wanted).filter((name) => name !== 'dataset')] // what people recognise first
  for (const name of order) if (metadata[name] !== wanted[name]) throw otherNetwork(name, wanted[name], metadata[name])
  const network = scoreNetwork(settings, data.train)
  const like = network.init(0)
  try {
    return { network, params: parametersFromHost(tensors, like), sha256: sha256Of(bytes), settings, from: 'part 3' }
  } finally {
    dispose({ ...like })
  }
}

/**
 * Refuses to begin in a folder where part 3 has left a network of another data set, as long as this run does not replace it: the
 * network that would be trained instead takes long, and is hardly what was meant.
 *
 * @throws {RunError} naming both data sets.
 */
export function checkPart3Data({ out, parts }: Pick<RunOptions, 'out' | 'parts'>, { name }: Dataset): void {
  const file = join(out, path)
  if (parts.includes(3) || !fs.existsSync(file)) return
  const there = datasetOf(file)
  if (there !== undefined && there !== name) throw otherNetwork('dataset', name, there)
}

/** The data set of a network's file; `undefined` where it cannot be told: such a file is not used either. */
function datasetOf(file: string): string | undefined {
  try {
    return decodeSafetensors(fs.readFileSync(file)).metadata['dataset']
  } catch {
    return undefined
  }
}

const otherNetwork = (entry: string, wanted: string, there: string | undefined) =>
  new RunError(`${path}, whose score parts 4 and compare take, must have ${entry} ${wanted}; it has ${there ?? 'none'}. Name part 3 in --parts as well, or give another --out.`)
