// %% [markdown]
// ## The images of parts 2 to 4
//
// Pixels are in $[-1, 1]$. A batch for a network that predicts the noise is $x_t = \alpha(t)\,x_0 + \sigma(t)\,\varepsilon$ with the times and $\varepsilon$; images are sampled from $\mathcal N(0, I)$ along reverse dynamics.

// %%
import { digits, imagesOf, type PublishedName, shuffledBatches } from '@sbgm/datasets'
import { loadDataset } from '@sbgm/datasets/node'
import { record, recordStates } from '@sbgm/samplers'
import {
  denoisingExample, denoisingLoss, type Dynamics, hostSpace, type Params, type Sampler, samplePrior, type Sde, tensorSpace, uniformGrid,
} from '@sbgm/sde-core'
import { parametersFromHost } from '@sbgm/training'
import { unet, type UNet, type UNetOptions } from '@sbgm/unet'
import { filmStrip, imageGrid, type ImageSet } from '@sbgm/viz'
import { dispose, type Tensor1D } from '@tensorflow/tfjs-core'
import { existsSync } from 'node:fs'
import { print, seed, show, size, trained, trainedWeights } from './setup'

const ofImages = ['part2/score-model.safetensors', 'part3/score-model.safetensors', 'part4/classifier.safetensors']
const setName = trainedWeights(ofImages.find((path) => existsSync(path)) ?? ofImages[0]).dataset ?? 'digits'
const dataDir = process.env['SBGM_DATA_DIR']
export const images = setName === 'digits'
  ? digits({ seed: 1 })
  : await loadDataset({ name: setName as PublishedName, ...(dataDir === undefined ? {} : { dataDir }) })
const { height, width, channels, classNames, labels } = images.train

/** Pixels as the pictures take them. */
export const imageSet = (pixels: ArrayLike<number>): ImageSet => ({
  images: Float32Array.from(pixels), count: pixels.length / (height * width * channels),
  height, width, channels: channels === 3 ? 3 : 1, range: [-1, 1],
})

const oneOfEach = imagesOf(images.train, Int32Array.from(classNames, (_, label) => labels.indexOf(label)))
await show(imageGrid(imageSet(oneOfEach.data), { title: 'Images to learn from: one of each class', columnLabels: classNames }))

// %%
/** A UNet that predicts the noise, with the weights that the program trained. */
export function noiseNetwork(path: string): { network: UNet<'noise'>; params: Params } {
  const { tensors, options } = trainedWeights<UNetOptions<'noise'>>(path)
  const network = unet(options)
  const like = network.init(seed)
  const params = parametersFromHost(tensors, like)
  dispose({ ...like })
  return { network, params }
}

/** Trains a new network of this kind for a few steps, on images with the noise of these times. */
export async function trainNoise(
  title: string, network: UNet<'noise'>, { sde: process, times }: { sde: Sde; times: (step: number) => Float64Array },
): Promise<void> {
  const params = network.init(seed)
  const order = shuffledBatches({ count: images.train.count, batchSize: size.batch, seed, stream: `notebook/${title}` })
  const average = await trained({
    title, params, steps: size.imageTraining, learningRate: 2e-3, averageDecay: 0.9,
    loss: (weights, { x, t, target, weight }) =>
      denoisingLoss(network.apply(weights, x, t as Tensor1D), target, weight as Tensor1D),
    batch(step) {
      const { data: pixels, shape } = imagesOf(images.train, order.indicesAt(step))
      const x0 = { data: Float64Array.from(pixels), shape }
      const t = times(step)
      const noise = hostSpace.normal({ seed, stream: `notebook/${title}`, step, firstSample: 0, draw: 0 }, x0)
      const { x, target, weight } = denoisingExample({ sde: process, space: hostSpace, x0, noise, t, predicts: 'noise' })
      return { x, target, weight: { data: weight, shape: [size.batch] }, t: { data: t, shape: [size.batch] } }
    },
  })
  for (const owned of [params, average]) dispose({ ...owned })
}

/** Samples images from t = 1 to 0, always from the same noise; the images, and all states on their way. */
export async function sampledImages({ dynamics, sampler }: { dynamics: Dynamics; sampler: Sampler }) {
  const x = samplePrior({ sde: dynamics.sde, space: tensorSpace, shape: [size.images, height, width, channels], seed })
  const along = recordStates({ every: size.imageSteps / 10 })
  const last = await record({
    dynamics, sampler, x, space: tensorSpace, grid: uniformGrid({ from: 1, to: 0, steps: size.imageSteps }),
    seed, stream: 'notebook/images', recorders: [along],
  })
  const pixels = Float32Array.from(await last.data())
  dispose([x, last])
  print(`${size.images} images in ${size.imageSteps} steps of ${sampler.name}`)
  return { pixels, states: along.states }
}

/** The states of the first four images, from noise to image. */
export const strip = (title: string, states: Awaited<ReturnType<typeof sampledImages>>['states']): string =>
  filmStrip({
    title, times: states.map(({ t }) => t),
    states: states.map(({ state }) => imageSet(state.data.slice(0, 4 * height * width * channels))),
  })
