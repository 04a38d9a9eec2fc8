import { decodeSafetensors } from '@sbgm/training'
import { dispose } from '@tensorflow/tfjs-core'
import { atLeast, type Bar } from '../bar'
import { writeFigures } from '../drawn-figure'
import { datasetTitle } from '../images/dataset-title'
import { openRunJudges } from '../images/judge-samples'
import type { SampledImages } from '../images/sample-images'
import { samplingPlan, type SamplingPlan } from '../images/sampler-choice'
import { rowsAtATime } from '../images/score-network'
import { smokeNote } from '../images/settings'
import { trainedModelFiles } from '../images/train-score-model'
import type { Part, PartContext, PartResult } from '../part'
import { part3Own, part3Samples } from '../part3/sampling'
import { openScore, part3Sde } from '../part3/score-model'
import { accuracyFigure } from './accuracy-figure'
import { allClassesFigure } from './all-classes'
import { classChoice } from './class-choice'
import { trainClassifier, trainedClassifierFiles } from './classifier'
import { classifierAccuracy, classifierBars } from './classifier-accuracy'
import { comparisonFigure, effectFigure, gridFigures, type GammaImages } from './figures'
import { guidanceSettings } from './guidance-settings'
import { guidedSamples } from './guided-samples'
import { inpaintingFigure } from './inpainting'
import type { GammaMeasures } from './measure'
import { measuredGammas } from './measured-gammas'
import { openClassifier } from './open-classifier'
import { part4Report } from './report'
import { classifierFacts } from './report-sections'
import { checkPart3Data, part3Score } from './score-model'
import { classifierSettingsFor, imagesPerClass, inpaintingSettings } from './settings'

/** Part 4: images of a class by classifier guidance of part 3's score. */
export const part4: Part = {
  id: 4,
  title: 'guidance, and conditional generation',
  reads: ['dataset', 'dataDir', 'sampler', 'steps', 'gammas', 'class', 'inpainting'],
  trained: [...trainedModelFiles, ...trainedClassifierFiles],
  check(options, data) {
    if (data === undefined) return
    classChoice(options, 'quick', data)
    checkPart3Data(options, data)
  },
  async run(context) {
    if (context.profile === 'smoke') context.progress.note(smokeNote)
    const opened: (() => unknown)[] = []
    try {
      return await guided(context, opened)
    } finally {
      for (const close of opened.reverse()) await close()
    }
  },
}

/** Does the work; what it opens it hands over to be closed, the last one first. */
async function guided(context: PartContext, opened: (() => unknown)[]): Promise<PartResult> {
  const { folder, profile, seed, compute, options } = context
  const data = context.dataset()
  const { index: label, title, all } = classChoice(options, profile, data)
  const { images: count, compared } = guidanceSettings[profile]
  const settings = classifierSettingsFor(profile, data.name)

  const model = await part3Score(context)
  opened.push(() => dispose({ ...model.params }))
  const trained = await trainClassifier(context, settings)
  opened.push(() => dispose({ ...trained.params }))
  const { noise, score } = openScore(context, model, model.settings)
  opened.push(() => noise.close())
  const guide = openClassifier(compute, trained, data.train, rowsAtATime(model.settings))
  opened.push(() => guide.close())
  const plan = samplingPlan(options, part3Own(model.settings), part3Sde)
  const accuracy = await classifierAccuracy(guide, data, settings.imagesPerTime, context)

  const networks = { score, scoreSha256: model.sha256, classifier: guide, classifierSha256: trained.sha256 }
  const made: (GammaImages & SampledImages)[] = []
  for (const gamma of [0, ...options.gammas]) {
    made.push({ gamma, ...(await guidedSamples({ ...networks, gamma, label, count, batch: model.settings.sampling.batch, plan }, context)) })
  }

  const judges = await openRunJudges(context)
  opened.push(() => judges.close())
  const { rows, real } = await measuredGammas(made, judges, { guide, time: score.tMin ?? 0, label, count }, context)
  const allClasses = all
    ? await allClassesFigure({ ...networks, gamma: nearestGamma(rows), perClass: imagesPerClass[profile], plan, judge: judges.tenClass }, context)
    : undefined
  const inpainting = options.inpainting || profile === 'full'
    ? await inpaintingFigure({ ...networks, settings: inpaintingSettings[profile], judge: judges.tenClass }, context)
    : undefined

  const method = plan.origin === 'asked for' ? plan.words : `the reverse SDE by ${plan.words}`
  const words = { dataset: datasetTitle(data), model: 'VP SDE', title, method }
  const figures = [
    accuracyFigure(accuracy, data),
    comparisonFigure(made, data.train, compared, words),
    effectFigure(rows, real, words),
    ...gridFigures(made, data.train, words),
    ...[allClasses, inpainting].flatMap((one) => (one ? [one.figure] : [])),
  ]
  await writeFigures(figures, context)
  const bars = [...(data.name === 'mnist' ? guidanceBars(rows) : []), ...classifierBars(profile, accuracy, data.name)]
  const classifier = classifierFacts(settings, trained, accuracy)
  folder.write('README.md', part4Report({
    seed, profile, rows, real, title, method, score: model, asPart3: isPart3s(made[0].images, plan, context), classifier, figures, bars,
    allClasses: allClasses?.numbers,
    inpainting: inpainting && { numbers: inpainting.numbers, settings: inpaintingSettings[profile] },
  }, data))
  const last = trained.log[trained.log.length - 1]
  return {
    bars,
    metrics: {
      data: { name: data.name, checksum: data.checksum },
      class: { index: label, name: data.train.classNames[label] },
      score: { from: model.from, sha256: model.sha256 },
      sampling: { sampler: plan.name, steps: plan.steps, evaluations: made.map(({ gamma, evaluations }) => ({ gamma, evaluations })), images: count },
      classifier: { sha256: trained.sha256, settings: classifier.settings, parameters: classifier.parameters, training: { seconds: last.seconds, meanLossAtEnd: last.meanLoss }, accuracy },
      gammas: rows,
      real,
      judges: { tenClass: judges.tenClass.sha256, elevenClass: judges.elevenClass.sha256 },
      ...(allClasses && { allClasses: allClasses.numbers }),
      ...(inpainting && { inpainting: inpainting.numbers }),
    },
  }
}

/** Whether these are the first images that part 3 has made, to the bit: it may have sampled otherwise. */
function isPart3s(images: Float32Array, plan: SamplingPlan, context: PartContext): boolean {
  const [part3, file] = [context.finished(3), `samples/${part3Samples(plan)}-1.safetensors`]
  if (!part3?.has(file)) return false
  const { data } = decodeSafetensors(part3.read(file)).tensors['images']
  return images.every((value, i) => i >= data.length || value === data[i])
}

/** The γ above 0 whose images are nearest to the class's. */
const nearestGamma = (rows: readonly GammaMeasures[]): number =>
  rows.filter(({ gamma }) => gamma > 0).reduce((best, row) => (row.frechet < best.frechet ? row : best)).gamma

/** The least share of the images at the largest γ that either classifier calls the class. */
const leastShare = 0.7

/** The bars of MNIST. */
function guidanceBars(rows: readonly GammaMeasures[]): Bar[] {
  const { gamma, guide, judge } = rows[rows.length - 1]
  return [
    atLeast(`share called the class at γ = ${gamma} by the classifier that guides`, guide, leastShare),
    atLeast(`share called the class at γ = ${gamma} by an independent classifier`, judge, leastShare),
  ]
}
