import { openBackend, type Backend } from '@sbgm/backends'
import { uniformGrid } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { decodeSafetensors } from '@sbgm/training'
import { mul, onesLike, reshape, tensor1d, tidy, type Tensor } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tinyDigits } from '../judges/stand-in-judges'
import { ownPlan } from '../images/sampler-choice'
import { part3Sde } from '../part3/score-model'
import { inTemporaryFolder } from '../stand-in-host'
import { allClassesFigure } from './all-classes'
import { standardScore, standInContext, standInJudge } from './stand-in-part4'

let backend: Backend
beforeAll(async () => {
  backend = await openBackend({ engine: 'wasm' })
})
afterAll(() => backend.close())

const data = tinyDigits()
const steps = 20
const gamma = 3
const file = 'samples/all-classes-1.safetensors'

/** What a class pushes every pixel towards, at all times: (class − 4.5)/10. */
const push = (label: number) => (label - 4.5) / 10

/** A classifier whose gradient is that push. */
const pushing = () => {
  const asked: (readonly number[])[] = []
  return {
    asked,
    classifier: {
      labelGradient(labels: number | readonly number[]) {
        const list = typeof labels === 'number' ? [labels] : labels
        asked.push(list)
        return (x: Tensor) => tidy(() => mul(onesLike(x), reshape(tensor1d(list.map(push)), [-1, 1, 1, 1])))
      },
    },
  }
}

/** The mean of Euler–Maruyama's last state along the score −x + γ push from mean 0. */
function expectedMean(label: number): number {
  const grid = uniformGrid({ from: 1, to: 0, steps })
  return Array.from({ length: steps }, (_, i) => part3Sde.diffusion(grid[i]) ** 2 * (grid[i] - grid[i + 1]))
    .reduce((mean, squared) => (1 - squared / 2) * mean + squared * gamma * push(label), 0)
}

const planOf = (count: number) => ownPlan({ sampler: 'euler-maruyama', steps: count }, part3Sde)

describe('all classes', { timeout: 60_000 }, () => {
  const options = { score: standardScore, scoreSha256: 'a', classifierSha256: 'b', gamma, perClass: 3, plan: planOf(steps), judge: standInJudge(data.test, () => 3) }
  const unasked = { ...standardScore, evaluate: () => { throw new Error('the score was asked') } }

  it('guides each row to its class with γ: the mean of its pixels is that of Euler–Maruyama with the score and γ times the gradient (5 standard errors)', () =>
    inTemporaryFolder(async (out) => {
      const { classifier, asked } = pushing()
      const context = standInContext({ out, data })
      const { numbers } = await allClassesFigure({ ...options, classifier }, context)
      expect(asked).toEqual([Array.from({ length: 30 }, (_, i) => Math.floor(i / 3))])
      const images = decodeSafetensors(context.folder.read(file)).tensors['images'].data
      for (let label = 0; label < 10; label++) {
        const row = Array.from(images.slice(label * 3 * 784, (label + 1) * 3 * 784))
        const mean = row.reduce((sum, value) => sum + value, 0) / row.length
        const std = Math.sqrt(row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length)
        expect(Math.abs(mean - expectedMean(label))).toBeLessThan((5 * std) / Math.sqrt(row.length))
      }
      expect(expectedMean(1) - expectedMean(0)).toBeGreaterThan(0.1) // so that rows in another order would be seen: a standard error is 0.02
      expect(numbers).toEqual({ gamma, perClass: 3, sameClass: 0.1, sameClassOfEach: [0, 0, 0, 1, 0, 0, 0, 0, 0, 0] })
    }))

  it('resumed takes over its images, unless they are of another score, classifier or γ; and leaves no tensor behind', () =>
    inTemporaryFolder(async (out) => {
      const { classifier } = pushing()
      const context = standInContext({ out, data })
      let first: unknown
      expect(await tensorLeak(async () => void (first = await allClassesFigure({ ...options, classifier }, context)))).toEqual(noLeak)
      const resumed = standInContext({ out, data, earlier: context.folder })
      expect(await allClassesFigure({ ...options, classifier, score: unasked }, resumed)).toEqual(first)
      for (const changed of [{ scoreSha256: 'c' }, { classifierSha256: 'c' }, { gamma: 2 }, { plan: planOf(19) }]) {
        await expect(allClassesFigure({ ...options, classifier, score: unasked, ...changed }, resumed)).rejects.toThrow('the score was asked')
      }
    }))

  it('shows a row for each class by its name, and says γ, the set and the share', () =>
    inTemporaryFolder(async (out) => {
      const { figure: { name, svg, caption } } = await allClassesFigure({ ...options, ...pushing() }, standInContext({ out, data }))
      expect(name).toBe('all-classes')
      for (const text of ['VP SDE on drawn digits: guided to each class', 'γ = 3, Euler–Maruyama, 20 steps', '10 %', 'class asked for', '>9<']) expect(svg).toContain(text)
      expect(caption).toContain('γ = 3')
    }))
})
