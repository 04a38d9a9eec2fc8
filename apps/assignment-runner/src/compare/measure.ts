import type { Predictor } from '@sbgm/sde-core'
import { sampleImages } from '../images/sample-images'
import { ownPlan } from '../images/sampler-choice'
import type { ImageModelSettings } from '../images/settings'
import { judgedRow, type JudgedRow, type Measures } from '../judges/metrics-row'
import type { PartContext } from '../part'
import { part3Own, part3Samples, part3Stream } from '../part3/sampling'
import { part3Sde } from '../part3/score-model'
import { cellsOf, type Cell } from './cells'
import type { CompareSettings } from './settings'
import { wholeProgress } from './whole-progress'

/** A cell with what was found. */
export interface MeasuredCell extends Cell {
  /** Evaluations of the network that an image took. */
  readonly evaluations: number
  /** What the judges say of its images. */
  readonly row: JudgedRow
  /** Its first images, one after the other; not clamped. */
  readonly images: Float32Array
}

/** What is measured with. */
export interface CompareOptions {
  /** Part 3's network, as it samples with it. */
  readonly score: Predictor<'score'>
  /** SHA-256 of its weights. */
  readonly model: string
  /** How part 3 samples. */
  readonly part3: ImageModelSettings
  /** What is compared. */
  readonly settings: CompareSettings
  /** Images of each cell. */
  readonly count: number
  /** How many of them are given back. */
  readonly shown: number
  /** What judges them. */
  readonly measures: Measures
}

/** The comparison's numbers. */
export interface Comparison {
  /** Part 3's own sampler with its own number of steps. */
  readonly own: MeasuredCell
  /** All others. */
  readonly cells: readonly MeasuredCell[]
}

/** What an adaptive sampler is taken to need, for the time that is left. */
const guessedEvaluations = 120

/**
 * Draws and judges the images of each cell. All start from the same noise, and all stochastic samplers see that of part 3's; the images of
 * part 3's own sampler are part 3's, where they lie in OUT. Batches are kept, for a run that is resumed.
 *
 * @throws the signal's reason when the run is interrupted
 */
export async function measuredComparison(options: CompareOptions, context: PartContext): Promise<Comparison> {
  const { score, model, part3, settings, count, shown, measures } = options
  const size = context.dataset().train
  const own: Cell = { budget: 'none', plan: ownPlan(part3Own(part3), part3Sde), name: 'part3' }
  const cells = [own, ...cellsOf(settings, part3Sde)]
  const cost = ({ plan: { evaluations } }: Cell) => (typeof evaluations === 'number' ? evaluations : guessedEvaluations)
  const progress = wholeProgress(context.progress, 'comparing samplers', cells.reduce((sum, cell) => sum + cost(cell), 0))
  const measured: MeasuredCell[] = []
  for (const cell of cells) {
    const { plan } = cell
    const { images, evaluations } = await sampleImages({
      name: cell === own ? part3Samples(plan) : cell.name, label: plan.words,
      dynamics: plan.dynamics(score, part3Sde), sampler: plan.sampler, grid: plan.grid,
      size, count, batch: part3.sampling.batch, stream: part3Stream, model,
      elsewhere: cell === own ? context.finished(3) : undefined,
    }, { ...context, progress: progress.share(cost(cell)) })
    const row = await judgedRow(plan.words, images, measures)
    measured.push({ ...cell, evaluations, row, images: images.slice(0, (shown * images.length) / count) })
  }
  progress.end()
  return { own: measured[0], cells: measured.slice(1) }
}
