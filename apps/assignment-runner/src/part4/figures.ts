import { band, figure, imageGrid, limit, line, linePalette, panel, type Layer } from '@sbgm/viz'
import type { DrawnFigure } from '../drawn-figure'
import { imageSet, type ModelWords } from '../images/figures'
import { valuesPerImage, type ImageSize } from '../judges/image-size'
import type { ClassMeasures, GammaMeasures, RealMeasures } from './measure'

/** What one γ made. */
export interface GammaImages {
  /** The scale of the guidance. */
  readonly gamma: number
  /** The images, one after the other. */
  readonly images: Float32Array
}

/** What all figures say. */
export interface GuidanceWords extends ModelWords {
  /** What the class is called, such as `class 5`. */
  readonly title: string
  /** How the images were sampled, within a sentence. */
  readonly method: string
}

/** The name of the grid of a γ. */
export const gridName = (gamma: number): string => `gamma-${gamma}`

/** A grid of images for each γ, eight to a row. */
export const gridFigures = (made: readonly GammaImages[], size: ImageSize, { title, method, dataset, model }: GuidanceWords): DrawnFigure[] =>
  made.map(({ gamma, images }) => {
    const count = images.length / valuesPerImage(size)
    return {
      name: gridName(gamma),
      caption: gamma === 0 ? `${count} images without guidance.` : `${count} images with γ = ${gamma}.`,
      svg: imageGrid(imageSet(images, size, count), {
        columns: 8,
        title: `${model} on ${dataset}: ${gamma === 0 ? 'no guidance' : `guided to ${title}`}`,
        subtitle: `γ = ${gamma}; ${method}`,
      }),
    }
  })

/** The same noise with each γ: a row for each, a column for each noise. */
export function comparisonFigure(made: readonly GammaImages[], size: ImageSize, columns: number, { dataset, model, title, method }: GuidanceWords): DrawnFigure {
  const perImage = valuesPerImage(size)
  const all = new Float32Array(made.length * columns * perImage)
  made.forEach(({ images }, row) => all.set(images.subarray(0, columns * perImage), row * columns * perImage))
  return {
    name: 'comparison',
    caption: `The same ${columns} noises at each γ.`,
    svg: imageGrid(imageSet(all, size, made.length * columns), {
      columns,
      title: `${model} on ${dataset}: guided to ${title}`,
      subtitle: `each column begins and goes on with the same noise; ${method}`,
      rowLabels: made.map(({ gamma }) => `γ = ${gamma}`),
      columnLabels: Array.from({ length: columns }, (_, i) => String(i + 1)),
      columnTitle: 'sample',
    }),
  }
}

/** Obedience, variety and distance against γ, beside what real images of the class have. */
export function effectFigure(rows: readonly GammaMeasures[], real: RealMeasures, { dataset, model, title }: GuidanceWords): DrawnFigure {
  const x = rows.map(({ gamma }) => gamma)
  const curve = (of: (row: GammaMeasures) => number, color: string, label?: string, dash?: 'dashed' | 'dotted') =>
    line({ x, y: rows.map(of), color, width: 2, dots: 'every', ...(label === undefined ? {} : { label }), ...(dash === undefined ? {} : { dash }) })
  const [most, margin] = [x[x.length - 1], 0.03]
  const gamma = { label: 'scale of the guidance γ', domain: [-margin * most, (1 + margin) * most] } as const // room for the dots at the ends
  const ofReal = (at: number, label: string): Layer => limit({ at, label, labelled: 'legend', color: linePalette.black })
  const diversity = rows.map((row) => row.diversity)
  const error = ({ mean, meanError }: ClassMeasures['diversity'], sign: number) => (Number.isFinite(meanError) ? mean + sign * meanError : mean)
  return {
    name: 'effect',
    caption: 'What γ does to obedience, variety, and the distance to real images.',
    svg: figure({
      title: `${model} on ${dataset}: guided to ${title}`,
      subtitle: `${rows[0].count} images for each γ, from the same noise; beside them the ${real.count} real test images of the class, their Fréchet distance in sets of ${real.frechetSets.size}`,
      width: 1600,
      rows: [{ height: 280, cells: [
        panel({
          title: 'Called the class, or any',
          x: gamma,
          y: { label: 'share of the images', domain: [-margin, 1 + margin] },
          layers: [
            curve(({ guide }) => guide, linePalette.vermillion, 'the class, by the classifier that guides'),
            curve(({ judge }) => judge, linePalette.blue, 'the class, by an independent one', 'dashed'),
            curve(({ anyClass }) => anyClass, linePalette.green, 'any class, by one that knows "none of them"', 'dotted'),
          ],
        }),
        panel({
          title: 'Variety',
          x: gamma,
          y: { label: 'mean distance of two images' },
          layers: [
            band({ x, low: diversity.map((d) => error(d, -1)), high: diversity.map((d) => error(d, 1)), color: linePalette.blue, label: '± a standard error' }),
            curve((row) => row.diversity.mean, linePalette.blue, 'images at γ'),
            ofReal(real.diversity.mean, 'real images of the class'),
          ],
        }),
        panel({
          title: 'Fréchet distance to the class',
          x: gamma,
          y: { label: 'distance', scale: [real, ...rows].every(({ frechet }) => frechet > 0) ? 'log' : 'linear' },
          layers: [curve(({ frechet }) => frechet, linePalette.purple, 'images at γ'), ofReal(real.frechet, 'real images of the class')],
        }),
      ] }],
    }),
  }
}
