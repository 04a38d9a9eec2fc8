import { dispose } from '@tensorflow/tfjs-core'
import { breather } from '../breather'
import { openPredictor } from '../compute/open-predictor'
import { writeFigures } from '../drawn-figure'
import type { Part } from '../part'
import { loadScoreNetwork, saveScoreNetwork } from './checkpoint'
import { endsFigure, heatmapFigures, pairedFigure, scoreErrorFigure, scoreFigure } from './figures'
import { sde } from './problem'
import { part1Report } from './report'
import { comparePair, part1Bars, reachedLaw } from './results'
import { compareScores, scoreError } from './score-error'
import { part1Settings } from './settings'
import { runSimulations, type Simulations } from './simulations'
import { tMin, trainScore } from './train-score'
import { unifiedLoss } from './unified-loss'

/** The times at which the score is drawn. */
const shownTimes = [0.01, 0.05, 0.1, 0.2, 0.4, 1]

/** Points that the network is evaluated on at a time where that must be one number for all batches; fewer or more at once are no faster. */
const rowsAtATime = 2000

/** Part 1: a mixture of Gaussians on the line through the VP SDE and back with a learned score. */
export const part1: Part = {
  id: 1,
  title: 'an SDE on the line',
  async run(context) {
    const { folder, profile, seed, resume, signal, progress } = context
    const compute = context.compute.forSmallNetworks ?? context.compute
    const settings = part1Settings[profile]
    if (profile === 'smoke') progress.note('  profile smoke: a small network and few points, to try the program; the bars are made for quick and full')

    const earlier = resume ? loadScoreNetwork(folder, settings) : undefined
    if (earlier) progress.note('  score network: taken from the earlier run')
    const trained = earlier ?? (await trainScore(settings, { ...context, compute }))
    const model = openPredictor(compute, trained.network, trained.params, sde, { tMin, rows: rowsAtATime })
    try {
      if (!earlier) await saveScoreNetwork(folder, settings, trained)

      const breathe = breather(0)
      const score = await scoreError(model, signal)
      const loss = await unifiedLoss(model, seed)
      const comparisons = []
      for (const t of shownTimes) {
        await breathe()
        signal.throwIfAborted()
        comparisons.push(await compareScores(model, t))
      }

      const simulations = await runSimulations(settings, model, context)
      await breathe()
      const reached = await reachedLaw(simulations.forwardSde, settings)
      await breathe()
      const pairs = {
        forwardFlow: comparePair(simulations.forwardFlow, 1, simulations.marginals),
        reverseSde: comparePair(simulations.reverseSde, 0, simulations.marginals),
        reverseFlow: comparePair(simulations.reverseFlow, 0, simulations.marginals),
      }
      const bars = part1Bars(score, reached, simulations)
      const figures = [
        scoreFigure(comparisons),
        scoreErrorFigure(score, trained.losses, loss),
        ...heatmapFigures(simulations),
        endsFigure(simulations, reached),
        pairedFigure(simulations),
      ]
      await writeFigures(figures, context)
      folder.write('README.md', part1Report({ settings, seed, score, loss, reached, pairs, bars, figures }))
      return {
        bars,
        metrics: {
          settings,
          loss,
          score: { mean: score.mean, largest: score.largest, times: score.times, errors: score.errors },
          reached,
          pairs,
          distances: distancesOf(simulations),
        },
      }
    } finally {
      await model.close()
      dispose(trained.params)
    }
  },
}

/** W1 per time of all simulations. */
const distancesOf = ({ forwardSde, forwardFlow, reverseSde, reverseFlow }: Simulations) => ({
  times: forwardSde.times,
  forwardSde: forwardSde.distances,
  forwardFlow: { learned: forwardFlow.learned.distances, exact: forwardFlow.exact.distances },
  reverseSde: { learned: reverseSde.learned.distances, exact: reverseSde.exact.distances },
  reverseFlow: { learned: reverseFlow.learned.distances, exact: reverseFlow.exact.distances },
})
