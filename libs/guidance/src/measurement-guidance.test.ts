import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import {
  gaussianTarget, hostSpace, hostState, isDifferentiable, predictor, scalarMixtureTarget, tensorSpace, timesOf, veSde, vpSde,
  type DifferentiablePredictor, type HostState, type Network, type Predictor, type VectorSpace,
} from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { mul, reshape, setBackend, sub, tanh } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { classifier } from './classifier'
import { denseOperator } from './dense-operator'
import { dps } from './dps'
import { compose } from './guidance'
import type { MeasurementOptions } from './measurement-guidance'
import { pixelMask } from './pixel-mask'
import { pseudoInverseGuidance } from './pseudo-inverse-guidance'

beforeAll(() => setBackend('cpu'))

const space = hostSpace
const sde = vpSde()
const [mean, std, noiseStd] = [[0.5, -1, 0.2], 0.6, 0.3]
const prior = gaussianTarget({ sde, mean, std: [std, std, std] })
const matrix = [[1, -0.5, 0.3], [0.2, 0.8, 1.1]]
const y = [0.7, -0.4]
const x = hostState([0.1, -0.3, 0.9, 1.5, 0.2, -0.6, -1, 0.4, 0], [3, 3])
const times = Float64Array.of(0.02, 0.4, 0.9)
const problem = <X>(where: VectorSpace<X>): MeasurementOptions<X> => ({
  sde, space: where, operator: denseOperator({ space: where, matrix }), measurement: where.fromHost(hostState(y, [1, 2])), noiseStd,
})
const score = prior.predictor('score', space)
const sizeOf = (state: HostState) => Math.max(...state.data.map(Math.abs))
const maxDifference = (a: HostState, b: HostState) => Math.max(...a.data.map((value, i) => Math.abs(value - b.data[i])))

/** The score of p_t(x | y) for the isotropic Gaussian prior: s + α (α² C + σ² I)⁻¹ … written through the innovation, by 2×2 algebra. */
function posteriorScore(state: HostState, t: Float64Array): HostState {
  const data = Float64Array.from(state.data)
  for (let sample = 0; sample < state.shape[0]; sample++) {
    const [alpha, sigma] = [sde.schedule.alpha(t[sample]), sde.schedule.sigma(t[sample])]
    const own = [...state.data.subarray(3 * sample, 3 * sample + 3)]
    const variance = (alpha * std) ** 2 + sigma ** 2
    // x and y are jointly Gaussian: y | x has mean H (μ + (α s²/v)(x − α μ)) and covariance H (s² − α² s⁴/v) Hᵀ + noise²
    const gain = (alpha * std ** 2) / variance
    const expected = matrix.map((row) => row.reduce((sum, h, d) => sum + h * (mean[d] + gain * (own[d] - alpha * mean[d])), 0))
    const rest = std ** 2 - alpha * gain * std ** 2
    const gram = (i: number, j: number) => matrix[i].reduce((sum, h, d) => sum + h * matrix[j][d], 0)
    const [a, b, d] = [rest * gram(0, 0) + noiseStd ** 2, rest * gram(0, 1), rest * gram(1, 1) + noiseStd ** 2]
    const [r0, r1] = [y[0] - expected[0], y[1] - expected[1]]
    const weighed = [(d * r0 - b * r1) / (a * d - b * b), (a * r1 - b * r0) / (a * d - b * b)]
    own.forEach((value, i) => (data[3 * sample + i] = (alpha * mean[i] - value) / variance + gain * (matrix[0][i] * weighed[0] + matrix[1][i] * weighed[1])))
  }
  return { data, shape: state.shape }
}

