import { openBackend, type Backend } from '@sbgm/backends'
import { imagesOf } from '@sbgm/datasets'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256Of } from '../file-record'
import { quietContext, tinyDigits } from '../judges/stand-in-judges'
import { part3Sde } from '../part3/score-model'
import { accuracyFigure } from './accuracy-figure'
import { classifierAccuracy, classifierBars, type ClassifierAccuracy } from './classifier-accuracy'

let backend: Backend
beforeAll(async () => {
  backend = await openBackend({ engine: 'cpu' })
})
afterAll(() => backend.close())

const data = tinyDigits()
const context = { ...quietContext(), seed: 4 }
const all = Int32Array.from({ length: data.test.count }, (_, i) => i)
const clean = imagesOf(data.test, all).data

/** What a classifier was asked, and answers made of it. */
function standIn(answer: (images: Float32Array, t: number) => Float32Array) {
  const asked: { readonly t: number, readonly images: Float32Array }[] = []
  return {
    asked,
    classifier: {
      classes: 10,
      classify: (source: { count: number, slice: (from: number, to: number) => Float32Array }, t: number) => {
        const images = source.slice(0, source.count)
        asked.push({ t, images })
        return Promise.resolve(answer(images, t))
      },
    },
  }
}

/** Of every image the logits of one class. */
const always = (label: number, height: number) => (images: Float32Array) => Float32Array.from({ length: (10 * images.length) / 784 }, (_, i) => (i % 10 === label ? height : 0))

describe('the accuracy of a classifier', () => {
  it('that always names one class is the share of that class, at all times, and its cross-entropy that of equal logits', async () => {
    const { classifier } = standIn(always(3, 0))
    const { accuracies, crossEntropies, times, images } = await classifierAccuracy(classifier, data, 1000, context)
    expect(images).toBe(200) // as many as there are
    crossEntropies.forEach((value) => expect(value).toBeCloseTo(Math.log(10), 6))
    expect(accuracies).toHaveLength(times.length)
    const share = data.test.labels.filter((label) => label === 3).length / 200
    const sure = await classifierAccuracy(standIn(always(3, 5)).classifier, data, 1000, context)
    sure.accuracies.forEach((value) => expect(value).toBe(share))
    expect(sure.clean).toBe(share)
    // −ln of the softmax of one logit 5 and nine 0, mixed by how often it is right
    sure.crossEntropies.forEach((value) => expect(value).toBeCloseTo(Math.log(Math.exp(5) + 9) - 5 * share, 5))
  })

  it('asks of all clean images at the earliest time, then of x_t at each time of the curve: α x₀ + σ ε of unit ε (5 standard errors)', async () => {
    const { classifier, asked } = standIn(always(0, 1))
    const { times } = await classifierAccuracy(classifier, data, 100, context)
    expect(asked[0].t).toBe(1e-5)
    expect(Buffer.from(asked[0].images.buffer).equals(Buffer.from(clean.buffer))).toBe(true)
    expect(asked.slice(1).map(({ t }) => t)).toEqual(Array.from(times))
    for (const { t, images } of asked.slice(1)) {
      const [alpha, sigma] = [part3Sde.schedule.alpha(t), part3Sde.schedule.sigma(t)]
      expect(images).toHaveLength(100 * 784)
      const noise = images.map((value, i) => (value - alpha * clean[2 * Math.floor(i / 784) * 784 + (i % 784)]) / sigma) // every second of 200
      const n = noise.length
      const mean = noise.reduce((sum, value) => sum + value, 0) / n
      const variance = noise.reduce((sum, value) => sum + value ** 2, 0) / n
      expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(n))
      expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / n))
    }
  })

  it('is the same repeated, by other noise at each time and for each seed', async () => {
    const run = async (seed: number) => {
      const { classifier, asked } = standIn(always(0, 1))
      await classifierAccuracy(classifier, data, 20, { ...context, seed })
      return asked.map(({ images }) => sha256Of(new Uint8Array(images.buffer)))
    }
    const first = await run(1)
    expect(await run(1)).toEqual(first)
    const other = await run(2)
    expect(other[0]).toBe(first[0]) // clean
    expect(new Set([...first, ...other]).size).toBe(2 * first.length - 1)
  })

  it('names what a guess has: the share of the commonest class and the entropy of the shares', async () => {
    const { guess, guessEntropy } = await classifierAccuracy(standIn(always(0, 1)).classifier, data, 200, context)
    const counts = Array.from({ length: 10 }, (_, k) => data.test.labels.filter((label) => label === k).length)
    expect(guess).toBe(Math.max(...counts) / 200)
    expect(guessEntropy).toBeCloseTo(counts.reduce((sum, n) => sum - (n / 200) * Math.log(n / 200), 0), 10)
  })
})

const measured: ClassifierAccuracy = {
  clean: 0.9872, times: Float64Array.of(1e-5, 0.5, 1), accuracies: Float64Array.of(0.98, 0.8, 0.1), crossEntropies: Float64Array.of(0.05, 0.7, 2.31), images: 200, guess: 0.12, guessEntropy: 2.29,
}

it('the bar is 0.985 for MNIST in quick, 0.99 in full, 0.9 for Fashion-MNIST, and none for a set that is not published', () => {
  expect(classifierBars('quick', measured, 'mnist')).toMatchObject([{ value: 0.9872, limit: { min: 0.985 }, pass: true }])
  expect(classifierBars('smoke', measured, 'mnist')).toMatchObject([{ limit: { min: 0.985 } }])
  expect(classifierBars('full', measured, 'mnist')).toMatchObject([{ limit: { min: 0.99 }, pass: false }])
  expect(classifierBars('full', measured, 'fashion-mnist')).toMatchObject([{ limit: { min: 0.9 }, pass: true }])
  expect(classifierBars('quick', measured, 'digits')).toEqual([])
})

it('the figure names the set, the sizes and what a guess has', () => {
  const { svg } = accuracyFigure(measured, data)
  for (const text of ['Classifier of noisy images on drawn digits', '200 test images at each time', '98.72 %', 'trained on 400', 'always the commonest class, 0.12', 'time t']) expect(svg).toContain(text)
})
