import { classifier, compose } from '@sbgm/guidance'
import { tensorSpace, type Predictor } from '@sbgm/sde-core'
import { imageGrid } from '@sbgm/viz'
import type { DrawnFigure } from '../drawn-figure'
import { sha256Of } from '../file-record'
import { datasetTitle } from '../images/dataset-title'
import { sampleImages } from '../images/sample-images'
import type { SamplingPlan } from '../images/sampler-choice'
import { imagesAtHand, judgeImages, type Judge } from '../judges/judge'
import { part3Stream } from '../part3/sampling'
import { part3Sde } from '../part3/score-model'
import type { PartContext } from '../part'
import type { OpenClassifier } from './open-classifier'

/** What sampling images of every class needs. */
export interface AllClassesOptions {
  /** The score of part 3's network. */
  readonly score: Predictor<'score'>
  /** SHA-256 of that network's weights. */
  readonly scoreSha256: string
  /** What guides it. */
  readonly classifier: Pick<OpenClassifier, 'labelGradient'>
  /** SHA-256 of the classifier's weights: samples of others, of another score or another γ are not taken over. */
  readonly classifierSha256: string
  /** γ. */
  readonly gamma: number
  /** Images of each class. */
  readonly perClass: number
  /** Part 3's sampler. */
  readonly plan: SamplingPlan
  /** Knows the classes of clean images and none of the noisy ones; asked for its opinion only. */
  readonly judge: Judge
}

/** What was found out about images of every class. */
export interface AllClassesNumbers {
  /** γ. */
  readonly gamma: number
  /** Images of each class. */
  readonly perClass: number
  /** Share of them that the judge puts into the class that was asked for. */
  readonly sameClass: number
  /** The same of each class, in the order of the classes. */
  readonly sameClassOfEach: readonly number[]
}

/** Images of every class. */
export interface AllClasses {
  readonly figure: DrawnFigure
  readonly numbers: AllClassesNumbers
}

/**
 * Images of every class by classifier guidance with one γ, a row for each: one batch of all classes, since the guided samples do not
 * interact.
 *
 * @throws the signal's reason when the run is interrupted
 */
export async function allClassesFigure(
  { score, scoreSha256, classifier: guide, classifierSha256, gamma, perClass, plan, judge }: AllClassesOptions,
  context: Pick<PartContext, 'folder' | 'seed' | 'resume' | 'signal' | 'progress' | 'dataset'>,
): Promise<AllClasses> {
  const data = context.dataset()
  const { classNames } = data.train
  const labels = classNames.flatMap((_, label) => new Array<number>(perClass).fill(label))
  const guided = compose(score, classifier({ gradient: guide.labelGradient(labels), scale: gamma, space: tensorSpace }))
  const { images } = await sampleImages({
    name: 'all-classes', label: `sampling all classes with γ = ${gamma}`,
    dynamics: plan.dynamics(guided, part3Sde), sampler: plan.sampler, grid: plan.grid,
    size: data.train, count: labels.length, batch: labels.length, stream: part3Stream,
    model: sha256Of(JSON.stringify({ score: scoreSha256, classifier: classifierSha256, gamma, labels })),
  }, context)
  const { predictions } = await judgeImages(judge, imagesAtHand(images, data.train), context.signal)
  const right = labels.map((label, i) => predictions[i] === label)
  const share = (hits: readonly boolean[]) => hits.filter(Boolean).length / hits.length
  const numbers = { gamma, perClass, sameClass: share(right), sameClassOfEach: classNames.map((_, label) => share(right.slice(label * perClass, (label + 1) * perClass))) }
  const { height, width, channels } = data.train
  return {
    numbers,
    figure: {
      name: 'all-classes',
      caption: `Images of every class, a row each, by guidance with γ = ${gamma}.`,
      svg: imageGrid({ images, count: labels.length, height, width, channels, range: [-1, 1] }, {
        columns: perClass,
        title: `VP SDE on ${datasetTitle(data)}: guided to each class`,
        subtitle: `γ = ${gamma}, ${plan.words}; the judge puts ${Math.round(100 * numbers.sameClass)} % into the class that was asked for`,
        rowLabels: classNames,
        rowTitle: 'class asked for',
      }),
    },
  }
}