describe('pseudo-inverse guidance', () => {
  it('with the data\'s standard deviation has the score of the posterior for a Gaussian prior, each sample at its own time (1e-12 of its size)', async () => {
    const guided = compose(score, pseudoInverseGuidance({ ...problem(space), dataStd: std }))
    const exact = posteriorScore(x, times)
    expect(maxDifference(await guided.evaluate(x, times), exact)).toBeLessThan(1e-12 * sizeOf(exact))
  })

  it('counts a scale in, and with another standard deviation than the data\'s is not exact', async () => {
    const [none, half, one] = await Promise.all([0, 0.5, 1].map(async (scale) => compose(score, pseudoInverseGuidance({ ...problem(space), dataStd: std, scale })).evaluate(x, times)))
    expect(maxDifference(half, space.combine([0.5, 0.5], [none, one]))).toBeLessThan(1e-12 * sizeOf(one))
    const other = await compose(score, pseudoInverseGuidance(problem(space))).evaluate(x, times)
    expect(maxDifference(other, one)).toBeGreaterThan(0.05)
  })

  it('without noise pulls by (∂x̂_0/∂x)ᵀ (H⁺ y − H⁺ H x̂_0)/r², as its name says (1e-12)', async () => {
    const { operator, measurement } = problem(space)
    const guided = await compose(score, pseudoInverseGuidance({ ...problem(space), noiseStd: 0, dataStd: std })).evaluate(x, times)
    const data = await prior.predictor('data', space).evaluate(x, times)
    const residual = space.combine([1, -1], [operator.pseudoInverse(space.concat([measurement, measurement, measurement])), operator.pseudoInverse(operator.apply(data))])
    const factor = times.map((t) => {
      const [alpha, sigma] = [sde.schedule.alpha(t), sde.schedule.sigma(t)]
      const variance = (alpha * std) ** 2 + sigma ** 2
      return ((alpha * std ** 2) / variance) / ((sigma * std) ** 2 / variance) // ∂x̂_0/∂x over r²
    })
    const expected = space.combine([1, factor], [await score.evaluate(x, times), residual])
    expect(maxDifference(guided, expected)).toBeLessThan(1e-12 * sizeOf(expected))
  })

  it('stays exact where α is 1 and σ large (VE, t = 1, 1e-12)', async () => {
    const ve = veSde()
    const law = gaussianTarget({ sde: ve, mean: [0.5], std: [0.6] })
    const operator = denseOperator({ space, matrix: [[2]] })
    const guided = compose(law.predictor('score', space), pseudoInverseGuidance({ sde: ve, space, operator, measurement: hostState([1]), noiseStd: 0.3, dataStd: 0.6 }))
    const posteriorVariance = 1 / (1 / 0.36 + 4 / 0.09)
    const posteriorMean = posteriorVariance * (0.5 / 0.36 + 2 / 0.09)
    const at = hostState([30, -2])
    const exact = at.data.map((value) => (posteriorMean - value) / (posteriorVariance + ve.schedule.sigma(1) ** 2))
    const { data } = await guided.evaluate(at, timesOf(space, at, 1))
    data.forEach((value, i) => expect(Math.abs(value - exact[i])).toBeLessThan(1e-12 * Math.abs(exact[i])))
  })
})

describe('diffusion posterior sampling', () => {
  it('adds the gradient of ln N(y; H x̂_0(x), noise²): differences of it (central, step 1e-5: error below 1e-7), for a prior with three modes too', async () => {
    const modes = scalarMixtureTarget({ sde, weights: [0.3, 0.5, 0.2], means: [-1.2, 0.4, 1.8], stds: [0.25, 0.35, 0.2] })
    const operator = denseOperator({ space, matrix: [[1.5]] })
    const at = hostState([-0.7, 0.1, 1.3])
    const guided = await compose(modes.predictor('score', space), dps({ sde, space, operator, measurement: hostState([1]), noiseStd: 0.8, scale: 2 })).evaluate(at, times)
    const plain = await modes.predictor('score', space).evaluate(at, times)
    const logLikelihood = async (shift: number) => {
      const { data } = await modes.predictor('data', space).evaluate(hostState(at.data.map((value) => value + shift)), times)
      return data.map((value) => -((1 - 1.5 * value) ** 2) / (2 * 0.8 ** 2))
    }
    const [above, below] = [await logLikelihood(1e-5), await logLikelihood(-1e-5)]
    guided.data.forEach((value, i) => expect(Math.abs(value - plain.data[i] - (2 * (above[i] - below[i])) / 2e-5)).toBeLessThan(1e-7))
  })

  it('pulls more strongly than the posterior of a Gaussian prior, by the factor (r² h² + noise²)/noise², and than pseudo-inverse guidance (1e-12)', async () => {
    const law = gaussianTarget({ sde, mean: 0.5, std: 0.6 })
    const one = { sde, space, operator: denseOperator({ space, matrix: [[2]] }), measurement: hostState([1]), noiseStd }
    const at = hostState([-1, 0.3, 2])
    const plain = await law.predictor('score', space).evaluate(at, times)
    const pull = async (guided: Predictor<'score', HostState>) => space.combine([1, -1], [await guided.evaluate(at, times), plain]).data
    const [exact, strong] = [await pull(compose(law.predictor('score', space), pseudoInverseGuidance({ ...one, dataStd: 0.6 }))), await pull(compose(law.predictor('score', space), dps(one)))]
    times.forEach((t, i) => {
      const [alpha, sigma] = [sde.schedule.alpha(t), sde.schedule.sigma(t)]
      const r2 = (sigma * 0.6) ** 2 / ((alpha * 0.6) ** 2 + sigma ** 2)
      const factor = (r2 * 4 + noiseStd ** 2) / noiseStd ** 2
      expect(Math.abs(strong[i] / exact[i] - factor)).toBeLessThan(1e-11 * factor)
      if (t > 0.1) expect(factor).toBeGreaterThan(4) // the bias is no small matter
    })
  })
})

