import { dispose } from '@tensorflow/tfjs-core'
import { writeFigures } from '../drawn-figure'
import { smokeNote } from '../images/settings'
import { judgeSettings } from '../judges/settings'
import type { Part } from '../part'
import { openScore } from '../part3/score-model'
import { checkPart3Data, part3Score } from '../part4/score-model'
import { imagesFigure, qualityFigure } from './figures'
import { measuredComparison, type MeasuredCell } from './measure'
import { openMeasures } from './open-measures'
import { compareReport } from './report'
import { compareSettings } from './settings'

/** Images of each sampler in the pictures. */
const shown = 12

/** Beyond the assignment: part 3's model by one sampler after the other, quality against evaluations. */
export const compare: Part = {
  id: 'compare',
  title: 'samplers of the continuous VP SDE side by side',
  reads: ['dataset', 'dataDir'],
  check: (options, data) => data && checkPart3Data(options, data),
  async run(context) {
    const { folder, profile, seed, progress } = context
    if (profile === 'smoke') progress.note(smokeNote)
    const data = context.dataset()
    const settings = compareSettings[profile]
    const count = judgeSettings[profile].samples
    const model = await part3Score(context)
    const { noise, score } = openScore(context, model, model.settings)
    try {
      const { measures, reference: { real }, close } = await openMeasures(context)
      try {
        const comparison = await measuredComparison({ score, model: model.sha256, part3: model.settings, settings, count, shown, measures }, context)
        const { own, cells } = comparison
        const figures = [qualityFigure(comparison, real, data), ...settings.shown.map((budget) => imagesFigure(comparison, budget, shown, data))]
        await writeFigures(figures, context)
        folder.write('README.md', compareReport({ ...comparison, real, settings, count, seed, profile, figures, sha256: model.sha256 }, data))
        return { bars: [], metrics: { settings, data: { name: data.name, checksum: data.checksum }, model: model.sha256, real, own: record(own), cells: cells.map(record) } }
      } finally {
        await close()
      }
    } finally {
      await noise.close()
      dispose({ ...model.params })
    }
  },
}

/** A cell as `metrics.json` has it. */
function record({ plan: { name, steps, conditions }, budget, evaluations, row }: MeasuredCell): Record<string, unknown> {
  return { sampler: name, steps, conditions, budget, evaluations, ...row }
}
