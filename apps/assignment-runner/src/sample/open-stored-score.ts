import { convert, discreteDdpm, scoreFromDiscreteNoise, tensorSpace, vpSde, type Prediction, type Predictor, type Sde } from '@sbgm/sde-core'
import { dispose } from '@tensorflow/tfjs-core'
import type { Compute } from '../compute/compute'
import { openPredictor } from '../compute/open-predictor'
import type { OwnSampling, SamplingPlan } from '../images/sampler-choice'
import { weightTensors } from '../images/stored-network'
import { sampledFrom } from '../part3/score-model'
import type { Checkpoint } from './checkpoint'

/** The score of a checkpoint, and how the part that trained it samples. */
export interface StoredScore {
  /** The SDE that it was trained for. */
  readonly sde: Sde
  /** The model that the part hands to a plan's sampler, evaluated by the engine in blocks of {@link rowsAtATime}. */
  modelFor(plan: Pick<SamplingPlan, 'origin'>): Predictor<Prediction>
  /** What the part does where no sampler is asked for. */
  readonly own: OwnSampling
  /** Name of the noise of the part's steps. */
  readonly stream: string
  /** Frees network and weights. */
  close(): Promise<void>
}

/** Images that a network is evaluated on at a time, in every shard and batch: an image has then the same bits in all of them. */
export const rowsAtATime = 64

/** Opens the model of a checkpoint; close it at the end. */
export function openStoredScore(compute: Compute, { network, weights, sde: stored }: Pick<Checkpoint, 'network' | 'weights' | 'sde'>): StoredScore {
  const params = weightTensors(weights, network)
  const open = (sde: Sde, tMin: number) => openPredictor(compute, network, params, sde, { tMin, rows: rowsAtATime })
  const closing = (noise: ReturnType<typeof open>) => async () => {
    await noise.close()
    dispose({ ...params })
  }
  if (stored.kind === 'vpSde') {
    const sde = vpSde(stored)
    const noise = open(sde, sampledFrom)
    const score = convert(noise, 'score', { sde, space: tensorSpace })
    return { sde, modelFor: () => score, own: { sampler: 'euler-maruyama', steps: 1000 }, stream: 'part3/sampler', close: closing(noise) }
  }
  const { sde, steps, sqrtOneMinusAlphaBars } = discreteDdpm(stored)
  const noise = open(sde, 1 / steps)
  const score = scoreFromDiscreteNoise(noise, sqrtOneMinusAlphaBars, tensorSpace)
  return { sde, modelFor: ({ origin }) => (origin === "the part's own" ? score : noise), own: { sampler: 'ancestral', steps }, stream: 'part2/sampler', close: closing(noise) }
}