describe('diffusion posterior sampling divided by the residual', () => {
  const residualOf = async (state: HostState, t: Float64Array) => {
    const { operator } = problem(space)
    const measured = operator.apply(await prior.predictor('data', space).evaluate(state, t))
    return times.map((_, sample) => Math.hypot(...y.map((value, row) => value - measured.data[2 * sample + row])))
  }

  it('adds −γ ∇ ‖y − H x̂_0(x)‖: differences of it (central, step 1e-5: error below 1e-8), without being told the noise', async () => {
    const { operator, measurement } = problem(space)
    const guided = await compose(score, dps({ sde, space, operator, measurement, scale: 2, divideBy: 'residual' })).evaluate(x, times)
    const push = space.combine([1, -1], [guided, await score.evaluate(x, times)])
    for (const axis of [0, 1, 2]) {
      const moved = (step: number) => ({ ...x, data: x.data.map((value, i) => (i % 3 === axis ? value + step : value)) })
      const [above, below] = [await residualOf(moved(1e-5), times), await residualOf(moved(-1e-5), times)]
      times.forEach((_time, sample) => expect(Math.abs(push.data[3 * sample + axis] + (2 * (above[sample] - below[sample])) / 2e-5)).toBeLessThan(1e-8))
    }
  })

  it('pulls as strongly wherever y lies on the same side (1e-12), and not at all where the residual is 0', async () => {
    const law = gaussianTarget({ sde, mean: 0.5, std: 0.6 })
    const at = hostState([0.1, 0.4, 0.2])
    const model = law.predictor('score', space)
    const pull = async (measurement: HostState, h = 2) => {
      const guided = compose(model, dps({ sde, space, operator: denseOperator({ space, matrix: [[h]] }), measurement, divideBy: 'residual' }))
      return space.combine([1, -1], [await guided.evaluate(at, times), await model.evaluate(at, times)])
    }
    const near = await pull(hostState([3]))
    expect(maxDifference(await pull(hostState([300])), near)).toBeLessThan(1e-12)
    expect(maxDifference(await pull(hostState([-300])), space.combine([-1], [near]))).toBeLessThan(1e-12)
    expect([...(await pull(hostState([0]), 0)).data]).toEqual([0, 0, 0])
  })

  it('does not count what no x can explain: numbers that are not measured, NaN included', async () => {
    const operator = pixelMask({ space, mask: { data: [1, 0, 1], shape: [3] } })
    const of = (unmeasured: number) =>
      compose(score, dps({ sde, space, operator, measurement: hostState([0.7, unmeasured, -0.4], [1, 3]), divideBy: 'residual' })).evaluate(x, times)
    expect(await of(NaN)).toEqual(await of(0))
    expect((await of(NaN)).data.every(Number.isFinite)).toBe(true)
  })

  it('refuses to divide by something else', () => {
    expect(() => dps({ ...problem(space), divideBy: 'norm' as 'residual' })).toThrow("divideBy must be 'variance' or 'residual'; got 'norm'.")
  })
})

