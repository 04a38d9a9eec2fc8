import type { LabelledImages } from '@sbgm/datasets'
import { figure, groupedBars, linePalette, panel, type AxisOptions } from '@sbgm/viz'
import type { DrawnFigure } from '../drawn-figure'
import type { MetricsTable } from '../judges/metrics-table'
import type { ModelWords } from './figures'

/** A model's images beside real ones and real ones under noise: classes, confidence, Fréchet distance. */
export function qualityFigure({ samples, reference: { real, noisy } }: MetricsTable, { classNames }: LabelledImages, { dataset, model }: ModelWords): DrawnFigure {
  const rows = [{ name: 'samples', row: samples }, { name: 'real', row: real }, ...noisy.map(({ std, row }) => ({ name: `+ ${std}`, row }))]
  const scale = (title: string, y: AxisOptions, values: readonly number[], color: string) =>
    panel({
      title,
      x: { label: 'real images are shown with noise of that std, too', categories: rows.map(({ name }) => name) },
      y,
      layers: [groupedBars({ series: [{ values, color }] })],
    })
  return {
    name: 'quality',
    caption: 'Samples beside real images: classes, confidence, and Fréchet distance.',
    svg: figure({
      title: `${model} on ${dataset}: samples judged`,
      subtitle: `${samples.count} samples, and as many test images, judged by networks that saw neither`,
      width: 1600,
      columns: [1.9, 1, 1],
      rows: [{ height: 260, cells: [
        panel({
          title: 'Images per class',
          x: { label: 'class', categories: classNames },
          y: { label: 'images' },
          layers: [groupedBars({ series: [{ values: samples.histogram, label: 'samples' }, { values: real.histogram, label: 'real images' }] })],
        }),
        scale('Called a class, confidence ≥ 0.9', { label: 'share', domain: [0, 1] }, rows.map(({ row }) => row.confidentShare), linePalette.green),
        scale(real.frechetSets ? `Fréchet distance (real: mean of ${real.frechetSets.sets} sets)` : 'Fréchet distance to the training set', { label: 'distance' }, rows.map(({ row }) => row.frechet), linePalette.purple),
      ] }],
    }),
  }
}
