import { imagesOf } from '@sbgm/datasets'
import { describe, expect, it } from 'vitest'
import { heldOutForms, heldOutImages } from './held-out-forms'
import { tinyDigits } from './stand-in-judges'

const { test } = tinyDigits()
const [count, pixels] = [200, 784]
const meanOf = (values: ArrayLike<number>) => Array.from(values).reduce((total, value) => total + value, 0) / values.length

describe('forms held out from the judges\' training', () => {
  it.each(heldOutForms)('%s: in [−1, 1], a function of set and seed, an image the same among fewer', (form) => {
    const images = heldOutImages(form, test, { count, seed: 2 })
    expect(images).toHaveLength(count * pixels)
    expect(images.every((value) => value >= -1 && value <= 1)).toBe(true)
    expect(heldOutImages(form, test, { count: 3, seed: 2 })).toEqual(images.slice(0, 3 * pixels))
    expect(heldOutImages(form, test, { count, seed: 3 })).not.toEqual(images)
  })

  it('uniform noise has mean 0 and variance 1/3 (seed 2, 156,800 values, 5 standard errors)', () => {
    const values = heldOutImages('uniform noise', test, { count, seed: 2 })
    const n = values.length
    expect(Math.abs(meanOf(values))).toBeLessThan(5 * Math.sqrt(1 / 3 / n))
    expect(Math.abs(meanOf(values.map((v) => v * v)) - 1 / 3)).toBeLessThan(5 * Math.sqrt(4 / 45 / n)) // var(u²) = 1/5 − 1/9
  })

  it('blurred noise is N(0, 1) clamped, with 4/5 of it shared by neighbours and none five pixels on (seed 2, 5 standard errors)', () => {
    const images = heldOutImages('blurred noise', test, { count, seed: 2 })
    const independent = count * Math.floor(28 / 5) ** 2 // pixels at least five apart
    const share = (of: number) => 5 * Math.sqrt((of * (1 - of)) / independent)
    const ends = (end: number) => images.filter((value) => value === end).length / images.length
    for (const end of [-1, 1]) expect(Math.abs(ends(end) - 0.158655)).toBeLessThan(share(0.158655)) // P(z > 1)
    const sameSign = (columns: number) => {
      let [same, pairs] = [0, 0]
      images.forEach((value, i) => {
        if ((i % 28) + columns >= 28) return
        pairs++
        if (value > 0 === images[i + columns] > 0) same++
      })
      return same / pairs
    }
    for (const [columns, correlation] of [[1, 0.8], [3, 0.4], [5, 0]] as const) {
      const expected = 0.5 + Math.asin(correlation) / Math.PI // Sheppard: P(both signs equal)
      expect(Math.abs(sameSign(columns) - expected)).toBeLessThan(share(expected))
    }
  })

  it('shuffled ninths are image i\'s pixels in another order, its last row and column in place', () => {
    const images = heldOutImages('shuffled ninths', test, { count, seed: 2 })
    for (let i = 0; i < count; i++) {
      const [image, original] = [images.subarray(i * pixels, (i + 1) * pixels), imagesOf(test, [i]).data]
      expect([...image].sort()).toEqual([...original].sort())
      expect(image.subarray(27 * 28)).toEqual(original.subarray(27 * 28))
    }
  })
})
