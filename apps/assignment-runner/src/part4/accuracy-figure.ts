import type { Dataset } from '@sbgm/datasets'
import { figure, limit, line, linePalette, panel } from '@sbgm/viz'
import type { DrawnFigure } from '../drawn-figure'
import { datasetTitle } from '../images/dataset-title'
import { part3Sde } from '../part3/score-model'
import type { ClassifierAccuracy } from './classifier-accuracy'

/** The time at which noise and image weigh the same, α(t) = σ(t). */
const evenTime = part3Sde.schedule.timeAtLambda(0)

/** Accuracy and cross-entropy of the classifier against the time, beside what a guess has. */
export function accuracyFigure({ clean, times, accuracies, crossEntropies, images, guess, guessEntropy }: ClassifierAccuracy, data: Dataset): DrawnFigure {
  const number = (value: number) => value.toLocaleString('en-US')
  const highest = 1.1 * Math.max(guessEntropy, ...crossEntropies)
  const even = (top: number) => line({ x: [evenTime, evenTime], y: [0, top], dash: 'dotted', width: 1.2, label: `α(t) = σ(t), t = ${evenTime.toFixed(2)}` })
  const x = { label: 'time t', domain: [0, 1] } as const
  return {
    name: 'classifier-accuracy',
    caption: 'Accuracy and cross-entropy of the classifier of noisy images, against the time.',
    svg: figure({
      title: `Classifier of noisy images on ${datasetTitle(data)}: what can be seen at which time`,
      subtitle: `${number(images)} test images at each time; without noise it puts ${(100 * clean).toFixed(2)} % of all ${number(data.test.count)} into their class; trained on ${number(data.train.count)} others`,
      rows: [{ height: 260, cells: [
        panel({
          title: 'Accuracy',
          x,
          y: { label: 'share put into its class', domain: [0, 1] },
          layers: [
            line({ x: times, y: accuracies, color: linePalette.blue, width: 2, dots: 'every', label: 'classifier' }),
            limit({ at: guess, label: `always the commonest class, ${guess.toFixed(2)}`, labelled: 'legend' }),
            even(1),
          ],
        }),
        panel({
          title: 'Cross-entropy',
          x,
          y: { label: 'mean of −ln p_{t}(y | x), in nats', domain: [0, highest] },
          layers: [
            line({ x: times, y: crossEntropies, color: linePalette.green, width: 2, dots: 'every', label: 'classifier' }),
            limit({ at: guessEntropy, label: `the shares of the classes, ${guessEntropy.toFixed(2)}`, labelled: 'legend' }),
            even(highest),
          ],
        }),
      ] }],
    }),
  }
}
