import { openBackend, type Backend } from '@sbgm/backends'
import { imagesOf } from '@sbgm/datasets'
import { ShapeError, uniformGrid } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { decodeSafetensors } from '@sbgm/training'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tinyDigits } from '../judges/stand-in-judges'
import { part3Sde } from '../part3/score-model'
import { inTemporaryFolder } from '../stand-in-host'
import { inpaintingFigure, lowerHalf } from './inpainting'
import { standardScore, standInContext, standInJudge } from './stand-in-part4'

let backend: Backend
beforeAll(async () => {
  backend = await openBackend({ engine: 'wasm' })
})
afterAll(() => backend.close())

const data = tinyDigits()
const settings = { samples: 3, steps: 20, resamplings: 2 }
const threes = standInJudge(data.test, () => 3)
const options = { score: standardScore, scoreSha256: 'a', settings, judge: threes }
const file = 'samples/inpainting-1.safetensors'
const unasked = { ...standardScore, evaluate: () => { throw new Error('the score was asked') } }

/** The variance of a free pixel of a law that is N(0, 1): Euler–Maruyama's own, with each step crossed several times. */
function expectedVariance({ steps, resamplings }: typeof settings): number {
  const { schedule } = part3Sde
  const grid = uniformGrid({ from: 1, to: 0, steps })
  let variance = 1
  for (let i = 1; i <= steps; i++) {
    const [t, s] = [grid[i - 1], grid[i]]
    const squared = part3Sde.diffusion(t) ** 2 * (t - s)
    const kept = (schedule.alpha(t) / schedule.alpha(s)) ** 2
    for (let pass = 1; pass <= resamplings; pass++) {
      if (pass > 1) variance = kept * variance + schedule.sigma(t) ** 2 - kept * schedule.sigma(s) ** 2
      variance = (1 - squared / 2) ** 2 * variance + (i === steps && pass === resamplings ? 0 : squared)
    }
  }
  return variance
}

describe('inpainting', { timeout: 60_000 }, () => {
  it('keeps what is given to the bit, and samples the rest: of an exact score with the variance that the sampler has (5 standard errors)', () =>
    inTemporaryFolder(async (out) => {
      const context = standInContext({ out, data })
      const { numbers } = await inpaintingFigure(options, context)
      expect([numbers.images, numbers.samples, numbers.largestGivenError]).toEqual([10, 3, 0])
      const images = decodeSafetensors(context.folder.read(file)).tensors['images'].data
      const originals = imagesOf(data.test, Int32Array.from({ length: 10 }, (_, label) => data.test.labels.indexOf(label))).data
      images.forEach((value, i) => { if (i % 784 >= 392) expect(value).toBe(originals[i % originals.length]) })
      const variance = expectedVariance(settings)
      const free = 10 * 392
      // mean square of 2 (x − x̄)²/(n − 1) over n = 3 samples of one pixel: a χ² of 2 degrees of freedom, of variance (2 · variance)²
      expect(Math.abs(numbers.betweenSamples ** 2 - 2 * variance)).toBeLessThan((5 * 2 * variance) / Math.sqrt(free))
      const square = originals.reduce((sum, value, i) => (i % 784 < 392 ? sum + value ** 2 : sum), 0) / free
      const spread = Math.sqrt((2 * variance ** 2 + 4 * variance * square) / (3 * free))
      expect(Math.abs(numbers.toOriginal ** 2 - variance - square)).toBeLessThan(5 * spread)
    }))

  it('says which share the judge finds to be of the class of their original', () =>
    inTemporaryFolder(async (out) => {
      expect((await inpaintingFigure(options, standInContext({ out, data }))).numbers.sameClass).toBe(0.1)
    }))

  it('of everything given is the original', () =>
    inTemporaryFolder(async (out) => {
      const mask = { data: new Uint8Array(784).fill(1), shape: [28, 28, 1] }
      const { numbers } = await inpaintingFigure({ ...options, mask }, standInContext({ out, data }))
      expect(numbers).toMatchObject({ largestGivenError: 0, toOriginal: 0, betweenSamples: 0 })
    }))

  it.each([
    ['of other sides', { data: new Uint8Array(27 * 28), shape: [27, 28, 1] }],
    ['flat', { data: new Uint8Array(784), shape: [784] }],
    ['of more channels', { data: new Uint8Array(3 * 784), shape: [28, 28, 3] }],
    ['whose numbers do not fill it', { data: new Uint8Array(783), shape: [28, 28, 1] }],
  ])('refuses a mask %s before any work', (_, mask) =>
    inTemporaryFolder(async (out) => {
      const context = standInContext({ out, data })
      expect(await tensorLeak(async () => {
        await expect(inpaintingFigure({ ...options, score: unasked, mask }, context)).rejects.toThrow(ShapeError)
      })).toEqual(noLeak)
      expect(context.folder.files()).toEqual([])
    }))

  it('resumed takes over its samples, unless they are of another network, mask or settings; and leaves no tensor behind', () =>
    inTemporaryFolder(async (out) => {
      const context = standInContext({ out, data })
      let first: unknown
      expect(await tensorLeak(async () => void (first = await inpaintingFigure(options, context)))).toEqual(noLeak)
      const resumed = standInContext({ out, data, earlier: context.folder })
      expect(await inpaintingFigure({ ...options, score: unasked }, resumed)).toEqual(first)
      for (const changed of [{ scoreSha256: 'b' }, { settings: { ...settings, steps: 19 } }, { mask: { ...lowerHalf(data.test), data: new Uint8Array(784) } }]) {
        await expect(inpaintingFigure({ ...options, score: unasked, ...changed }, resumed)).rejects.toThrow('the score was asked')
      }
    }))

  it('shows a column for each class, the original, what is given, and each sample; names the set', () =>
    inTemporaryFolder(async (out) => {
      const { figure: { name, svg, caption } } = await inpaintingFigure(options, standInContext({ out, data }))
      expect(name).toBe('inpainting')
      for (const text of ['VP SDE on drawn digits: inpainting', '>original<', '>given<', '>sample 3<', '>9<', '50 % of each test image']) expect(svg).toContain(text)
      expect(caption).toContain('50 %')
    }))
})

it('the lower half has the middle row where their number is odd', () => {
  const { data: bits, shape } = lowerHalf({ height: 3, width: 2, channels: 2 })
  expect([Array.from(bits), shape]).toEqual([[0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1], [3, 2, 2]])
})
