import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { grad, setBackend, tensor1d, tensor2d, type Tensor } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { denoisingExample, denoisingLoss } from './denoising-loss'
import { ShapeError } from './errors'
import { gaussianTarget } from './exact/gaussian'
import { hostSpace } from './host-space'
import { hostState } from './host-state'
import { likelihoodWeighting, minSnrWeighting, noiseWeighting, scoreWeighting } from './loss-weighting'
import { conversionCoefficients, predictions } from './prediction'
import { noLeak, tensorLeak } from './testing'
import { veSde } from './ve-sde'
import { vpSde } from './vp-sde'

beforeAll(() => setBackend('cpu'))

const [x0, noise] = [hostState([1, -2, 0.5, 0.1], [2, 2]), hostState([0.3, -1, 2, 0.7], [2, 2])]
const t = Float64Array.of(0.05, 0.6)

describe('the unified loss', () => {
  it.each([vpSde(), veSde()])('is the same number for every parametrisation of one model, under $name (relative 1e-10)', (sde) => {
    const guess = hostState([0.2, 0.1, -0.4, 1], [2, 2]) // an arbitrary noise prediction
    const losses = predictions.map((predicts) => {
      const { x, target, weight } = denoisingExample({ sde, space: hostSpace, x0, noise, t, predicts, weighting: likelihoodWeighting })
      return x.data.reduce((sum, value, i) => {
        const sample = Math.floor(i / 2)
        const { state, prediction } = conversionCoefficients('noise', predicts, sde.schedule, t[sample])
        return sum + weight[sample] * (state * value + prediction * guess.data[i] - target.data[i]) ** 2
      }, 0)
    })
    losses.forEach((loss) => expect(Math.abs(loss / losses[0] - 1)).toBeLessThan(1e-10))
  })

  it('is Σ w ‖ε̂ − ε‖² with w = 1, 1/σ², g²/σ² and min(SNR, γ)/SNR', () => {
    const sde = vpSde()
    const weights = [noiseWeighting, scoreWeighting, likelihoodWeighting, minSnrWeighting(5)].map(
      (weighting) => denoisingExample({ sde, space: hostSpace, x0, noise, t, predicts: 'noise', weighting }).weight,
    )
    t.forEach((time, i) => {
      const [alpha, sigma] = [sde.schedule.alpha(time), sde.schedule.sigma(time)]
      const ratio = (alpha / sigma) ** 2
      ;[1, 1 / sigma ** 2, sde.beta(time) / sigma ** 2, Math.min(ratio, 5) / ratio].forEach((expected, k) =>
        expect(Math.abs(weights[k][i] / expected - 1)).toBeLessThan(1e-12),
      )
    })
  })

  it('multiplies in the importance of the times', () => {
    const options = { sde: vpSde(), space: hostSpace, x0, noise, t, predicts: 'noise' as const }
    expect(denoisingExample({ ...options, importance: Float64Array.of(2, 0.5) }).weight).toEqual(Float64Array.of(2, 0.5))
    expect(() => denoisingExample({ ...options, importance: Float64Array.of(2) })).toThrow(ShapeError)
  })

  it('targets the conditional score −ε/σ for a score network', () => {
    const { target } = denoisingExample({ sde: vpSde(), space: hostSpace, x0, noise, t, predicts: 'score' })
    target.data.forEach((value, i) => expect(value).toBeCloseTo(-noise.data[i] / vpSde().schedule.sigma(t[Math.floor(i / 2)]), 12))
  })

  it('is least at the exact marginal model: its mean excess over it is E[(Δε̂)²] (n = 20,000, seed 1, 5 standard errors)', async () => {
    const [sde, count] = [vpSde(), 20_000]
    const target = gaussianTarget({ sde, mean: 0.5, std: 0.5 })
    const time = new Float64Array(count).fill(0.3)
    const data = target.draw(hostSpace, { count, seed: 1 })
    const epsilon = hostSpace.normal({ seed: 1, stream: 'test', step: 0, firstSample: 0, draw: 0 }, data)
    const example = denoisingExample({ sde, space: hostSpace, x0: data, noise: epsilon, t: time, predicts: 'noise' })
    const exact = await target.predictor('noise', hostSpace).evaluate(example.x, time)
    const excess = exact.data.map((value, i) => (value + 0.3 - example.target.data[i]) ** 2 - (value - example.target.data[i]) ** 2)
    const mean = excess.reduce((sum, value) => sum + value, 0) / count
    const deviation = Math.sqrt(excess.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count)
    expect(Math.abs(mean - 0.09)).toBeLessThan((5 * deviation) / Math.sqrt(count))
  })

  it('on tensors is the weighted mean, or sum, of squares, with its gradient, and leaks nothing', async () => {
    const leak = await tensorLeak(() => {
      const [prediction, target, weight] = [tensor2d([1, 2, 3, 4], [2, 2]), tensor2d([0, 2, 1, 0], [2, 2]), tensor1d([2, 0.5])]
      const loss = denoisingLoss(prediction, target, weight)
      expect(loss.dataSync()[0]).toBeCloseTo((2 * 0.5 * (1 + 0) + 0.5 * 0.5 * (4 + 16)) / 2, 6)
      const summed = denoisingLoss(prediction, target, weight, { reduction: 'sum' })
      expect(summed.dataSync()[0]).toBeCloseTo((2 * (1 + 0) + 0.5 * (4 + 16)) / 2, 6)
      const slope = grad((p: Tensor) => denoisingLoss(p, target, weight))(prediction)
      expect(Array.from(slope.dataSync())).toEqual([1, 0, 0.5, 1]) // weight · (p − target) · 2 / (2 samples · 2 elements)
      ;[prediction, target, weight, loss, summed, slope].forEach((made) => made.dispose())
    })
    expect(leak).toEqual(noLeak)
  })

  it('refuses shapes that do not fit', () => {
    const [two, three, weight] = [tensor2d([[1], [2]]), tensor2d([[1], [2], [3]]), tensor1d([1, 1])]
    expect(() => denoisingLoss(two, three, weight)).toThrow(ShapeError)
    expect(() => denoisingLoss(three, three, weight)).toThrow('weight must have shape (3); got (2).')
  })
})
