import {
  edmSde,
  gaussianTarget,
  hostSpace,
  hostState,
  InvalidArgumentError,
  probabilityFlow,
  reverseSde,
  scalarMixtureTarget,
  tensorSpace,
  timeGrid,
  vpSde,
  type HostState,
  type Prediction,
  type Predictor,
} from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import '@tensorflow/tfjs-backend-cpu'
import { mul, setBackend, tensor2d } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { ddim } from './ddim'
import { clipTo } from './clip-to'
import { correctData } from './correct-data'
import { dynamicThreshold } from './dynamic-threshold'
import { lastState } from './sample'

beforeAll(() => setBackend('cpu'))

const sde = vpSde()
const target = scalarMixtureTarget({ sde, weights: [0.5, 0.5], means: [-1.5, 1.5], stds: [0.25, 0.35] })
const x = hostState([-2, -0.5, 0.1, 1, 2.5])
const times = (t: number) => new Float64Array(5).fill(t)
const context = { sde, space: hostSpace }
const predictions: readonly Prediction[] = ['score', 'noise', 'data', 'v']

/** A model of the data that says the same whatever it is asked. */
const saying = (data: readonly number[], shape: readonly number[]): Predictor<'data', HostState> => ({ predicts: 'data', evaluate: () => hostState(data, shape) })

describe('a model with its denoised sample corrected', () => {
  it.each(predictions)('predicts the clipped x̂_0 of a %s model, at one evaluation (1e-12)', async (predicts) => {
    let evaluations = 0
    const exact = target.predictor(predicts, hostSpace)
    const model: Predictor<Prediction, HostState> = { predicts, evaluate: (y, t) => (evaluations++, exact.evaluate(y, t)) }
    const clipped = await correctData(model, clipTo(), context).evaluate(x, times(0.3))
    const free = await target.predictor('data', hostSpace).evaluate(x, times(0.3))
    expect(evaluations).toBe(1)
    expect(free.data.some((value) => Math.abs(value) > 1)).toBe(true)
    clipped.data.forEach((value, i) => expect(Math.abs(value - Math.min(1, Math.max(-1, free.data[i])))).toBeLessThan(1e-12))
  })

  it('gives samplers the noise that belongs to the clipped x̂_0: one DDIM step is α_s c + σ_s (x − α_t c)/σ_t (1e-13)', async () => {
    const { alpha, sigma } = sde.schedule
    const model = correctData(target.predictor('noise', hostSpace), clipTo({ low: -0.5, high: 0.75 }), context)
    const end = await lastState({ dynamics: probabilityFlow(sde, model, hostSpace), sampler: ddim<HostState>(), grid: timeGrid([0.3, 0.2]), space: hostSpace, x, seed: 0 })
    const free = await target.predictor('data', hostSpace).evaluate(x, times(0.3))
    end.data.forEach((value, i) => {
      const c = Math.min(0.75, Math.max(-0.5, free.data[i]))
      expect(Math.abs(value - (alpha(0.2) * c + (sigma(0.2) * (x.data[i] - alpha(0.3) * c)) / sigma(0.3)))).toBeLessThan(1e-13)
    })
  })

  it('is asked at max(t, tMin), where its denoised sample is made too', async () => {
    const asked: number[] = []
    const exact = target.predictor('noise', hostSpace)
    const model: Predictor<'noise', HostState> = { predicts: 'noise', tMin: 0.1, evaluate: (y, t) => (asked.push(t[0]), exact.evaluate(y, t)) }
    const corrected = correctData(model, clipTo({ low: -9, high: 9 }), context)
    expect(corrected.tMin).toBe(0.1)
    await lastState({ dynamics: probabilityFlow(sde, corrected, hostSpace), sampler: ddim<HostState>(), grid: timeGrid([0.3, 0.05, 0]), space: hostSpace, x, seed: 0 })
    expect(asked).toEqual([0.3, 0.1])
  })

  it('is the model itself where nothing is out of bounds (1e-12)', async () => {
    const model = correctData(target.predictor('score', hostSpace), clipTo({ low: -9, high: 9 }), context)
    const run = (predictor: Predictor<Prediction, HostState>) =>
      lastState({ dynamics: reverseSde(sde, predictor, hostSpace), sampler: ddim<HostState>({ eta: 1 }), grid: timeGrid([0.9, 0.5, 0.1]), space: hostSpace, x, seed: 3 })
    const [corrected, plain] = [await run(model), await run(target.predictor('score', hostSpace))]
    corrected.data.forEach((value, i) => expect(Math.abs(value - plain.data[i])).toBeLessThan(1e-12))
  })

  it('refuses a score where σ = 0, of which no denoised sample can be made, before it is asked; a tMin mends it', async () => {
    const score: Predictor<'score', HostState> = { predicts: 'score', evaluate: () => expect.unreachable('the model was asked') }
    const evaluation = correctData(score, clipTo(), { sde: edmSde(), space: hostSpace }).evaluate(x, Float64Array.of(2, 1, 0.5, 0, 1))
    const error: unknown = await Promise.resolve(evaluation).catch((caught: unknown) => caught)
    expect(InvalidArgumentError.isInstance(error)).toBe(true)
    expect(error).toHaveProperty('message', 't must be a time with σ > 0 to make a denoised sample of a score (give the model a tMin, or end the grid before); got 0.')
    const tweedie = { dynamics: probabilityFlow(sde, correctData(target.predictor('score', hostSpace), clipTo(), context), hostSpace), sampler: ddim<HostState>(), grid: timeGrid([0.3, 0]), space: hostSpace, x, seed: 0, lastStep: 'tweedie' as const }
    await expect(lastState(tweedie)).rejects.toThrow('give the model a tMin')
    const mended = { ...target.predictor('score', hostSpace), tMin: 1e-3 }
    await lastState({ ...tweedie, dynamics: probabilityFlow(sde, correctData(mended, clipTo(), context), hostSpace) })
  })

  it('refuses a time at which nothing is left of the data', async () => {
    const gone = { ...sde, schedule: { ...sde.schedule, alpha: () => 0 } }
    const model = correctData(saying([0, 0, 0, 0, 0], [5, 1]), clipTo(), { sde: gone, space: hostSpace })
    await expect(model.evaluate(x, times(1))).rejects.toThrow('t must be a time with α > 0, before which a denoised sample exists (begin the grid earlier); got 1.')
  })
})

