import { parameterLayout } from '@sbgm/training'
import type { DrawnFigure } from '../drawn-figure'
import type { Profile } from '../options'
import type { PartContext } from '../part'
import { dataFigure, meanRate, nearestFigure, testLossFigure, trainingFigure, type ModelWords } from './figures'
import type { JudgedSamples } from './judge-samples'
import { qualityFigure } from './quality-figure'
import type { SamplingPlan } from './sampler-choice'
import type { ImageModelSettings } from './settings'
import type { TestLoss } from './test-loss'
import type { ScoreModel } from './train-score-model'

/** What parts 2 and 3 found out about their model alike. */
export interface ModelFacts {
  /** How it was built, trained and sampled. */
  readonly settings: ImageModelSettings
  /** The network with its weights and the course of its training. */
  readonly model: ScoreModel
  /** Its loss on test images. */
  readonly testLoss: TestLoss
  /** How its samples were drawn, and how many evaluations of the network one took. */
  readonly sampling: { readonly plan: SamplingPlan; readonly evaluations: number }
  /** What the judges say of its samples. */
  readonly judged: JudgedSamples
}

/** The same as numbers, for `metrics.json`. */
export function modelMetrics({ settings, model, testLoss, judged, sampling }: ModelFacts, context: PartContext): Record<string, unknown> {
  const { name, checksum } = context.dataset()
  const last = model.log[model.log.length - 1]
  const { samples, reference: { judges, real, noisy } } = judged.table
  return {
    settings,
    data: { name, checksum },
    parameters: parameterLayout(model.params).total,
    training: { seconds: last.seconds, imagesPerSecond: meanRate(model.log), meanLossAtEnd: last.meanLoss },
    testLoss,
    sampling: samplingRecord(sampling),
    quality: { samples, real, noisy },
    judges: { ...judges, sha256: judged.judges },
  }
}

/** How samples were drawn, as `metrics.json` has it. */
const samplingRecord = ({ plan: { name, steps, conditions }, evaluations }: ModelFacts['sampling']): Record<string, string | number> => ({ sampler: name, steps, conditions, evaluations })

/** The figures that both parts have. */
export async function modelFigures(samples: Float32Array, { model, testLoss, judged }: ModelFacts, context: PartContext, words: ModelWords): Promise<DrawnFigure[]> {
  const data = context.dataset()
  return [
    dataFigure(data),
    trainingFigure(model.log, words),
    testLossFigure(testLoss, words),
    await nearestFigure(samples, data, words, context.signal),
    qualityFigure(judged.table, data.train, words),
  ]
}

/** What a report is written from. */
export interface ModelReport extends ModelFacts {
  /** How much work the run did. */
  readonly profile: Profile
  /** Key of the run's randomness. */
  readonly seed: number
  /** The figures of the part. */
  readonly figures: readonly DrawnFigure[]
}
