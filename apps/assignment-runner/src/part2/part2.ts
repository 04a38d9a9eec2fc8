import { scoreFromDiscreteNoise, tensorSpace } from '@sbgm/sde-core'
import { dispose } from '@tensorflow/tfjs-core'
import { openPredictor } from '../compute/open-predictor'
import { writeFigures } from '../drawn-figure'
import { alongTheWay } from '../images/along-the-way'
import { datasetTitle } from '../images/dataset-title'
import { samplesFigure } from '../images/figures'
import { judgeSamples } from '../images/judge-samples'
import { modelFigures, modelMetrics } from '../images/model-facts'
import { sampleImages } from '../images/sample-images'
import { ownPlan, samplingPlan } from '../images/sampler-choice'
import { rowsAtATime, scoreNetwork } from '../images/score-network'
import { imageModelSettings, smokeNote } from '../images/settings'
import { testLoss } from '../images/test-loss'
import { trainedModelFiles, trainScoreModel } from '../images/train-score-model'
import { trainingBatches } from '../images/training-batches'
import { judgeSettings } from '../judges/settings'
import type { Part } from '../part'
import { chain, chainTimes } from './chain'
import { compareSamplers } from './compare-samplers'
import { part2Report } from './report'

/** Part 2: a network trained by the DDPM loss, seen as a score. */
export const part2: Part = {
  id: 2,
  title: 'a DDPM as a score network',
  reads: ['dataset', 'dataDir', 'sampler', 'steps'],
  trained: trainedModelFiles,
  async run(context) {
    const { folder, options, profile, seed, compute, signal, progress } = context
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

      const plan = samplingPlan(options, { sampler: 'ancestral', steps }, chain.sde)
      const isOwn = plan.origin === "the part's own"
      const reverse = ownPlan({ sampler: 'euler-maruyama', steps: isOwn ? plan.grid.length - 1 : steps }, chain.continuous)
      const common = { size: data.train, batch, stream: 'part2/sampler', model: model.sha256 }
      const method = { ...words, method: plan.words }
      const { images, evaluations } = await sampleImages({
        ...common, name: plan.name, label: plan.title,
        dynamics: plan.dynamics(isOwn ? score : noise, chain.sde), sampler: plan.sampler, grid: plan.grid, count: judgeSettings[profile].samples,
        along: alongTheWay(folder, { shown, plan }, data.train, method),
      }, context)
      const { images: checked } = await sampleImages({
        ...common, name: 'reverse-sde', label: 'reverse SDE, as a check',
        dynamics: reverse.dynamics(score, chain.continuous), sampler: reverse.sampler, grid: reverse.grid, count: shown,
      }, context)

      const judged = await judgeSamples(images, context)
      const check = compareSamplers(images.subarray(0, checked.length), checked)
      const facts = { settings, model, testLoss: loss, judged, sampling: { plan, evaluations } }
      const figures = [
        samplesFigure('samples', images, data.train, shown, method),
        samplesFigure('reverse-sde', checked, data.train, shown, { ...words, method: `the reverse SDE by ${reverse.words}, from the same noise` }),
        ...(await modelFigures(images, facts, context, words)),
      ]
      await writeFigures(figures, context)
      folder.write('README.md', part2Report({ ...facts, seed, profile, check, reverse, figures }, data))
      return { bars: judged.bars, metrics: { ...modelMetrics(facts, context), check } }
    } finally {
      await noise.close()
      dispose({ ...model.params })
    }
  },
}
