import '@tensorflow/tfjs-backend-cpu'
import { setBackend, type Tensor } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { InvalidArgumentError, ShapeError } from '../errors'
import { hostSpace } from '../host-space'
import { hostState, type HostState } from '../host-state'
import { predictions } from '../prediction'
import { tensorSpace } from '../tensor-space'
import { noLeak, tensorLeak } from '../testing'
import { veSde } from '../ve-sde'
import { vpSde } from '../vp-sde'
import { labelledMixtureTarget } from './labelled-mixture'

beforeAll(() => setBackend('cpu'))

const parameters = { weights: [0.2, 0.5, 0.3], means: [[-1, 0.5], [0.5, 1], [1, -1]], stds: [[0.3, 0.5], [0.6, 0.2], [0.4, 0.4]] }
const target = labelledMixtureTarget({ sde: vpSde(), ...parameters })
const x = hostState([-0.7, 0.2, 0.1, 0.9, 1.3, -0.4, 0, 0], [4, 2])
const times = Float64Array.of(0.1, 0.3, 0.3, 0.7)

const maxDifference = (a: HostState, b: HostState) => Math.max(...a.data.map((value, i) => Math.abs(value - b.data[i])))

describe('a labelled mixture', () => {
  it('has label probabilities of sum 1 (1e-14), which at t → ∞ are the weights (VE, 1e-3)', () => {
    const { data, shape } = target.logLabelProbabilities(x, 0.3)
    expect(shape).toEqual([4, 3])
    for (let sample = 0; sample < 4; sample++) {
      const total = data.subarray(3 * sample, 3 * sample + 3).reduce((sum, value) => sum + Math.exp(value), 0)
      expect(Math.abs(total - 1)).toBeLessThan(1e-14)
    }
    const far = labelledMixtureTarget({ sde: veSde({ sigmaMax: 1e4 }), ...parameters }).logLabelProbabilities(x, 1)
    far.data.forEach((value, i) => expect(Math.abs(Math.exp(value) - parameters.weights[i % 3])).toBeLessThan(1e-3))
  })

  it('has the label gradient that differences of ln p_t(label | x) show (central, step 1e-5: error below 1e-8)', () => {
    const h = 1e-5
    const labels = [2, 0, 1, 1]
    const gradient = target.labelGradient(labels, hostSpace)(x, times)
    for (let i = 0; i < x.data.length; i++) {
      const sample = Math.floor(i / 2)
      const at = (shift: number) => {
        const moved = { data: x.data.map((value, j) => (j === i ? value + shift : value)), shape: x.shape }
        return target.logLabelProbabilities(moved, times[sample]).data[3 * sample + labels[sample]]
      }
      expect(Math.abs(gradient.data[i] - (at(h) - at(-h)) / (2 * h))).toBeLessThan(1e-8)
    }
  })

  it.each(predictions)('predicts the %s of the class that each sample names, and of the whole mixture without a label', async (predicts) => {
    const model = target.labelledPredictor(predicts, hostSpace)
    const labels = Int32Array.of(2, 3, 0, 2)
    const mixed = await model.evaluate(x, times, labels)
    const laws = [...[0, 1, 2].map((label) => target.component(label)), target]
    const each = await Promise.all(laws.map(async (law) => law.predictor(predicts, hostSpace).evaluate(x, times)))
    labels.forEach((label, sample) => {
      expect(mixed.data.subarray(2 * sample, 2 * sample + 2)).toEqual(each[label].data.subarray(2 * sample, 2 * sample + 2))
    })
  })

  it('on tensors follows float64 (1e-5) and leaves nothing behind', async () => {
    const labels = [2, 0, 1, 1]
    const exact = target.labelGradient(labels, hostSpace)(x, times)
    const exactNoise = await target.labelledPredictor('noise', hostSpace).evaluate(x, times, Int32Array.of(2, 3, 0, 2))
    const leak = await tensorLeak(async () => {
      const state = tensorSpace.fromHost(x)
      const gradient = target.labelGradient(labels, tensorSpace)(state, times)
      const noise: Tensor = await target.labelledPredictor('noise', tensorSpace).evaluate(state, times, Int32Array.of(2, 3, 0, 2))
      expect(maxDifference(await tensorSpace.toHost(gradient), exact)).toBeLessThan(1e-5)
      expect(maxDifference(await tensorSpace.toHost(noise), exactNoise)).toBeLessThan(1e-5)
      tensorSpace.release(state, gradient, noise)
    })
    expect(leak).toEqual(noLeak)
  })

  it('refuses labels that are not there, and another number of them than there are samples', () => {
    expect(() => target.labelGradient(3, hostSpace)).toThrow('label must be an integer from 0 to 2; got 3.')
    expect(() => target.labelGradient([0, 0.5], hostSpace)).toThrow(InvalidArgumentError)
    expect(() => target.component(-1)).toThrow('label must be an integer from 0 to 2; got -1.')
    expect(() => target.labelGradient([0, 1], hostSpace)(x, times)).toThrow(ShapeError)
    expect(() => target.labelledPredictor('data', hostSpace).evaluate(x, times, Int32Array.of(0, 1, 2, 4))).toThrow(
      'labels must be integers from 0 to 3 (3: no label); got 4.',
    )
  })
})
