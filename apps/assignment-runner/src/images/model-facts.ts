import { parameterLayout } from '@sbgm/training'
import type { Bar } from '../bar'
import type { DrawnFigure } from '../drawn-figure'
import type { PartContext } from '../part'
import { dataFigure, meanRate, nearestFigure, testLossFigure, trainingFigure, type ModelWords } from './figures'
import type { JudgedSamples } from './judge-samples'
import { qualityFigure } from './quality-figure'
import type { ImageModelSettings } from './settings'
import type { TestLoss } from './test-loss'
import type { ScoreModel } from './train-score-model'

/** What parts 2 and 3 found out about their model alike. */
export interface ModelFacts {
  readonly settings: ImageModelSettings
  readonly model: ScoreModel
  readonly testLoss: TestLoss
  readonly judged: JudgedSamples
}

/** The same as numbers, for `metrics.json`. */
export function modelMetrics({ settings, model, testLoss, judged }: ModelFacts, context: PartContext): Record<string, unknown> {
  const { name, checksum } = context.dataset()
  const last = model.log[model.log.length - 1]
  const { samples, reference: { real, noisy } } = judged.table
  return {
    settings,
    data: { name, checksum },
    parameters: parameterLayout(model.params).total,
    training: { seconds: last.seconds, imagesPerSecond: meanRate(model.log), meanLossAtEnd: last.meanLoss },
    testLoss,
    quality: { samples, real, noisy },
  }
}

/** The figures that both parts have. */
export function modelFigures(samples: Float32Array, { model, testLoss, judged }: ModelFacts, context: PartContext, words: ModelWords): DrawnFigure[] {
  const data = context.dataset()
  return [
    dataFigure(data),
    trainingFigure(model.log, words),
    testLossFigure(testLoss, words),
    nearestFigure(samples, data, words),
    qualityFigure(judged.table, data.train, words),
  ]
}

/** What a report is written from. */
export interface ModelReport extends ModelFacts {
  readonly seed: number
  readonly bars: readonly Bar[]
  readonly figures: readonly DrawnFigure[]
}
