import '@tensorflow/tfjs-backend-cpu'
import { mul, setBackend, tensor2d } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { discreteDdpm } from './discrete-ddpm'
import { InvalidArgumentError, ShapeError } from './errors'
import { scalarMixtureTarget } from './exact/scalar-mixture'
import { hostSpace } from './host-space'
import { hostState, type HostState } from './host-state'
import { convert } from './convert'
import type { Predictor } from './predictor'
import { scoreFromDiscreteNoise } from './score-from-discrete-noise'
import { tensorSpace } from './tensor-space'
import { noLeak, tensorLeak } from './testing/tensor-leak'

const chain = discreteDdpm()
const target = scalarMixtureTarget({ sde: chain.sde, weights: [0.5, 0.5], means: [-3, 3], stds: [0.5, 0.5] })
const noise = target.predictor('noise', hostSpace)
const x = hostState([-2, 0.1, 1.4])
const at = (...times: number[]) => Float64Array.from(times)

describe('the score of a model trained by the DDPM loss', () => {
  it('is the exact score at every time i/T of the chain for the exact noise (relative 1e-9)', async () => {
    const score = scoreFromDiscreteNoise(noise, chain.sqrtOneMinusAlphaBars, hostSpace)
    const exact = target.predictor('score', hostSpace)
    for (let i = 1; i <= 1000; i++) {
      const t = at(i / 1000, i / 1000, i / 1000)
      const [ours, theirs] = [await score.evaluate(x, t), await exact.evaluate(x, t)]
      ours.data.forEach((value, k) => expect(Math.abs(value - theirs.data[k])).toBeLessThan(1e-9 * (1 + Math.abs(value))))
    }
  })

  it('agrees there with the conversion through the chain\'s SDE, times differing within the batch', async () => {
    const t = at(0.001, 0.5, 1)
    const ours = await scoreFromDiscreteNoise(noise, chain.sqrtOneMinusAlphaBars, hostSpace).evaluate(x, t)
    const converted = await convert(noise, 'score', { sde: chain.sde, space: hostSpace }).evaluate(x, t)
    ours.data.forEach((value, k) => expect(Math.abs(value - converted.data[k])).toBeLessThan(1e-9 * (1 + Math.abs(value))))
  })

  it('asks the model at the chain\'s times only: the next later one, and the first for earlier ones', async () => {
    const asked: number[] = []
    const model: Predictor<'noise', HostState> = {
      predicts: 'noise',
      evaluate(state, t) {
        asked.push(...t)
        return hostSpace.combine([1], [state])
      },
    }
    const { data } = await scoreFromDiscreteNoise(model, chain.sqrtOneMinusAlphaBars, hostSpace).evaluate(x, at(0, 0.0104, 0.7))
    expect(asked).toEqual([0.001, 0.011, 0.7])
    ;[1, 11, 700].forEach((i, k) => expect(data[k]).toBeCloseTo(-x.data[k] / chain.sqrtOneMinusAlphaBars[i - 1], 12))
  })

  it('takes the noise level of the time at which a model with a tMin is evaluated', async () => {
    const asked: number[] = []
    const model: Predictor<'noise', HostState> = {
      predicts: 'noise',
      tMin: 0.05,
      evaluate(state, t) {
        asked.push(...t)
        return hostSpace.combine([1], [state])
      },
    }
    const { data } = await scoreFromDiscreteNoise(model, chain.sqrtOneMinusAlphaBars, hostSpace).evaluate(x, at(0.001, 0.05, 0.7))
    expect(asked).toEqual([0.05, 0.05, 0.7])
    ;[50, 50, 700].forEach((i, k) => expect(data[k]).toBeCloseTo(-x.data[k] / chain.sqrtOneMinusAlphaBars[i - 1], 12))
  })

  it('leaves no tensor behind but the one it returns', async () => {
    await setBackend('cpu')
    const model: Predictor<'noise'> = { predicts: 'noise', evaluate: (state) => mul(state, 2) }
    const score = scoreFromDiscreteNoise(model, chain.sqrtOneMinusAlphaBars, tensorSpace)
    expect(await tensorLeak(async () => {
      const state = tensor2d([[1], [2]])
      ;(await score.evaluate(state, at(0.5, 0.5))).dispose()
      state.dispose()
    })).toEqual(noLeak)
  })

  it.each([[[]], [[0.1, 0.05]], [[0, 0.5]], [[0.5, 1.1]], [[NaN]]])('refuses noise levels that no chain has: %j', (levels) => {
    expect(() => scoreFromDiscreteNoise(noise, Float64Array.from(levels), hostSpace)).toThrow(InvalidArgumentError)
  })

  it('refuses a time outside [0, 1] and a model that returns another shape', async () => {
    const score = scoreFromDiscreteNoise(noise, chain.sqrtOneMinusAlphaBars, hostSpace)
    for (const time of [1.1, -0.1, NaN]) await expect(Promise.resolve(score.evaluate(x, at(0.5, 0.5, time)))).rejects.toThrow(InvalidArgumentError)
    const wrong: Predictor<'noise', HostState> = { predicts: 'noise', evaluate: () => hostState([1]) }
    await expect(Promise.resolve(scoreFromDiscreteNoise(wrong, chain.sqrtOneMinusAlphaBars, hostSpace).evaluate(x, at(1, 1, 1)))).rejects.toThrow(ShapeError)
  })
})
