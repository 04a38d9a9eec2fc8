import { eulerMaruyama } from '@sbgm/samplers'
import { reverseSde, tensorSpace, uniformGrid } from '@sbgm/sde-core'
import { dispose } from '@tensorflow/tfjs-core'
import { writeFigures } from '../drawn-figure'
import { alongTheWay } from '../images/along-the-way'
import { datasetTitle } from '../images/dataset-title'
import { samplesFigure } from '../images/figures'
import { judgeSamples } from '../images/judge-samples'
import { modelFigures, modelMetrics } from '../images/model-facts'
import { sampleImages } from '../images/sample-images'
import { smokeNote } from '../images/settings'
import { testLoss } from '../images/test-loss'
import { judgeSettings } from '../judges/settings'
import type { Part } from '../part'
import { part3Report } from './report'
import { openScore, part3Sde, trainPart3Model } from './score-model'

/** Part 3: a score network of the continuous VP SDE. */
export const part3: Part = {
  number: 3,
  title: 'the continuous VP SDE',
  reads: ['dataset', 'dataDir'],
  async run(context) {
    const { folder, profile, seed, signal, progress } = context
    const data = context.dataset()
    const words = { dataset: datasetTitle(data), model: 'VP SDE' }
    if (profile === 'smoke') progress.note(smokeNote)

    const { settings, model } = await trainPart3Model(context)
    const { steps, batch, shown } = settings.sampling
    const { noise, score } = openScore(context, model, settings)
    try {
      const loss = await testLoss({ model: noise, sde: part3Sde, images: data.test, seed, signal })
      const method = { ...words, method: `the reverse SDE by Euler–Maruyama, ${steps} steps` }
      const images = await sampleImages({
        name: 'reverse-sde', label: 'sampling',
        dynamics: reverseSde(part3Sde, score, tensorSpace), sampler: eulerMaruyama(), grid: uniformGrid({ from: part3Sde.tMax, to: 0, steps }),
        size: data.train, count: judgeSettings[profile].samples, batch, stream: 'part3/sampler', model: model.sha256,
        along: alongTheWay(folder, settings.sampling, data.train, method),
      }, context)

      const judged = await judgeSamples(images, context)
      const facts = { settings, model, testLoss: loss, judged }
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
