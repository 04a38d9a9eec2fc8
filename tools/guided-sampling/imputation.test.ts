import '@tensorflow/tfjs-backend-cpu'
import { imputation, rePaint } from '@sbgm/guidance'
import { ancestral, eulerMaruyama, lastState } from '@sbgm/samplers'
import {
  gaussianTarget, hostSpace, hostState, lambdaGrid, probabilityFlow, reverseSde, tensorSpace, uniformGrid, vpSde, type HostState, type Predictor, type Sampler, type VectorSpace,
} from '@sbgm/sde-core'
import { convergenceOrder } from '@sbgm/sde-core/testing'
import { setBackend, type Tensor } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { everySampler } from './every-sampler'
import { gaussianLaw } from './gaussian-law'

beforeAll(() => setBackend('cpu'))

// Two numbers of mean 0, variance 1 and correlation ρ, of which the first is known to be 1: the second is N(ρ, 1 − ρ²).
const sde = vpSde()
const rho = 0.8
const exact = { mean: rho, variance: 1 - rho ** 2 }

/** The score of the pair: −(α² C + σ² I)⁻¹ x, where α² + σ² = 1. */
const pair: Predictor<'score', HostState> = {
  predicts: 'score',
  evaluate(x, t) {
    const data = new Float64Array(x.data.length)
    t.forEach((time, sample) => {
      const shared = sde.schedule.alpha(time) ** 2 * rho
      const [a, b] = x.data.subarray(2 * sample)
      data.set([-(a - shared * b) / (1 - shared ** 2), -(b - shared * a) / (1 - shared ** 2)], 2 * sample)
    })
    return { data, shape: x.shape }
  },
}
const constraint = imputation({ sde, space: hostSpace, known: hostState([1, NaN], [1, 2]), mask: { data: [1, 0], shape: [2] } })

/** The law of both numbers after equal steps of λ from t = 1 to 1e-4. */
const lawOf = (sampler: Sampler<HostState>, steps: number) =>
  gaussianLaw(
    (space) => ({ dynamics: reverseSde(sde, pair, space), sampler, grid: lambdaGrid(sde.schedule, { from: 1, to: 1e-4, steps }), constraint, lastStep: 'sample' }),
    { mean: [0, 0], covariance: [[1, 0], [0, 1]] },
  )

describe('imputation by replacement, of one of two numbers of correlation 0.8', () => {
  // In the limit of small steps the noise of the known number averages out. With u = α² the moments of the free one under VP are
  // then k y √u and v, where u k' = −(k − ρu)/(1 − ρ²u²) and u v' = 1 + v − 2v/(1 − ρ²u²): the closed forms below, at u = 1.
  const limit = { mean: (1 - Math.sqrt(1 - rho ** 2)) / rho, variance: ((1 - rho ** 2) * Math.atanh(rho)) / rho }

  it.each([eulerMaruyama<HostState>(), ancestral<HostState>()])('by $name tends to mean 0.5 and variance 0.494 in place of 0.8 and 0.36: with order 1 (±0.15 at the finest pair), so no finer grid helps', async (sampler) => {
    expect([limit.mean.toFixed(3), limit.variance.toFixed(3)]).toEqual(['0.500', '0.494'])
    const u = sde.schedule.alpha(1e-4) ** 2 // the grid ends a little before u = 1
    const root = Math.sqrt(1 - (rho * u) ** 2)
    const there = { mean: (Math.sqrt(u) * (1 - root)) / (rho * u), variance: (root ** 2 * Math.atanh(rho * u)) / (rho * u) }
    const laws = await Promise.all([100, 200, 400].map((steps) => lawOf(sampler, steps)))
    for (const error of [laws.map(({ mean }) => Math.abs(mean[1] - there.mean)), laws.map(({ covariance }) => Math.abs(covariance[1][1] - there.variance))]) {
      expect(Math.abs(convergenceOrder(error).finest - 1)).toBeLessThan(0.15)
      expect(error[2]).toBeLessThan(0.01)
    }
  })

  it('leaves the known number at y with the noise of the last time (1e-12)', async () => {
    const { mean, covariance } = await lawOf(eulerMaruyama(), 50)
    expect(Math.abs(mean[0] - sde.schedule.alpha(1e-4))).toBeLessThan(1e-12)
    expect(Math.abs(covariance[0][0] - sde.schedule.sigma(1e-4) ** 2)).toBeLessThan(1e-12)
    expect(Math.abs(covariance[0][1])).toBeLessThan(1e-12)
  })

  it.each([
    { resamplings: 1, jump: 1, means: '0.50', variances: '0.54' },
    { resamplings: 3, jump: 1, means: '0.69', variances: '0.41' },
    { resamplings: 10, jump: 1, means: '0.78', variances: '0.37' },
    { resamplings: 3, jump: 3, means: '0.68', variances: '0.41' },
  ])('is bound to y the better the more often RePaint resamples: $resamplings times over $jump of 60 steps, mean $means and variance $variances of 0.8 and 0.36', async ({ resamplings, jump, means, variances }) => {
    const { mean, covariance } = await lawOf(rePaint(eulerMaruyama(), { resamplings, jump }), 60 / jump)
    expect([mean[1].toFixed(2), covariance[1][1].toFixed(2)]).toEqual([means, variances])
    expect(mean[1]).toBeLessThan(exact.mean)
    expect(covariance[1][1]).toBeGreaterThan(exact.variance)
  })
})

describe.each(everySampler)('$name, 6 steps to σ = 0', ({ make }) => {
  it.each([
    ['imputation', <X>(sampler: Sampler<X>) => sampler],
    ['RePaint', <X>(sampler: Sampler<X>) => rePaint(sampler, { resamplings: 2 })],
  ] as const)('with %s ends at what is known, to the bit, on host and on tensors, and moves the rest', async (_, wrapped) => {
    const grid = uniformGrid({ from: 1, to: 0, steps: 6 })
    const start = hostState([0.5, -1, 2, 0.1], [2, 2])
    const endOf = async <X>(space: VectorSpace<X>, score: Predictor<'score', X>) => {
      const sampler = make<X>()
      const known = space.fromHost(hostState([1.25, NaN], [1, 2]))
      return space.toHost(await lastState({
        dynamics: (sampler.stochastic ? reverseSde : probabilityFlow)(sde, score, space), sampler: wrapped(sampler), grid, space, x: space.fromHost(start), seed: 3,
        constraint: imputation({ sde, space, known, mask: { data: [1, 0], shape: [2] } }),
      }))
    }
    const law = gaussianTarget({ sde, mean: [0, 0.5], std: [1, 0.5] })
    for (const end of [await endOf(hostSpace, law.predictor('score', hostSpace)), await endOf<Tensor>(tensorSpace, law.predictor('score', tensorSpace))]) {
      expect([end.data[0], end.data[2]]).toEqual([1.25, 1.25])
      for (const i of [1, 3]) expect(Number.isFinite(end.data[i]) && end.data[i] !== start.data[i]).toBe(true)
    }
  })
})
