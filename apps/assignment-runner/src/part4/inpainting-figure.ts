import type { Dataset } from '@sbgm/datasets'
import type { KnownMask } from '@sbgm/guidance'
import { imageGrid } from '@sbgm/viz'
import type { DrawnFigure } from '../drawn-figure'
import { datasetTitle } from '../images/dataset-title'
import { clamped, valuesPerImage } from '../judges/image-size'
import type { InpaintingNumbers } from './inpainting'
import type { InpaintingSettings } from './settings'

/** What the figure shows. */
export interface InpaintingPicture {
  /** One image of each class, one after the other. */
  readonly originals: Float32Array
  /** Samples: of all images the first, then of all the second, … */
  readonly images: Float32Array
  /** What was given. */
  readonly mask: KnownMask
  /** The classes of the originals. */
  readonly labels: readonly number[]
  readonly settings: InpaintingSettings
  readonly numbers: InpaintingNumbers
}

/** Red, green and blue of what was not given, in [−1, 1]: a light orange, which no grey is. */
const unknownColour = [0.8, 0.35, -0.45] as const

/** Originals, what was given of them, and the samples, a column for each image. */
export function drawInpainting({ originals, images, mask, labels, settings, numbers }: InpaintingPicture, data: Dataset): DrawnFigure {
  const { height, width, channels, classNames } = data.test
  const { samples, steps, resamplings } = settings
  const rows = [colours(originals, channels), given(originals, mask, channels), colours(images, channels)]
  const all = new Float32Array(rows.reduce((length, row) => length + row.length, 0))
  rows.reduce((at, row) => (all.set(row, at), at + row.length), 0)
  const percent = Math.round((100 * Array.from(mask.data).filter((bit) => bit === 1).length) / valuesPerImage(data.test))
  return {
    name: 'inpainting',
    caption: `Test images, what was given of each (${percent} %; the rest is orange), and ${samples} samples that complete it.`,
    svg: imageGrid({ images: all, count: (2 + samples) * labels.length, height, width, channels: 3, range: [-1, 1] }, {
      columns: labels.length,
      title: `VP SDE on ${datasetTitle(data)}: inpainting`,
      subtitle: `${percent} % of each test image are given, the orange part is sampled: Euler–Maruyama in ${steps} steps, each crossed ${resamplings} times; the judge puts ${Math.round(100 * numbers.sameClass)} % of the samples into the class of their original`,
      rowLabels: ['original', 'given', ...Array.from({ length: samples }, (_, i) => `sample ${i + 1}`)],
      columnLabels: labels.map((label) => classNames[label]),
      columnTitle: 'class of the original',
    }),
  }
}

/** Grey or coloured pixels as coloured ones, clamped to [−1, 1]. */
function colours(images: Float32Array, channels: number): Float32Array {
  return Float32Array.from({ length: (3 * images.length) / channels }, (_, i) => clamped(images[channels === 3 ? i : Math.floor(i / 3) * channels]))
}

/** The same, with what the mask leaves free in the colour of the unknown. */
function given(images: Float32Array, { data: bits }: KnownMask, channels: number): Float32Array {
  return colours(images, channels).map((value, i) => (bits[((Math.floor(i / 3) * channels) % bits.length)] === 1 ? value : unknownColour[i % 3]))
}
