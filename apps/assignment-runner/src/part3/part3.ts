import { eulerMaruyama } from '@sbgm/samplers'
import { convert, reverseSde, tensorSpace, timeSampler, uniformGrid, vpSde } from '@sbgm/sde-core'
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
import { part3Report } from './report'
import { settingsFor, startFromPart2 } from './start'

const [betaMin, betaMax] = [0.1, 20]
/** The earliest time that is trained on, and the earliest that the network is asked for in sampling. */
const [trainedFrom, sampledFrom] = [1e-5, 1e-3]

/** Part 3: a score network of the continuous VP SDE. */
export const part3: Part = {
  number: 3,
  title: 'the continuous VP SDE',
  reads: ['dataset', 'dataDir'],
  async run(context) {
    const { folder, profile, seed, compute, signal, progress } = context
    const data = context.dataset()
    const start = startFromPart2(context.finished(2), imageModelSettings[profile])
    const settings = settingsFor(start, imageModelSettings[profile])
    const { steps, batch, shown } = settings.sampling
    const words = { dataset: datasetTitle(data), model: 'VP SDE' }
    if (profile === 'smoke') progress.note(smokeNote)

    const sde = vpSde({ betaMin, betaMax })
    const network = scoreNetwork(settings, data.train)
    folder.write('network.txt', `${network.summary()}\n`)
    if (start.kind !== 'random') progress.note(`  score network: starts from the weights that part ${start.part} has averaged over ${start.steps} steps`)
    const times = timeSampler({ sde, tMin: trainedFrom })
    const model = await trainScoreModel({
      network, settings, data, start,
      sde: { kind: 'vpSde', betaMin, betaMax, tMin: trainedFrom },
      batch: trainingBatches({
        images: data.train, batch: settings.training.batch, seed, stream: 'part3', sde,
        times: (step) => times({ count: settings.training.batch, seed, step }).times,
      }),
    }, context)
    const noise = openPredictor(compute, network, model.params, sde, { tMin: sampledFrom, rows: rowsAtATime(settings) })
    try {
      const score = convert(noise, 'score', { sde, space: tensorSpace })
      const loss = await testLoss({ model: noise, sde, images: data.test, seed, signal })
      const method = { ...words, method: `the reverse SDE by Euler–Maruyama, ${steps} steps` }
      const images = await sampleImages({
        name: 'reverse-sde', label: 'sampling',
        dynamics: reverseSde(sde, score, tensorSpace), sampler: eulerMaruyama(), grid: uniformGrid({ from: sde.tMax, to: 0, steps }),
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
