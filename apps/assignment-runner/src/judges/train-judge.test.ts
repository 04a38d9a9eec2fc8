import { openBackend, type Backend } from '@sbgm/backends'
import { accuracy } from '@sbgm/evaluation'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { parametersToHost } from '@sbgm/training'
import { dispose, grad, tensor2d } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eagerCompute } from '../compute/eager-compute'
import { bindJudge, imagesAtHand, imagesOfSet, judgeImages, type Judge } from './judge'
import { quietContext, tinyDigits, tinySettings } from './stand-in-judges'
import { crossEntropy, judgeNetwork, trainJudge } from './train-judge'

let backend: Backend
beforeAll(async () => {
  backend = await openBackend({ engine: 'wasm' })
})
afterAll(() => backend.close())

const data = tinyDigits()

describe('the cross-entropy', () => {
  it('is −log p of the target, averaged; its gradient in the logits is (p − target) / batch (1e-6)', async () => {
    const logits = [[1, 2, -0.5], [40, 0, 3]]
    const target = tensor2d([[0, 1, 0], [0, 0, 1]])
    const softmax = logits.map((row) => row.map((l) => Math.exp(l) / row.reduce((total, other) => total + Math.exp(other), 0)))
    const [value] = await crossEntropy(tensor2d(logits), target).data()
    expect(Math.abs(value + (Math.log(softmax[0][1]) + Math.log(softmax[1][2])) / 2)).toBeLessThan(1e-5)
    const gradient = await grad((x) => crossEntropy(x, target))(tensor2d(logits)).data()
    const expected = [softmax[0][0], softmax[0][1] - 1, softmax[0][2], softmax[1][0], softmax[1][1], softmax[1][2] - 1].map((g) => g / 2)
    expected.forEach((g, i) => expect(Math.abs(gradient[i] - g)).toBeLessThan(1e-6))
  })
})

describe('a judge', () => {
  const judgeOf = (kind: 'ten-class' | 'eleven-class', params: Judge['params']): Judge => {
    const network = judgeNetwork(kind, tinySettings, data.train)
    return { kind, network, params, bound: bindJudge(eagerCompute, network, params), sha256: '', size: data.train, classes: 10 }
  }

  it('learns drawn digits: far above chance after 150 steps, on images it has not seen', async () => {
    const { training } = tinySettings
    const longer = { ...tinySettings, training: { ...training, 'ten-class': { ...training['ten-class'], steps: 150 } } }
    const judge = judgeOf('ten-class', await trainJudge('ten-class', longer, data.train, quietContext()))
    const { predictions } = await judgeImages(judge, imagesOfSet(data.test))
    expect(accuracy(predictions, data.test.labels)).toBeGreaterThan(0.5)
    dispose(judge.params)
  })

  it('has one output more where it knows "none of them"', () => {
    expect(judgeNetwork('ten-class', tinySettings, data.train).classes).toBe(10)
    expect(judgeNetwork('eleven-class', tinySettings, data.train).classes).toBe(11)
  })

  it('trained twice has the same bits, with another seed others, and leaves nothing else behind', async () => {
    const train = async (settings = tinySettings) => {
      const params = await trainJudge('eleven-class', settings, data.train, quietContext())
      const host = await parametersToHost(params)
      dispose(params)
      return host
    }
    const first = await train()
    const leak = await tensorLeak(async () => expect(await train()).toEqual(first))
    expect(leak).toEqual(noLeak)
    expect(await train({ ...tinySettings, seed: 2 })).not.toEqual(first)
  })

  it('is stopped by the signal, with its reason, and frees all', async () => {
    const control = new AbortController()
    const reason = new Error('enough')
    const stage = () => ({ advance: (done: number) => done === 5 && control.abort(reason), skip: () => undefined, end: () => undefined })
    const context = { ...quietContext(), progress: { ...quietContext().progress, stage }, signal: control.signal }
    const leak = await tensorLeak(() => expect(trainJudge('ten-class', tinySettings, data.train, context)).rejects.toBe(reason))
    expect(leak).toEqual(noLeak)
  })

  it('says the same of an image in any batch, clamps it first, and gives probabilities with the features they come from', async () => {
    const judge = judgeOf('eleven-class', judgeNetwork('eleven-class', tinySettings, data.train).init(1))
    const wide = imagesOfSet(data.train).slice(0, 300).map((value) => 3 * value)
    const clamped = wide.map((value) => Math.max(-1, Math.min(1, value)))
    const first = await judgeImages(judge, imagesAtHand(wide, data.train))
    const second = await judgeImages(judge, imagesAtHand(clamped, data.train))
    const alone = await judgeImages(judge, imagesAtHand(clamped.slice(299 * 784), data.train))
    expect([first.probabilities.length, first.features.length, first.predictions.length]).toEqual([3300, 300 * 64, 300])
    expect(first).toEqual(second)
    alone.features.forEach((value, i) => expect(Math.abs(value - first.features[299 * 64 + i])).toBeLessThan(1e-5))
    expect(new Set(first.features).size).toBeGreaterThan(1000)
    dispose(judge.params)
  })
})
