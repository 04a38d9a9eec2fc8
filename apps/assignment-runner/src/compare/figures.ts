import type { Dataset } from '@sbgm/datasets'
import { clampImages } from '@sbgm/evaluation'
import { figure, imageGrid, limit, line, linePalette, panel, type AxisOptions, type Layer } from '@sbgm/viz'
import type { DrawnFigure } from '../drawn-figure'
import { datasetTitle } from '../images/dataset-title'
import type { SamplerName } from '../images/sampler-choice'
import { valuesPerImage } from '../judges/image-size'
import type { JudgedRow } from '../judges/metrics-row'
import type { Comparison, MeasuredCell } from './measure'

const { blue, vermillion, green, purple, orange, sky, black } = linePalette
/** Of those of one panel no two are alike; relatives in both panels are. */
const colors: Partial<Record<SamplerName, string>> = {
  'euler': sky, 'ddim': blue, 'heun': orange, 'edm-heun': vermillion, 'dpm-solver-plus-plus-2m': green, 'dpm-solver-plus-plus-3m': purple, 'uni-pc': black, 'dormand-prince': blue,
  'euler-maruyama': blue, 'ancestral': sky, 'predictor-corrector': orange, 'stochastic-improved-euler': vermillion, 'sde-dpm-solver-plus-plus': green,
}
const [adaptiveColor, realColor] = [purple, '#565d6b']

/** Cells by sampler, in order. */
export function bySampler(cells: readonly MeasuredCell[]): ReadonlyMap<SamplerName, readonly MeasuredCell[]> {
  return cells.reduce((groups, cell) => groups.set(cell.plan.name, [...(groups.get(cell.plan.name) ?? []), cell]), new Map<SamplerName, readonly MeasuredCell[]>())
}

/** Quality against evaluations, a line for each sampler. */
export function qualityFigure({ own, cells }: Comparison, real: JudgedRow, data: Dataset): DrawnFigure {
  const evaluations = [own, ...cells].map((cell) => cell.evaluations)
  const x: AxisOptions = { label: 'evaluations of the network per image', scale: 'log', domain: [Math.min(...evaluations) * 0.9, Math.max(...evaluations) * 1.1] }
  const panelOf = (title: string, stochastic: boolean, y: AxisOptions, legend: 'above' | 'none', value: (row: JudgedRow) => number) => panel({
    title, x, y, legend,
    layers: [
      limit({ at: value(real), label: 'real images', labelled: 'legend', color: realColor }),
      ...[...bySampler(cells.filter(({ plan }) => plan.sampler.stochastic === stochastic)).values()].map((group) => layerOf(group, value)),
      ...(stochastic ? [mark(own.evaluations, value(own.row), `part 3's own: ${own.plan.words}`, black)] : []),
    ],
  })
  const distances: AxisOptions = { label: 'Fréchet distance', scale: 'log' }
  const shares: AxisOptions = { label: 'share', domain: [0, 1] }
  const cellsOf = (y: AxisOptions, title: string, legend: 'above' | 'none', value: (row: JudgedRow) => number) =>
    [panelOf(`${title}: probability flow`, false, y, legend, value), panelOf(`${title}: reverse SDE`, true, y, legend, value)]
  return {
    name: 'quality',
    caption: 'Quality against evaluations, a line for each sampler.',
    svg: figure({
      title: `Samplers of the VP SDE on ${datasetTitle(data)}`,
      subtitle: `${own.row.count} images each, from the same noise, judged by networks that saw none of them; dashed: as many real images, on average`,
      width: 1500, shareX: 'all', shareY: 'row',
      rows: [
        { height: 330, cells: cellsOf(distances, 'Fréchet distance to the training set', 'above', ({ frechet }) => frechet) },
        { height: 300, cells: cellsOf(shares, 'Called a class, confidence ≥ 0.9', 'none', ({ confidentShare }) => confidentShare) },
      ],
    }),
  }
}

/** A sampler's cells: a line, or a mark where there is one only. */
function layerOf(cells: readonly MeasuredCell[], value: (row: JudgedRow) => number): Layer {
  const [{ plan: { name, title, steps }, evaluations, row }] = cells
  const color = colors[name] ?? adaptiveColor
  if (cells.length === 1) return mark(evaluations, value(row), steps === 'its own choice' ? `${title}, steps of its own choice` : title, color)
  return line({ x: cells.map((cell) => cell.evaluations), y: cells.map((cell) => value(cell.row)), label: title, color, width: 2, dots: 'every' })
}

/** A diamond at one point. */
function mark(x: number, y: number, label: string, color: string): Layer {
  return {
    extent: { x: [x, x], y: [y, y] },
    keys: [{ label, swatch: 'end', color }],
    draw: () => '',
    drawAbove: (frame) => {
      const [cx, cy, r] = [frame.x(x), frame.y(y), 6.5]
      return `<path d="M${cx} ${cy - r}L${cx + r} ${cy}L${cx} ${cy + r}L${cx - r} ${cy}Z" fill="${color}" stroke="#ffffff" stroke-width="1.3"/>`
    },
  }
}

/** The same images by each sampler with one budget, and by part 3's own. */
export function imagesFigure({ own, cells }: Comparison, budget: number, shown: number, data: Dataset): DrawnFigure {
  const rows = [own, ...cells.filter((cell) => cell.budget === budget)]
  const { height, width, channels } = data.train
  const size = shown * valuesPerImage(data.train)
  const images = new Float32Array(rows.length * size)
  rows.forEach((cell, i) => images.set(clampImages(cell.images.subarray(0, size)), i * size))
  return {
    name: `images-${budget}`,
    caption: `Images from the same noise, by each sampler in at most ${budget} evaluations; the first row by part 3's own sampler.`,
    svg: imageGrid({ images, count: rows.length * shown, height, width, channels: channels === 3 ? 3 : 1, range: [-1, 1] }, {
      columns: shown,
      title: `Samplers of the VP SDE on ${datasetTitle(data)}: ${budget} evaluations`,
      subtitle: `each column from the same noise; the first row by part 3's own sampler`,
      rowLabels: rows.map(({ plan }) => plan.words),
    }),
  }
}
