import type { Dataset } from '@sbgm/datasets'
import { parameterLayout } from '@sbgm/training'
import { limitText, shortNumber, type Bar } from '../bar'
import { figureMarkdown, type DrawnFigure } from '../drawn-figure'
import { datasetTitle } from '../images/dataset-title'
import { meanRate } from '../images/figures'
import { durationText } from '../pace'
import type { AllClassesNumbers } from './all-classes'
import type { TrainedClassifier } from './classifier'
import type { ClassifierAccuracy } from './classifier-accuracy'
import type { InpaintingNumbers } from './inpainting'
import type { ClassMeasures, GammaMeasures, RealMeasures } from './measure'
import type { ClassifierSettings, InpaintingSettings } from './settings'

/** What is known of the classifier. */
export interface ClassifierFacts {
  /** How it was built and trained. */
  readonly settings: ClassifierSettings
  /** Numbers of its network in all. */
  readonly parameters: number
  /** The course of its training. */
  readonly log: TrainedClassifier['log']
  /** How well it does on test images. */
  readonly accuracy: ClassifierAccuracy
}

/** The facts about a trained classifier. */
export const classifierFacts = (settings: ClassifierSettings, { params, log }: Pick<TrainedClassifier, 'params' | 'log'>, accuracy: ClassifierAccuracy): ClassifierFacts =>
  ({ settings, parameters: parameterLayout(params).total, log, accuracy })

const count = (n: number) => n.toLocaleString('en-US')
const number = (value: number) => shortNumber(value).replace('-', '−')
const percent = (share: number) => `${number(Math.round(1000 * share) / 10)} %`

/** The section about the classifier. */
export function classifierSection({ settings, parameters, log, accuracy }: ClassifierFacts, figures: readonly DrawnFigure[], data: Dataset): string {
  const { network, training, largestShift, timePower } = settings
  const { clean, times, accuracies, guess } = accuracy
  const widths = network.multipliers.map((multiplier) => network.baseWidth * multiplier)
  const last = log[log.length - 1]
  const noisy = [0.3, 0.6, 1].map((t) => times.indexOf(t)).filter((i) => i >= 0).map((i) => `${percent(accuracies[i])} at t = ${times[i]}`).join(', ')
  return `The way down of a UNet, ${count(parameters)} parameters with ${widths.join(', ')} features on ${widths.length} levels, told the time as the score network is, with a linear layer on the mean over the pixels. It learned the classes of ${datasetTitle(data)} from images that were shifted by up to ${largestShift} ${largestShift === 1 ? 'pixel' : 'pixels'} and noised by part 3's SDE at times t = u^${timePower}, u uniform: ${count(training.steps)} steps of ${training.batch} images in ${durationText(last.seconds)} (${Math.round(meanRate(log))} images per second), cross-entropy, AdamW with a learning rate of ${training.learningRate} after a warm-up of ${training.warmup} steps, falling as a cosine; averaged weights with decay ${training.averageDecay}.

Of the ${count(data.test.count)} test images without noise it puts ${percent(clean)} into their class; with noise ${noisy}, where always naming the commonest class has ${percent(guess)}.

${figureMarkdown(figures, 'classifier-accuracy')}`
}

/** The measures in Markdown: a row for each γ, and real images. */
export function measuresTable(rows: readonly GammaMeasures[], real: RealMeasures): string {
  const row = (name: string, measures: ClassMeasures, distance = number(measures.frechet)) => {
    const { guide, judge, anyClass, diversity: { mean, meanError } } = measures
    const varied = Number.isFinite(meanError) ? `${number(mean)} ± ${number(meanError)}` : number(mean)
    return `| ${[name, measures.count, percent(guide), percent(judge), percent(anyClass), varied, distance].join(' | ')} |`
  }
  return [
    '| images | number | called the class by the classifier that guides | by an independent one | called any class with confidence ≥ 0.9 | mean distance of two images ± its standard error | Fréchet distance to the class |',
    '|---|---|---|---|---|---|---|',
    ...rows.map((measures) => row(`γ = ${measures.gamma}`, measures)),
    row('real test images of the class', real, real.frechetSets.size === real.count ? undefined : `${number(real.frechet)} in sets of ${real.frechetSets.size}`),
  ].join('\n')
}

/** The section about images of all classes. */
export function allClassesSection({ gamma, perClass, sameClass, sameClassOfEach }: AllClassesNumbers, figures: readonly DrawnFigure[], { train: { classNames } }: Dataset): string {
  const least = Math.min(...sameClassOfEach)
  const fewest = classNames.filter((_, i) => sameClassOfEach[i] === least)
  const spread = sameClassOfEach.every((share) => share === least)
    ? 'of each class alike'
    : `the fewest, ${percent(least)}, where ${fewest.join(', ')} ${fewest.length === 1 ? 'was' : 'were'} asked for`
  return `## All classes

${perClass} images of each class with γ = ${gamma}, which of the scales above had the smallest Fréchet distance. The independent classifier puts ${percent(sameClass)} of them into the class that was asked for, ${spread}.

${figureMarkdown(figures, 'all-classes')}`
}

/** The section about inpainting. */
export function inpaintingSection({ images, samples, largestGivenError, toOriginal, betweenSamples, sameClass }: InpaintingNumbers, { steps, resamplings }: InpaintingSettings, figures: readonly DrawnFigure[]): string {
  return `## Inpainting

Of ${images} test images, one of each class, the lower half is given and the upper half sampled, ${samples} times each: after every update of the reverse SDE the given part is put in at the noise level of the time just reached (\`imputation\`), and each of ${steps} steps is crossed ${resamplings} times (\`rePaint\`), which lessens the bias of that. No classifier is asked.

Where pixels are given the samples differ from them by at most ${number(largestGivenError)}. Elsewhere a sample differs from the original by ${number(toOriginal)} per pixel (root mean square, black and white being 2 apart), and two samples of one image by ${number(betweenSamples)}. The independent classifier puts ${percent(sameClass)} of the samples into the class of their original.

${figureMarkdown(figures, 'inpainting')}`
}

/** The bars in Markdown. */
export function barsSection(bars: readonly Bar[], data: Dataset): string {
  if (bars.length === 0) return `The bars were set for published sets; a run on ${datasetTitle(data)} has none.`
  const missed = bars.filter(({ pass }) => !pass).length
  return `## Bars

${data.name === 'mnist' ? '' : `The bars of guidance were set for MNIST and are not held against ${datasetTitle(data)}. `}${missed === 0 ? 'All are met.' : `${missed} of ${bars.length} ${missed === 1 ? 'is' : 'are'} missed.`}

| bar | value | limit | |
|---|---|---|---|
${bars.map(({ name, value, limit, pass }) => `| ${name} | ${number(value)} | ${limitText(limit).replace(/-/g, '−')} | ${pass ? 'met' : '**missed**'} |`).join('\n')}`
}
