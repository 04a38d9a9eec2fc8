import { imagesOf, type Dataset } from '@sbgm/datasets'
import { clampImages } from '@sbgm/evaluation'
import type { NotedState } from '@sbgm/samplers'
import type { TrainingLogEntry } from '@sbgm/training'
import { animation, figure, filmStrip, imageGrid, line, linePalette, panel, smoothedLine, type ImageSet } from '@sbgm/viz'
import type { DrawnFigure } from '../drawn-figure'
import { valuesPerImage, type ImageSize } from '../judges/image-size'
import { datasetTitle } from './dataset-title'
import { nearestTo } from '../judges/metrics-row'
import type { ShownStates } from './sampler-choice'
import type { TestLoss } from './test-loss'

/** What all figures of a model say of it. */
export interface ModelWords {
  /** The data set, as people write it. */
  readonly dataset: string
  /** What the model is, such as `DDPM`. */
  readonly model: string
}

/** Some images of a batch, or of several, as the pictures take them. */
export const imageSet = (images: ArrayLike<number>, size: ImageSize, count: number): ImageSet => ({
  images: Array.prototype.slice.call(images, 0, count * valuesPerImage(size)) as number[],
  count, height: size.height, width: size.width, channels: size.channels === 3 ? 3 : 1, range: [-1, 1],
})

/** Real images, a column for each class. */
export function dataFigure({ train }: Dataset): DrawnFigure {
  const rows = 4
  const { classNames, labels } = train
  const chosen = Array.from({ length: rows }, (_, row) => classNames.map((_, wanted) => nthOfClass(labels, wanted, row)))
  const set = imageSet(imagesOf(train, Int32Array.from(chosen.flat())).data, train, rows * classNames.length)
  return {
    name: 'data',
    caption: `Images of ${datasetTitle(train)} that are learned from, by class.`,
    svg: imageGrid(set, { title: `What is learned from: ${datasetTitle(train)}`, columnLabels: classNames, columnTitle: 'class' }),
  }
}

/** Index of the n-th image of a class, or of its last where there are fewer. */
function nthOfClass(labels: Uint8Array, wanted: number, n: number): number {
  let [found, index] = [-1, 0]
  for (let i = 0; i < labels.length && found < n; i++) {
    if (labels[i] === wanted) [found, index] = [found + 1, i]
  }
  return index
}

/** Samples, eight to a row. */
export function samplesFigure(name: string, images: Float32Array, size: ImageSize, count: number, words: ModelWords & { readonly method: string }): DrawnFigure {
  return {
    name,
    caption: `${count} images by ${words.method}.`,
    svg: imageGrid(imageSet(images, size, count), { columns: 8, title: `${words.model} on ${words.dataset}: samples`, subtitle: words.method }),
  }
}

/** The states of a few images on their way. */
export function stripFigure(name: string, states: readonly NotedState[], { tenth, words: when }: ShownStates, size: ImageSize, words: ModelWords & { readonly method: string }): DrawnFigure {
  const shown = states.filter(({ index }, i) => index % tenth === 0 || i === states.length - 1)
  const rows = Math.min(6, shown[0].state.shape[0])
  return {
    name,
    caption: `The state ${when}, from noise to images.`,
    svg: filmStrip({
      states: shown.map(({ state }) => imageSet(state.data, size, rows)),
      times: shown.map(({ t }) => t),
      title: `${words.model} on ${words.dataset}: from noise to images`,
      subtitle: `${words.method}; the state ${when}, clamped to [−1, 1]`,
    }),
  }
}

/** The states of all images of a batch as a GIF. */
export const statesAnimation = (states: readonly NotedState[], size: ImageSize, count: number): Uint8Array =>
  animation(states.map(({ state }) => imageSet(state.data, size, Math.min(count, state.shape[0]))), { columns: 8, scale: 2, progress: 'bar' })

/** The training: loss and gradient norm, step by step. */
export function trainingFigure(log: readonly TrainingLogEntry[], { dataset, model }: ModelWords): DrawnFigure {
  const steps = log.map(({ step }) => step)
  const last = log[log.length - 1]
  const curve = (title: string, label: string, y: readonly number[], color: string) =>
    panel({
      title,
      x: { label: 'training step' },
      y: { label, scale: 'log' },
      layers: [smoothedLine({ x: steps, y: y.map((value) => Math.max(value, 1e-6)), label: 'smoothed', valuesLabel: 'each step', color })],
    })
  return {
    name: 'training',
    caption: 'Loss and gradient norm over the training.',
    svg: figure({
      title: `${model} on ${dataset}: training`,
      subtitle: `${last.step.toLocaleString('en-US')} steps; mean loss of the last ones ${last.meanLoss.toPrecision(3)}; ${Math.round(meanRate(log))} images per second`,
      rows: [{ height: 260, cells: [
        curve('Loss', 'mean squared error of the noise', log.map(({ loss }) => loss), linePalette.blue),
        curve('Gradient', 'norm before clipping', log.map(({ gradientNorm }) => gradientNorm), linePalette.green),
      ] }],
    }),
  }
}

/** Images per second over the whole log. */
export const meanRate = (log: readonly TrainingLogEntry[]): number => log.length / log.reduce((sum, { samplesPerSecond }) => sum + 1 / samplesPerSecond, 0)

/** The loss on test images against time. */
export function testLossFigure({ times, losses, mean, images }: TestLoss, { dataset, model }: ModelWords): DrawnFigure {
  return {
    name: 'loss-over-time',
    caption: 'The loss on test images, against the time.',
    svg: figure({
      title: `${model} on ${dataset}: how well the noise is found`,
      subtitle: `mean squared error on ${images} test images at each time; ${mean.toPrecision(3)} on average`,
      width: 760,
      rows: [{ height: 260, cells: [panel({
        x: { label: 'time t', domain: [0, 1] },
        y: { label: 'E (ε_{θ} − ε)^{2}', scale: 'log' },
        layers: [line({ x: times, y: losses, color: linePalette.blue, width: 2 })],
      })] }],
    }),
  }
}

/** Samples above the training images that are nearest to them: a model that copies shows here. */
export async function nearestFigure(images: Float32Array, { train }: Dataset, { dataset, model }: ModelWords, signal: AbortSignal): Promise<DrawnFigure> {
  const count = 8
  const size = valuesPerImage(train)
  const samples = clampImages(images.subarray(0, count * size))
  const nearest = await nearestTo(train, samples, signal)
  const both = new Float32Array(2 * count * size)
  both.set(samples)
  both.set(imagesOf(train, Int32Array.from(nearest, ({ index }) => index)).data, count * size)
  return {
    name: 'nearest',
    caption: 'Samples, and below each the training image nearest to it.',
    svg: imageGrid(imageSet(both, train, 2 * count), {
      columns: count,
      title: `${model} on ${dataset}: are they copies?`,
      subtitle: `each sample above the training image nearest to it, with their distance`,
      rowLabels: ['sample', 'nearest'],
      columnLabels: nearest.map(({ distance }) => distance.toFixed(1)),
      columnTitle: 'distance between the two',
    }),
  }
}