describe('dynamic thresholding', () => {
  it('clips a sample to the quantile of its own |x̂_0| and scales that to the limit: worked by hand', async () => {
    const data = [4, -1, 2, -3, 0, 0.1, -0.2, 0.3, -0.4, 0.5]
    const model = correctData(saying(data, [2, 5]), dynamicThreshold({ percentile: 0.75 }), context)
    const result = await model.evaluate(hostState(data, [2, 5]), Float64Array.of(0.5, 0.5))
    expect(Array.from(result.data.slice(0, 5))).toEqual([1, -1 / 3, 2 / 3, -1, 0]) // |x| sorted 0 1 2 3 4: the ¾ quantile is 3
    expect(Array.from(result.data.slice(5))).toEqual(data.slice(5)) // its quantile is below the limit
  })

  it('treats a sample the same in a batch as alone, to the bit', async () => {
    const data = Array.from({ length: 40 }, (_, i) => 3 * Math.sin(7 * i))
    const correct = (numbers: readonly number[], shape: readonly number[]) =>
      correctData(saying(numbers, shape), dynamicThreshold(), context).evaluate(hostState(numbers, shape), new Float64Array(shape[0]).fill(0.5))
    const [batch, alone] = [await correct(data, [4, 10]), await correct(data.slice(20, 30), [1, 10])]
    expect(alone.data).toEqual(batch.data.slice(20, 30))
  })

  it('with the highest quantile and nothing out of bounds changes nothing', async () => {
    const data = [0.2, -0.9, 1]
    const result = await correctData(saying(data, [1, 3]), dynamicThreshold({ percentile: 1 }), context).evaluate(hostState(data, [1, 3]), Float64Array.of(0.5))
    expect(Array.from(result.data)).toEqual(data)
  })
})

describe('on tensors', () => {
  const model = gaussianTarget({ sde, mean: 0.5, std: 2 }).predictor('noise', tensorSpace)

  it.each([
    ['clipping', clipTo()],
    ['dynamic thresholding', dynamicThreshold()],
  ])('%s follows float64 (1e-5) and leaves nothing behind', async (_, correction) => {
    const numbers = [[-2], [0.3], [1.7]]
    const leak = await tensorLeak(async () => {
      const state = tensor2d(numbers)
      const result = await correctData(model, correction, { sde, space: tensorSpace }).evaluate(state, new Float64Array(3).fill(0.2))
      const host = gaussianTarget({ sde, mean: 0.5, std: 2 }).predictor('noise', hostSpace)
      const exact = await correctData(host, correction, context).evaluate(hostState(numbers.flat()), new Float64Array(3).fill(0.2))
      ;(await result.data()).forEach((value, i) => expect(Math.abs(value - exact.data[i])).toBeLessThan(1e-5))
      ;[state, result].forEach((made) => made.dispose())
    })
    expect(leak).toEqual(noLeak)
  })

  it('a correction that fails leaves nothing behind', async () => {
    const leak = await tensorLeak(async () => {
      const state = tensor2d([[1]])
      const failing = () => Promise.reject(new Error('on purpose'))
      await expect(correctData(model, failing, { sde, space: tensorSpace }).evaluate(state, Float64Array.of(0.2))).rejects.toThrow('on purpose')
      const lost = { ...tensorSpace, quantile: failing, clip: (y: typeof state) => mul(y, 1) }
      await expect(correctData(model, dynamicThreshold(), { sde, space: lost }).evaluate(state, Float64Array.of(0.2))).rejects.toThrow('on purpose')
      state.dispose()
    })
    expect(leak).toEqual(noLeak)
  })
})

describe('bounds that are none', () => {
  it.each([
    [() => clipTo({ low: 1, high: 1 }), 'high must be a finite number greater than low (1); got 1.'],
    [() => clipTo({ low: -Infinity }), 'low must be a finite number; got -Infinity.'],
    [() => dynamicThreshold({ percentile: 0 }), 'percentile must be above 0 and at most 1; got 0.'],
    [() => dynamicThreshold({ percentile: 99.5 }), 'percentile must be above 0 and at most 1; got 99.5.'],
    [() => dynamicThreshold({ limit: 0 }), 'limit must be a positive number; got 0.'],
  ])('are refused: %o', (make, message) => {
    expect(make).toThrow(InvalidArgumentError)
    expect(make).toThrow(message)
  })
})
