import type { Dataset } from '@sbgm/datasets'
import { accuracy, confidentlyCorrectShare, confidentShare } from '@sbgm/evaluation'
import { atLeast, atMost, type Bar } from '../bar'
import { datasetTitle } from '../images/dataset-title'
import { heldOutForms, heldOutImages, type HeldOutForm } from './held-out-forms'
import { imagesAtHand, imagesOfSet, judgeImages } from './judge'
import type { Judges } from './open-judges'

/** How good the judges are, on images that they were not trained on. */
export interface JudgesQuality {
  /** Share of the test set that the ten-class network puts into its class. */
  readonly accuracy: number
  /** Share of the test set that the eleven-class network calls its own class with a probability of at least 0.9. */
  readonly ownConfident: number
  /** Of each form of "none of them" held out from its training, the share that it calls any class with that probability. */
  readonly calledAny: Readonly<Record<HeldOutForm, number>>
}

/** Images of each held-out form, at most. */
const mostOfForm = 2000

/** Measures the judges on the test set and the held-out forms. @throws the signal's reason when it is aborted */
export async function judgesQuality({ tenClass, elevenClass }: Judges, { test }: Dataset, signal?: AbortSignal): Promise<JudgesQuality> {
  const columns = { classes: elevenClass.classes, columns: elevenClass.network.classes }
  const ten = await judgeImages(tenClass, imagesOfSet(test), signal)
  const eleven = await judgeImages(elevenClass, imagesOfSet(test), signal)
  const called: [HeldOutForm, number][] = []
  for (const form of heldOutForms) {
    const images = heldOutImages(form, test, { count: Math.min(mostOfForm, test.count), seed: 0 })
    called.push([form, confidentShare((await judgeImages(elevenClass, imagesAtHand(images, test), signal)).probabilities, columns)])
  }
  return {
    accuracy: accuracy(ten.predictions, test.labels),
    ownConfident: confidentlyCorrectShare(eleven.probabilities, test.labels, columns),
    calledAny: Object.fromEntries(called) as Record<HeldOutForm, number>,
  }
}

/** The bars of the judges: of both for MNIST, of the ten-class network for Fashion-MNIST, none for other sets. */
export function judgesBars({ accuracy: correct, ownConfident, calledAny }: JudgesQuality, dataset: string): Bar[] {
  const correctAtLeast = (limit: number) => atLeast(`ten-class judge: share of ${datasetTitle({ name: dataset })}'s test images put into their class`, correct, limit)
  if (dataset === 'fashion-mnist') return [correctAtLeast(0.9)]
  if (dataset !== 'mnist') return []
  return [
    correctAtLeast(0.99),
    atLeast('eleven-class judge: share of test images called their own class with confidence', ownConfident, 0.95),
    ...heldOutForms.map((form) => atMost(`eleven-class judge: share of ${form} called any class with confidence`, calledAny[form], 0.05)),
  ]
}
