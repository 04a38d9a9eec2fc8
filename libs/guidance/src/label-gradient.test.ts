import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { hostSpace, hostState, labelledMixtureTarget, MissingGradientError, ShapeError, tensorSpace, vpSde } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import {
  add, expandDims, getGradient, mul, setBackend, square, sub, sum, tensor1d, tensor2d, tensor3d, type Tensor, type Tensor1D, type Tensor2D,
} from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { labelLogProbabilityGradient, logProbabilityGradient } from './label-gradient'

beforeAll(() => setBackend('cpu'))

vi.mock('@tensorflow/tfjs-core', async (original) => {
  const core = await original<Record<string, unknown> & { getGradient: typeof getGradient }>()
  return { ...core, getGradient: vi.fn(core.getGradient) }
})

const parameters = { weights: [0.2, 0.5, 0.3], means: [[-1, 0.5], [0.5, 1], [1, -1]], stds: [[0.3, 0.3], [0.6, 0.6], [0.4, 0.4]] }
const sde = vpSde()
const target = labelledMixtureTarget({ sde, ...parameters })
const x = () => tensor2d([[-0.7, 0.2], [0.1, 0.9], [1.3, -0.4]])
const host = hostState([-0.7, 0.2, 0.1, 0.9, 1.3, -0.4], [3, 2])
const t = 0.3
const times = new Float64Array(3).fill(t)

/** The perfect classifier at time t as a network would be written: ln w_k − ln v_k − ‖x − α m_k‖²/(2 v_k) in two dimensions. */
let passes = 0
const logits = (y: Tensor): Tensor2D => {
  passes++
  const [alpha, sigma] = [sde.schedule.alpha(t), sde.schedule.sigma(t)]
  const variances = parameters.stds.map(([std]) => (alpha * std) ** 2 + sigma ** 2)
  const distance = sum(square(sub(expandDims(y, 1), mul(tensor3d([parameters.means]), alpha))), 2)
  const offset = tensor1d(parameters.weights.map((weight, k) => Math.log(weight / variances[k])))
  return add(mul(distance, tensor1d(variances.map((v) => -0.5 / v))), offset) as Tensor2D
}

describe('the gradient of ln p(label | x) by TensorFlow.js', () => {
  it('is that of the responsibilities, for one label and for one per sample (2e-6), by one pass for the batch', async () => {
    for (const labels of [1, [2, 0, 1]]) {
      passes = 0
      const gradient = await labelLogProbabilityGradient(logits, labels, { classes: 3 })(x(), times)
      expect(passes).toBe(1)
      const exact = target.labelGradient(labels, hostSpace)(host, times).data
      const { data } = await tensorSpace.toHost(gradient)
      data.forEach((value, i) => expect(Math.abs(value - exact[i])).toBeLessThan(2e-6 * Math.max(...exact.map(Math.abs))))
    }
  })

  it('sums over samples that do not interact: the third of the batch has what it has alone', async () => {
    const together = await labelLogProbabilityGradient(logits, [2, 0, 1], { classes: 3 })(x(), times)
    const alone = await labelLogProbabilityGradient(logits, 1, { classes: 3 })(tensor2d([[1.3, -0.4]]), times.slice(2))
    expect([...(await alone.data())]).toEqual([...(await together.data())].slice(4))
  })

  it('hands the classifier the times as a tensor', async () => {
    const seen: number[][] = []
    const recording = (y: Tensor, at: Tensor1D) => {
      seen.push([...at.dataSync()])
      return logits(y)
    }
    await labelLogProbabilityGradient(recording, 0, { classes: 3 })(x(), Float64Array.of(0.25, 0.5, 0.75))
    expect(seen).toEqual([[0.25, 0.5, 0.75]])
  })

  it('as a pure function takes labels of either type, and a label that is no class as none', async () => {
    const pure = logProbabilityGradient(logits)
    const of = async (labels: Tensor1D) => [...(await pure(x(), tensor1d([t, t, t]), labels).data())]
    const expected = [...(await (await labelLogProbabilityGradient(logits, [2, 0, 1], { classes: 3 })(x(), times)).data())]
    expect(await of(tensor1d([2, 0, 1], 'int32'))).toEqual(expected)
    expect(await of(tensor1d([2, 0, 1], 'float32'))).toEqual(expected)
    expect(await of(tensor1d([2, 3, 1], 'int32'))).toEqual([...expected.slice(0, 2), 0, 0, ...expected.slice(4)])
  })

  it('leaves nothing behind but what it returns, whether it succeeds or not', async () => {
    const gradient = labelLogProbabilityGradient(logits, [2, 0, 1], { classes: 3 })
    const wrong = labelLogProbabilityGradient(logits, 0, { classes: 4 })
    const leak = await tensorLeak(async () => {
      const [state, at] = [x(), tensor1d([t, t, t])]
      ;(await gradient(state, times)).dispose()
      expect(() => wrong(state, times)).toThrow(ShapeError)
      at.dispose()
      state.dispose()
    })
    expect(leak).toEqual(noLeak)
  })

  it('refuses a class that is not there before any work, and a classifier of another set of classes', () => {
    passes = 0
    for (const label of [3, -1, 1.5, NaN]) {
      const rule = `label must be an integer from 0 to 2, a class that the model knows; got ${label}.`
      expect(() => labelLogProbabilityGradient(logits, label, { classes: 3 })).toThrow(rule)
      expect(() => labelLogProbabilityGradient(logits, [0, label, 0], { classes: 3 })).toThrow(rule)
    }
    expect(() => labelLogProbabilityGradient(logits, [0, 1], { classes: 3 })(x(), times)).toThrow('labels must have shape (3); got (2).')
    expect(() => labelLogProbabilityGradient(logits, 0, { classes: 0 })).toThrow('classes must be an integer of at least 1; got 0.')
    expect(passes).toBe(0)
    expect(() => labelLogProbabilityGradient(logits, 0, { classes: 10 })(x(), times)).toThrow("the classifier's logits must have shape (3, 10); got (3, 3).")
  })

  it('says which package registers the gradients where there are none', () => {
    vi.mocked(getGradient).mockReturnValueOnce(undefined as unknown as ReturnType<typeof getGradient>)
    expect(() => logProbabilityGradient(logits)(x(), tensor1d([t, t, t]), tensor1d([0, 0, 0]))).toThrow(MissingGradientError)
  })
})
