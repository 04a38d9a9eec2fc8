import { dispose } from '@tensorflow/tfjs-core'
import { writeFigures } from '../drawn-figure'
import { alongTheWay } from '../images/along-the-way'
import { datasetTitle } from '../images/dataset-title'
import { samplesFigure } from '../images/figures'
import { judgeSamples } from '../images/judge-samples'
import { modelFigures, modelMetrics } from '../images/model-facts'
import { sampleImages } from '../images/sample-images'
import { samplingPlan } from '../images/sampler-choice'
import { smokeNote } from '../images/settings'
import { testLoss } from '../images/test-loss'
import { trainedModelFiles } from '../images/train-score-model'
import { judgeSettings } from '../judges/settings'
import type { Part } from '../part'
import { part3Report } from './report'
import { part3Own, part3Samples, part3Stream } from './sampling'
import { openScore, part3Sde, trainPart3Model } from './score-model'

/** Part 3: a score network of the continuous VP SDE. */
export const part3: Part = {
  id: 3,
  title: 'the continuous VP SDE',
  reads: ['dataset', 'dataDir', 'sampler', 'steps'],
  trained: trainedModelFiles,
  async run(context) {
    const { folder, profile, seed, signal, progress } = context
    const data = context.dataset()
    const words = { dataset: datasetTitle(data), model: 'VP SDE' }
    if (profile === 'smoke') progress.note(smokeNote)

    const { settings, model } = await trainPart3Model(context)
    const { batch, shown } = settings.sampling
    const plan = samplingPlan(context.options, part3Own(settings), part3Sde)
    const { noise, score } = openScore(context, model, settings)
    try {
      const loss = await testLoss({ model: noise, sde: part3Sde, images: data.test, seed, signal })
      const method = { ...words, method: plan.origin === 'asked for' ? plan.words : `the reverse SDE by ${plan.words}` }
      const { images, evaluations } = await sampleImages({
        name: part3Samples(plan), label: 'sampling',
        dynamics: plan.dynamics(score, part3Sde), sampler: plan.sampler, grid: plan.grid,
        size: data.train, count: judgeSettings[profile].samples, batch, stream: part3Stream, model: model.sha256,
        along: alongTheWay(folder, { shown, plan }, data.train, method),
      }, context)

      const judged = await judgeSamples(images, context)
      const facts = { settings, model, testLoss: loss, judged, sampling: { plan, evaluations } }
      const figures = [samplesFigure('samples', images, data.train, shown, method), ...(await modelFigures(images, facts, context, words))]
      await writeFigures(figures, context)
      folder.write('README.md', part3Report({ ...facts, seed, profile, figures }, data))
      return { bars: judged.bars, metrics: modelMetrics(facts, context) }
    } finally {
      await noise.close()
      dispose({ ...model.params })
    }
  },
}
