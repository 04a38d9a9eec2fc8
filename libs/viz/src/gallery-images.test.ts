import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { drawnDigits, noisyImages, signal } from './gallery-images'
import { normals } from './gallery-subject'
import { animation, figure, filmStrip, groupedBars, imageGrid, limit, linePalette, panel, smoothedLine } from './index'

const digits = (count: number): number[] => Array.from({ length: count }, (_, i) => i % 10)

describe('the gallery of images', () => {
  it('shows a grid with names of columns and values of rows (seed 5)', async () => {
    const names = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine']
    await expect(imageGrid(drawnDigits(digits(40), 5), {
      title: 'Ten classes at four guidance scales', subtitle: 'digits drawn by a program, not by a model',
      columnLabels: names, rowLabels: ['0', '1', '2', '4'], rowTitle: 'guidance scale γ', columnTitle: 'class asked for',
    })).toMatchFileSnapshot('../gallery/image-grid.svg')
  })

  it('shows images on their way out of noise, the time above each column (seeds 6 and 7)', async () => {
    const images = drawnDigits([3, 7, 2, 8], 6)
    const times = [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0]
    await expect(filmStrip({
      title: 'Four images, every 100 steps', times, states: times.map((t) => noisyImages(images, signal(t), 7)),
      note: 'Drawn digits under α(t) x + √(1 − α(t)²) z with one z: what a perfect model would show along the probability flow, nearly.',
    })).toMatchFileSnapshot('../gallery/film-strip.svg')
  })

  it('shows the same as an animation (seeds 6 and 7)', async () => {
    const images = drawnDigits([3, 7, 2, 8, 5], 6)
    const gif = animation(
      Array.from({ length: 15 }, (_, i) => noisyImages(images, signal(0.5 * (1 - i / 14)), 7)),
      { columns: 5, scale: 2, progress: 'bar', delay: 120 },
    )
    const file = new URL('../gallery/animation.gif', import.meta.url)
    if (!existsSync(file) && !process.env['CI']) writeFileSync(file, gif) // a changed one: delete it, run again, look at it
    expect(Buffer.from(gif).equals(readFileSync(file))).toBe(true)
  })

  it('shows losses of two runs on a logarithmic axis, each value faint under the running mean (seed 8)', async () => {
    const normal = normals(8)
    const x = Float64Array.from({ length: 20_000 }, (_, i) => i + 1)
    const loss = (floor: number, speed: number) => x.map((step) => (floor + 0.9 / (1 + step / speed)) * Math.exp(0.12 * normal()))
    await expect(figure({
      title: 'Two losses over 20,000 steps', subtitle: 'synthetic numbers', width: 900,
      rows: [{ height: 260, cells: [panel({
        x: { label: 'training step' }, y: { label: 'loss per pixel', scale: 'log' },
        layers: [
          smoothedLine({ x, y: loss(0.045, 60), label: 'DDPM loss, mean of 400 steps', valuesLabel: 'each batch', color: linePalette.blue }),
          smoothedLine({ x, y: loss(0.12, 120), label: 'unified loss', color: linePalette.vermillion }),
        ],
      })] }],
    })).toMatchFileSnapshot('../gallery/loss-curves.svg')
  })

  it('shows how often images are called each class, with names that are wrapped (seed 9)', async () => {
    const normal = normals(9)
    const names = ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot']
    const counts = names.map((_, i) => Math.round(102 + 10 * normal() + (i === 4 ? 30 : i === 6 ? -40 : 0)))
    const total = counts.reduce((sum, count) => sum + count, 0)
    const share = counts.map((count) => (100 * count) / total)
    await expect(figure({
      title: 'Classes of generated images', subtitle: 'synthetic numbers; lines are one standard error', width: 760,
      rows: [{ height: 220, cells: [panel({
        x: { label: 'class', categories: names }, y: { label: 'share in %' },
        layers: [
          groupedBars({ series: [
            { label: 'real', values: names.map((_, i) => 10 + 0.4 * Math.sin(7 * i)) },
            { label: 'generated', values: share, errors: share.map((value) => Math.sqrt((value * (100 - value)) / total)) },
          ] }),
          limit({ at: 10, label: 'even' }),
        ],
      })] }],
    })).toMatchFileSnapshot('../gallery/class-histogram.svg')
  })
})