describe.each([
  ['dps', dps],
  ['dps divided by the residual', <X>(options: MeasurementOptions<X>) => dps({ ...options, divideBy: 'residual' })],
  ['pseudoInverseGuidance', pseudoInverseGuidance],
] as const)('%s', (_, guidance) => {
  it('evaluates the model once, with one product; at scale 0 once without', async () => {
    const counts = { evaluations: 0, products: 0 }
    const counted: DifferentiablePredictor<'score', HostState> = {
      ...score,
      evaluate: (state, t) => (counts.evaluations++, score.evaluate(state, t)),
      vectorJacobian: (state, t, v) => (counts.products++, (score as DifferentiablePredictor<'score', HostState>).vectorJacobian(state, t, v)),
    }
    await compose(counted, guidance(problem(space))).evaluate(x, times)
    expect(counts).toEqual({ evaluations: 0, products: 1 })
    expect(await compose(counted, guidance({ ...problem(space), scale: (t) => (t < 2 ? 0 : 1) })).evaluate(x, times)).toEqual(await score.evaluate(x, times))
    expect(counts).toEqual({ evaluations: 1, products: 1 })
  })

  it('leaves a sample whose scale is 0 as the model has it, to the bit, though its derivative is not finite', async () => {
    const broken: DifferentiablePredictor<'score', HostState> = {
      ...score,
      async vectorJacobian(state, t, v) {
        const { prediction, product } = await (score as DifferentiablePredictor<'score', HostState>).vectorJacobian(state, t, v)
        return { prediction, product: space.combine([t.map((time) => (time > 0.5 ? NaN : 1))], [product]) }
      },
    }
    const guided = await compose(broken, guidance({ ...problem(space), scale: (t) => (t > 0.5 ? 0 : 1) })).evaluate(x, times)
    expect(space.slice(guided, 2, 1)).toEqual(space.slice(await score.evaluate(x, times), 2, 1))
    expect(guided.data.every(Number.isFinite)).toBe(true)
  })

  it('gives the third sample of the batch what it gives it alone, with measurements of their own too (to the bit)', async () => {
    const measurement = hostState([0.7, -0.4, 1, 2, -3, 0.5], [3, 2])
    const together = await compose(score, guidance({ ...problem(space), measurement })).evaluate(x, times)
    const alone = await compose(score, guidance({ ...problem(space), measurement: space.slice(measurement, 2, 1) })).evaluate(space.slice(x, 2, 1), times.slice(2))
    expect(alone).toEqual(space.slice(together, 2, 1))
    const shared = await compose(score, guidance(problem(space))).evaluate(x, times)
    expect(shared).toEqual(await compose(score, guidance({ ...problem(space), measurement: space.concat(new Array(3).fill(problem(space).measurement)) })).evaluate(x, times))
  })

  it('on tensors follows float64 (1e-4 of its size) and leaves nothing behind, nor when it fails', async () => {
    const exact = await compose(score, guidance(problem(space))).evaluate(x, times)
    const leak = await tensorLeak(async () => {
      const [state, given] = [tensorSpace.fromHost(x), problem(tensorSpace)]
      const onTensors = prior.predictor('score', tensorSpace)
      const result = await compose(onTensors, guidance(given)).evaluate(state, times)
      expect(maxDifference(await tensorSpace.toHost(result), exact)).toBeLessThan(1e-4 * sizeOf(exact))
      const operator = { ...given.operator, adjoint: () => expect.unreachable('on purpose') }
      await expect(compose(onTensors, guidance({ ...given, operator })).evaluate(state, times)).rejects.toThrow('on purpose')
      tensorSpace.release(state, given.measurement, result)
    })
    expect(leak).toEqual(noLeak)
  })

  it('differentiates a network through TensorFlow.js: that of an affine one is the same model\'s in closed form (1e-4), below its tMin too', async () => {
    const [alpha, sigma] = [sde.schedule.alpha(0.4), sde.schedule.sigma(0.4)]
    const variance = (alpha * std) ** 2 + sigma ** 2
    const network: Network<'score'> = {
      predicts: 'score',
      init: () => ({}),
      apply: (_params, state) => mul(sub(reshape(mul(mean[0], alpha), [1, 1]), state), 1 / variance),
    }
    const law = gaussianTarget({ sde, mean: [mean[0], mean[0], mean[0]], std: [std, std, std] })
    const exact = await compose(law.predictor('score', space), guidance(problem(space))).evaluate(x, timesOf(space, x, 0.4))
    const state = tensorSpace.fromHost(x)
    for (const t of [0.4, 0.1]) {
      const guided = compose(predictor(network, {}, sde, { tMin: 0.4 }), guidance(problem(tensorSpace)))
      expect(guided.tMin).toBe(0.4)
      const { data } = await tensorSpace.toHost(await guided.evaluate(state, timesOf(tensorSpace, state, t)))
      data.forEach((value, i) => expect(Math.abs(value - exact.data[i])).toBeLessThan(1e-4 * sizeOf(exact)))
    }
  })

  it('agrees with a curved network\'s own prediction: scale 0 gives the network, to the bit', async () => {
    const network: Network<'score'> = { predicts: 'score', init: () => ({}), apply: (_params, state) => tanh(state) }
    const state = tensorSpace.fromHost(x)
    const model = predictor(network, {}, sde)
    const guided = await compose(model, guidance({ ...problem(tensorSpace), scale: 0 })).evaluate(state, times)
    expect(await guided.data()).toEqual(await (await model.evaluate(state, times)).data())
  })

  it('composes before guidance that only adds, and says so where it comes after it', () => {
    const gradient = (state: HostState) => state
    const before = compose(score, guidance(problem(space)), classifier({ gradient, scale: 1, space }))
    expect(isDifferentiable(before)).toBe(false)
    expect(() => compose(score, classifier({ gradient, scale: 1, space }), guidance(problem(space)))).toThrow(
      'model must be differentiable for guidance by a measurement: an exact model, a predictor(network, …), or your own through differentiable(…); other guidance is composed after it',
    )
  })

  it.each([
    [{ measurement: hostState([1, 2, 3], [1, 3]) }, 'the measurement y of the operator H must have shape (batch, 2); got (1, 3).'],
    [{ noiseStd: -1 }, 'noiseStd must be'],
    [{ noiseStd: NaN }, 'noiseStd must be'],
    [{ noiseStd: Infinity }, 'noiseStd must be a finite number of at least 0; got Infinity.'],
    [{ scale: -1 }, 'scale must be a finite number of at least 0; got -1.'],
    [{ scale: NaN }, 'scale must be a finite number of at least 0; got NaN.'],
  ])('refuses %j at once', (change, message) => {
    expect(() => guidance({ ...problem(space), ...change })).toThrow(message)
  })

  it('refuses, before any work, states that the operator does not measure, another batch than the measurement\'s, and a γ(t) that is negative', async () => {
    let evaluations = 0
    const counted = { ...score, evaluate: () => (evaluations++, expect.unreachable('no work')), vectorJacobian: () => (evaluations++, expect.unreachable('no work')) }
    const evaluate = (change: Partial<MeasurementOptions<HostState>>, state: HostState) =>
      compose(counted, guidance({ ...problem(space), ...change })).evaluate(state, timesOf(space, state, 0.5))
    await expect(evaluate({}, hostState([1, 2], [1, 2]))).rejects.toThrow('a state that the operator H measures must have shape (batch, 3); got (1, 2).')
    await expect(evaluate({ measurement: hostState([1, 2, 3, 4], [2, 2]) }, x)).rejects.toThrow('the measurement y must have shape (3, 2); got (2, 2).')
    await expect(evaluate({ scale: () => -1 }, x)).rejects.toThrow('scale(0.5) must be a finite number of at least 0; got -1.')
    expect(evaluations).toBe(0)
  })
})

describe('what only one of them asks', () => {
  it('dps wants noise, and names the one that does not', () => {
    expect(() => dps({ ...problem(space), noiseStd: 0 })).toThrow('noiseStd must be positive for dps() (pseudoInverseGuidance() takes measurements without noise, as does divideBy: \'residual\'); got 0.')
  })

  it.each([0, -1, Infinity, NaN])('pseudo-inverse guidance refuses the data\'s standard deviation %d', (dataStd) => {
    expect(() => pseudoInverseGuidance({ ...problem(space), dataStd })).toThrow(`dataStd must be a positive finite number; got ${dataStd}.`)
  })
})
