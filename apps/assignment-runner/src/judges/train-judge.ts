import { imagesOf, labelsOf, shuffledBatches, type LabelledImages } from '@sbgm/datasets'
import type { Params } from '@sbgm/sde-core'
import { adamW, cosineDecay, emaDecay, parameterLayout, train, trainStep, type HostBatch } from '@sbgm/training'
import { imageClassifier, type ImageClassifier } from '@sbgm/unet'
import { dispose, logSoftmax, mean, mul, neg, sum, tidy, type Scalar, type Tensor } from '@tensorflow/tfjs-core'
import { breather } from '../breather'
import type { PartContext } from '../part'
import { noneImages } from './none-forms'
import type { JudgeKind, JudgeSettings } from './settings'
import { shiftedImages } from './shifted-images'

/** The network of a judge: as many outputs as the set has classes, and for the eleven-class network one more, "none of them", as the last. */
export const judgeNetwork = (kind: JudgeKind, { widths }: JudgeSettings, { height, width, channels, classNames }: LabelledImages): ImageClassifier =>
  imageClassifier({ height, width, channels, widths, classes: classNames.length + (kind === 'eleven-class' ? 1 : 0) })

/** Mean cross-entropy −Σ target · log softmax(logits), in nats; both of shape (batch, classes). */
export const crossEntropy = (logits: Tensor, target: Tensor): Scalar =>
  tidy(() => neg(mean(sum(mul(target, logSoftmax(logits)), 1))) as Scalar)

/**
 * Trains a judge on clean images, shifted a little and nothing else: neither network sees noise on an image of its classes.
 *
 * @param images - the training set
 * @returns the average of the weights, owned by the caller
 * @throws the signal's reason when the run is interrupted
 */
export async function trainJudge(
  kind: JudgeKind,
  settings: JudgeSettings,
  images: LabelledImages,
  { compute, signal, progress }: Pick<PartContext, 'compute' | 'signal' | 'progress'>,
): Promise<Params> {
  const { steps, learningRate, warmup, weightDecay, averageDecay } = settings.training[kind]
  const network = judgeNetwork(kind, settings, images)
  const initial = network.init(settings.seed)
  const step = trainStep({
    layout: parameterLayout(initial),
    optimizer: adamW({ weightDecay }),
    loss: (params, { x, target }) => crossEntropy(network.apply(params, x).logits, target),
  })
  const run = train({
    runner: compute.runner(step),
    params: initial,
    steps,
    batch: trainingBatches(kind, settings, images, network.classes),
    learningRate: cosineDecay({ peak: learningRate, steps, warmup }),
    averageDecay: emaDecay(averageDecay),
    signal,
  })
  const stage = progress.stage(`${kind} judge`, steps)
  stage.advance(0, compute.preparing)
  const breathe = breather()
  try {
    for (;;) {
      const next = await run.next()
      if (next.done) {
        dispose(next.value.params)
        stage.end()
        return next.value.average
      }
      stage.advance(next.value.step, `loss ${next.value.meanLoss.toFixed(3)}`)
      await breathe()
    }
  } finally {
    dispose(initial)
  }
}

/** The batch of each step: images of the classes, shifted, then those of none; a function of the settings and the step's number. */
function trainingBatches(kind: JudgeKind, settings: JudgeSettings, set: LabelledImages, classes: number): (step: number) => HostBatch {
  const { seed } = settings
  const { batch, noneBatch, largestShift } = settings.training[kind]
  const order = shuffledBatches({ count: set.count, batchSize: Math.min(batch, set.count), seed, stream: `judges/${kind}` })
  return (step) => {
    const indices = order.indicesAt(step)
    const real = shiftedImages(imagesOf(set, indices).data, set, { largest: largestShift, seed, stream: 'judges/shift', step })
    const none = noneImages(set, { count: noneBatch, seed, step })
    const x = new Float32Array(real.length + none.length)
    x.set(real)
    x.set(none, real.length)
    const count = indices.length + noneBatch
    const target = new Float32Array(count * classes)
    labelsOf(set, indices).data.forEach((label, i) => (target[i * classes + label] = 1))
    for (let i = indices.length; i < count; i++) target[(i + 1) * classes - 1] = 1
    return { x: { data: x, shape: [count, set.height, set.width, set.channels] }, target: { data: target, shape: [count, classes] } }
  }
}
