import { imagesOf, labelledImages } from '@sbgm/datasets'
import { describe, expect, it } from 'vitest'
import { noneForms, noneImages } from './none-forms'
import { tinyDigits } from './stand-in-judges'

const { train } = tinyDigits()
const pixels = 784
const count = 400
const made = noneImages(train, { count, seed: 3, step: 7 })
const at = (i: number) => made.subarray(i * pixels, (i + 1) * pixels)
const of = (form: (typeof noneForms)[number]) => Array.from({ length: count / noneForms.length }, (_, k) => at(k * noneForms.length + noneForms.indexOf(form)))
const sorted = (image: Float32Array) => Float32Array.from(image).sort().join()
const real = Array.from({ length: train.count }, (_, i) => imagesOf(train, [i]).data)
const meanOf = (values: ArrayLike<number>) => Array.from(values).reduce((total, value) => total + value, 0) / values.length

describe('images of none of the classes', () => {
  it('lie in [−1, 1] and are a function of set, seed and step', () => {
    expect(made.every((value) => value >= -1 && value <= 1)).toBe(true)
    const of12 = (seed: number, step: number) => noneImages(train, { count: 12, seed, step }).join()
    expect(of12(3, 7)).toBe(made.subarray(0, 12 * pixels).join())
    expect(of12(4, 7)).not.toBe(of12(3, 7))
    expect(of12(3, 8)).not.toBe(of12(3, 7))
    expect(noneImages(train, { count: 0, seed: 3, step: 7 })).toHaveLength(0)
  })

  it('with fewer asked for are the first ones: an image does not depend on how many there are', () => {
    expect(noneImages(train, { count: 9, seed: 3, step: 7 })).toEqual(made.slice(0, 9 * pixels))
  })

  it('noise is of many levels: plain surfaces, dark and bright ones, strong noise', () => {
    const images = of('noise')
    const means = images.map(meanOf)
    const spreads = images.map((image, i) => Math.sqrt(meanOf(image.map((value) => (value - means[i]) ** 2))))
    expect(Math.min(...spreads)).toBeLessThan(0.1)
    expect(Math.max(...spreads)).toBeGreaterThan(0.6)
    expect(Math.min(...means)).toBeLessThan(-0.7)
    expect(Math.max(...means)).toBeGreaterThan(0.7)
  })

  it('shuffled quarters are a real image\'s pixels, but no real image', () => {
    const [originals, contents] = [new Set(real.map((image) => image.join())), new Set(real.map(sorted))]
    for (const image of of('shuffled quarters')) {
      expect(contents.has(sorted(image))).toBe(true)
      expect(originals.has(image.join())).toBe(false)
    }
  })

  it('two images laid over each other are the larger of both or their ink added up, of two classes', () => {
    const few = labelledImages({ ...train, images: train.images.slice(0, 10 * pixels), labels: train.labels.slice(0, 10) })
    const overlays = new Map<string, string>()
    for (let i = 0; i < 10; i++) {
      for (let j = 0; j < 10; j++) {
        if (few.labels[i] === few.labels[j]) continue
        overlays.set(real[i].map((value, k) => Math.max(value, real[j][k])).join(), 'larger')
        overlays.set(real[i].map((value, k) => Math.min(1, value + real[j][k] + 1)).join(), 'added')
      }
    }
    const images = noneImages(few, { count: 80, seed: 1, step: 1 })
    const kinds = Array.from({ length: 20 }, (_, k) => overlays.get(images.subarray((4 * k + 2) * pixels, (4 * k + 3) * pixels).join()))
    expect(new Set(kinds)).toEqual(new Set(['larger', 'added']))
  })

  it('an image under heavy noise has noise of standard deviations over the whole of 0.5 … 1.5 (100 images, 5 standard errors)', () => {
    const blank = labelledImages({ ...train, images: new Uint8Array(2 * pixels), labels: Uint8Array.of(0, 1) })
    const images = noneImages(blank, { count: 400, seed: 1, step: 1 })
    const stds = Array.from({ length: 100 }, (_, k) => {
      // on a background of −1, what is not clamped is −1 + s |z|, and the median of |z| is 0.6745
      const above = images.slice((4 * k + 3) * pixels, (4 * k + 4) * pixels).filter((value) => value > -1).sort()
      return (above[above.length >> 1] + 1) / 0.6745
    })
    const relativeError = 5 * 0.059 // of the median of half of 784 values
    expect(Math.min(...stds)).toBeGreaterThan(0.5 * (1 - relativeError))
    expect(Math.max(...stds)).toBeLessThan(1.5 * (1 + relativeError))
    expect(Math.min(...stds)).toBeLessThan(0.7)
    expect(Math.max(...stds)).toBeGreaterThan(1.3)
  })

  it('of a set of one class alone there are still images', () => {
    const one = labelledImages({ ...train, images: train.images.slice(0, 2 * pixels), labels: Uint8Array.of(3, 3) })
    expect(noneImages(one, { count: 8, seed: 1, step: 1 })).toHaveLength(8 * pixels)
  })
})
