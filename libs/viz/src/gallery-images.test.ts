import { describe, expect, it } from 'vitest'
import { drawnDigits, noisyImages, signal } from './gallery-images'
import { animation, filmStrip, imageGrid } from './index'

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

  it('shows the same as an animation (seeds 6 and 7)', () => {
    const images = drawnDigits(digits(10), 6)
    const gif = animation(
      Array.from({ length: 26 }, (_, i) => noisyImages(images, signal(1 - i / 25), 7)),
      { columns: 5, scale: 2, progress: 'bar' },
    )
    expect(gif.length).toBeGreaterThan(1000)
  })
})
