// %% [markdown]
// ## Part 4: guidance
//
// A classifier $p_t(y \mid x)$ of noisy images turns the score into that of a class, by Bayes' rule: $\nabla_x \log p_t(x \mid y) = s_\theta(x, t) + \nabla_x \log p_t(y \mid x)$. A factor $\gamma$ before the second term asks for the class more strongly than it is there.
//
// ### The classifier
//
// The way down of a UNet. It learns by the cross-entropy of images with noise at times $t = u^2$, $u$ uniform, so that more of them are early, where images can be told apart. Some steps with weights of its own:

// %%
import { accuracy, predictedClasses } from '@sbgm/evaluation'
import { imagesOf, labelsOf, shuffledBatches } from '@sbgm/datasets'
import { classifier, compose, imputation, labelLogProbabilityGradient, rePaint } from '@sbgm/guidance'
import { eulerMaruyama, lastState } from '@sbgm/samplers'
import { convert, hostSpace, perturb, predictor, reverseSde, samplePrior, tensorSpace, timeSampler, uniformGrid } from '@sbgm/sde-core'
import { parametersFromHost } from '@sbgm/training'
import { noisyClassifier, type NoisyClassifierOptions } from '@sbgm/unet'
import { imageGrid } from '@sbgm/viz'
import { dispose, logSoftmax, mul, sum, tensor, tensor1d, type Tensor1D, tidy } from '@tensorflow/tfjs-core'
import { existsSync } from 'node:fs'
import { images, imageSet, noiseNetwork, sampledImages } from './images'
import { print, sde, seed, show, size, trained, trainedWeights } from './setup'

const classifierWeights = trainedWeights<NoisyClassifierOptions>('part4/classifier.safetensors')
const classes = noisyClassifier(classifierWeights.options)
const classifierStart = classes.init(seed)
const classifierTimes = timeSampler({ sde, tMin: 1e-5 })
const labelledOrder = shuffledBatches({ count: images.train.count, batchSize: size.batch, seed, stream: 'notebook/labelled' })

/** Images with the noise of these times. */
function noisyImages(clear: { data: Float32Array; shape: readonly number[] }, t: Float64Array, step: number) {
  const x0 = { data: Float64Array.from(clear.data), shape: clear.shape }
  const noise = hostSpace.normal({ seed, stream: 'notebook/classifier', step, firstSample: 0, draw: 0 }, x0)
  return perturb({ sde, space: hostSpace, x0, noise, t })
}

const briefClassifier = await trained({
  title: 'Part 4: training of the classifier', params: classifierStart,
  steps: size.imageTraining, learningRate: 2e-3, averageDecay: 0.9,
  loss: (params, { x, t, target }) =>
    mul(sum(mul(target, logSoftmax(classes.apply(params, x, t as Tensor1D)))), -1 / size.batch),
  batch(step) {
    const indices = labelledOrder.indicesAt(step)
    const t = classifierTimes({ count: size.batch, seed, step }).times.map((u) => Math.max(1e-5, u ** 2))
    const target = new Float32Array(size.batch * classes.classes)
    labelsOf(images.train, indices).data.forEach((label, i) => (target[i * classes.classes + label] = 1))
    return {
      x: noisyImages(imagesOf(images.train, indices), t, step), t: { data: t, shape: [size.batch] },
      target: { data: target, shape: [size.batch, classes.classes] },
    }
  },
})

// %% [markdown]
// With the weights that the program trained: how many of 200 test images it puts into their class, with the noise of several times. With much noise nobody can know.

// %%
const classifierParams = parametersFromHost(classifierWeights.tensors, classifierStart)
const tested = Int32Array.from({ length: 200 }, (_, i) => i)
for (const t of [1e-3, 0.1, 0.3, 0.6, 1]) {
  const times = new Float64Array(tested.length).fill(t)
  const noisy = noisyImages(imagesOf(images.test, tested), times, 0)
  const logits = tidy(() => classes.apply(classifierParams, tensorSpace.fromHost(noisy), tensor1d(Float32Array.from(times))))
  const share = accuracy(predictedClasses(await logits.data(), classes.classes), labelsOf(images.test, tested).data)
  logits.dispose()
  print(`t = ${t}: ${(100 * share).toFixed(1)} %`)
}

// %% [markdown]
// ### Images of one class
//
// Part 3's model and sampler along $s_\theta + \gamma\,\nabla_x \log p_t(y \mid x)$, a row for each $\gamma$. The noise is the same in every row, so that one sees what $\gamma$ changes.

// %%
const wantedClass = 5
const scoreFile = ['part3', 'part4'].map((part) => `${part}/score-model.safetensors`).find((path) => existsSync(path)) ?? ''
const part3 = noiseNetwork(scoreFile)
const noiseModel = predictor(part3.network, part3.params, sde, { tMin: 1e-3 })
const unguided = convert(noiseModel, 'score', { sde, space: tensorSpace })
const towardsClass = labelLogProbabilityGradient(
  (x, t) => classes.apply(classifierParams, x, t), wantedClass, { classes: classes.classes },
)
const guidedRows: number[] = []
for (const scale of size.scales) {
  const guided = compose(unguided, classifier({ gradient: towardsClass, scale, space: tensorSpace }))
  const { pixels } = await sampledImages({ dynamics: reverseSde(sde, guided, tensorSpace), sampler: eulerMaruyama() })
  guidedRows.push(...pixels.subarray(0, (8 * pixels.length) / size.images))
}
await show(imageGrid(imageSet(guidedRows), {
  columns: 8, rowLabels: size.scales.map((scale) => `γ = ${scale}`),
  title: `Part 4: guided to class ${images.train.classNames[wantedClass]}`,
}))

// %% [markdown]
// ### Completing images
//
// The lower halves of test images are given. After every update they are put in with the noise of the time just reached (imputation), and each step is crossed three times (RePaint), so that the upper half comes to fit.

// %%
const originals = imagesOf(images.test, Int32Array.from({ length: 8 }, (_, i) => i))
const imageShape = originals.shape.slice(1)
const pixelsOfImage = imageShape.reduce((product, side) => product * side, 1)
const mask = { data: new Uint8Array(pixelsOfImage).fill(1, pixelsOfImage / 2), shape: imageShape }
const known = tensor(originals.data, [...originals.shape])
const start = samplePrior({ sde, space: tensorSpace, shape: originals.shape, seed })
const completed = await lastState({
  dynamics: reverseSde(sde, unguided, tensorSpace), sampler: rePaint(eulerMaruyama(), { resamplings: 3 }),
  grid: uniformGrid({ from: 1, to: 0, steps: size.completionSteps }), space: tensorSpace, x: start,
  seed, stream: 'notebook/completion',
  constraint: imputation({ sde, space: tensorSpace, known, mask }),
})
const given = originals.data.map((value, i) => (mask.data[i % pixelsOfImage] === 1 ? value : -1))
const completedRows = [...given, ...(await completed.data()), ...originals.data]
for (const owned of [classifierStart, briefClassifier, classifierParams, part3.params, { known, start, completed }]) {
  dispose({ ...owned })
}
await show(imageGrid(imageSet(completedRows), {
  columns: 8, title: 'Part 4: completed images', rowLabels: ['given', 'completed', 'original'],
}))
