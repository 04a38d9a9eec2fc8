import { convert, tensorSpace, timeSampler, vpSde, type Predictor } from '@sbgm/sde-core'
import { openPredictor, type OpenPredictor } from '../compute/open-predictor'
import { rowsAtATime, scoreNetwork } from '../images/score-network'
import { imageModelSettings, type ImageModelSettings } from '../images/settings'
import { trainScoreModel, type ScoreModel } from '../images/train-score-model'
import { trainingBatches } from '../images/training-batches'
import type { PartContext } from '../part'
import { settingsFor, startFromPart2 } from './start'

const [betaMin, betaMax] = [0.1, 20]
/** The earliest time that the network is trained on. */
const trainedFrom = 1e-5
/** The earliest that it is asked for in sampling. */
export const sampledFrom = 1e-3

/** The VP SDE of part 3. */
export const part3Sde = vpSde({ betaMin, betaMax })
/** The same as a network's file records it, with the earliest time that is trained on. */
export const part3SdeRecord = { kind: 'vpSde', betaMin, betaMax, tMin: trainedFrom }

/** Part 3's model as it was trained. */
export interface Part3Model {
  /** How it was built and trained, and is sampled. */
  readonly settings: ImageModelSettings
  /** The network with its weights and the course of its training. */
  readonly model: ScoreModel
}

/**
 * Trains part 3's network in the folder of the part that asks for it, from the weights that part 2 has averaged where they are there.
 *
 * @returns a model whose weights the caller owns
 * @throws as `trainNetwork`
 */
export async function trainPart3Model(context: PartContext): Promise<Part3Model> {
  const { folder, profile, seed, progress } = context
  const data = context.dataset()
  const start = startFromPart2(context.finished(2), imageModelSettings[profile])
  const settings = settingsFor(start, imageModelSettings[profile])
  const network = scoreNetwork(settings, data.train)
  folder.write('network.txt', `${network.summary()}\n`)
  if (start.kind !== 'random') progress.note(`  score network: starts from the weights that part ${start.part} has averaged over ${start.steps} steps`)
  const times = timeSampler({ sde: part3Sde, tMin: trainedFrom })
  const model = await trainScoreModel({
    network, settings, data, start,
    sde: part3SdeRecord,
    batch: trainingBatches({
      images: data.train, batch: settings.training.batch, seed, stream: 'part3', sde: part3Sde,
      times: (step) => times({ count: settings.training.batch, seed, step }).times,
    }),
  }, context)
  return { settings, model }
}

/** A score for the samplers, and the noise that it is made of. */
export interface OpenScore {
  /** What the network predicts; close it at the end. */
  readonly noise: OpenPredictor<'noise'>
  /** −noise/σ. */
  readonly score: Predictor<'score'>
}

/** Part 3's model for the samplers, evaluated by the engine. */
export function openScore({ compute }: Pick<PartContext, 'compute'>, { network, params }: Pick<ScoreModel, 'network' | 'params'>, settings: ImageModelSettings): OpenScore {
  const noise = openPredictor(compute, network, params, part3Sde, { tMin: sampledFrom, rows: rowsAtATime(settings) })
  return { noise, score: convert(noise, 'score', { sde: part3Sde, space: tensorSpace }) }
}
