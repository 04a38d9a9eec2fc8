import { ancestral, eulerMaruyama } from '@sbgm/samplers'
import { reverseSde, scoreFromDiscreteNoise, tensorSpace, uniformGrid } from '@sbgm/sde-core'
import { dispose } from '@tensorflow/tfjs-core'
import { openPredictor } from '../compute/open-predictor'
import { writeFigures } from '../drawn-figure'
import { alongTheWay } from '../images/along-the-way'
import { datasetTitle } from '../images/dataset-title'
import { samplesFigure } from '../images/figures'
import { judgeSamples } from '../images/judge-samples'
import { modelFigures, modelMetrics } from '../images/model-facts'
import { sampleImages } from '../images/sample-images'
import { rowsAtATime, scoreNetwork } from '../images/score-network'
import { imageModelSettings, smokeNote } from '../images/settings'
import { testLoss } from '../images/test-loss'
import { trainScoreModel } from '../images/train-score-model'
import { trainingBatches } from '../images/training-batches'
import { judgeSettings } from '../judges/settings'
import type { Part } from '../part'
import { chain, chainTimes } from './chain'
import { compareSamplers } from './compare-samplers'
import { part2Report } from './report'

/** Part 2: a network trained by the DDPM loss, seen as a score. */
export const part2: Part = {
  number: 2,
  title: 'a DDPM as a score network',
  reads: ['dataset', 'dataDir'],
  async run(context) {
    const { folder, profile, seed, compute, signal, progress } = context
    const data = context.dataset()
    const settings = imageModelSettings[profile]
    const { steps, batch, shown } = settings.sampling
    const words = { dataset: datasetTitle(data), model: 'DDPM' }
    if (profile === 'smoke') progress.note(smokeNote)

    const network = scoreNetwork(settings, data.train)
    folder.write('network.txt', `${network.summary()}\n`)
    const model = await trainScoreModel({
      network, settings, data,
      start: { kind: 'random' },
      sde: { kind: 'discreteDdpm', steps: chain.steps, betaStart: chain.betas[0], betaEnd: chain.betas[chain.steps - 1] },
      batch: trainingBatches({ images: data.train, batch: settings.training.batch, seed, stream: 'part2', sde: chain.sde, times: chainTimes(settings.training.batch, seed) }),
    }, context)
    const noise = openPredictor(compute, network, model.params, chain.sde, { tMin: 1 / chain.steps, rows: rowsAtATime(settings) })
    try {
      const score = scoreFromDiscreteNoise(noise, chain.sqrtOneMinusAlphaBars, tensorSpace)
      const loss = await testLoss({ model: noise, sde: chain.sde, images: data.test, seed, signal })

      const common = { grid: uniformGrid({ from: 1, to: 0, steps }), size: data.train, batch, stream: 'part2/sampler', model: model.sha256 }
      const byAncestral = { ...words, method: `ancestral sampling, ${steps} steps` }
      const images = await sampleImages({
        ...common, name: 'ancestral', label: 'ancestral sampling',
        dynamics: reverseSde(chain.sde, score, tensorSpace), sampler: ancestral(), count: judgeSettings[profile].samples,
        along: alongTheWay(folder, settings.sampling, data.train, byAncestral),
      }, context)
      const checked = await sampleImages({
        ...common, name: 'reverse-sde', label: 'reverse SDE, as a check',
        dynamics: reverseSde(chain.continuous, score, tensorSpace), sampler: eulerMaruyama(), count: shown,
      }, context)

      const judged = await judgeSamples(images, context)
      const check = compareSamplers(images.subarray(0, checked.length), checked)
      const facts = { settings, model, testLoss: loss, judged }
      const figures = [
        samplesFigure('samples', images, data.train, shown, byAncestral),
        samplesFigure('reverse-sde', checked, data.train, shown, { ...words, method: `the reverse SDE by Euler–Maruyama, ${steps} steps, from the same noise` }),
        ...(await modelFigures(images, facts, context, words)),
      ]
      await writeFigures(figures, context)
      folder.write('README.md', part2Report({ ...facts, seed, profile, check, figures }, data))
      return { bars: judged.bars, metrics: { ...modelMetrics(facts, context), check } }
    } finally {
      await noise.close()
      dispose({ ...model.params })
    }
  },
}
