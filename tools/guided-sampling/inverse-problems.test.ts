import { compose, denseOperator, dps, pseudoInverseGuidance, type Guidance } from '@sbgm/guidance'
import { ancestral, eulerMaruyama, heun, lastState } from '@sbgm/samplers'
import {
  discreteDdpm, gaussianTarget, hostSpace, hostState, lambdaGrid, probabilityFlow, reverseSde, samplePrior, uniformGrid, vpSde, type HostState,
} from '@sbgm/sde-core'
import { convergenceOrder, gaussianW2 } from '@sbgm/sde-core/testing'
import { describe, expect, it } from 'vitest'
import { everySampler, followsItsNoise } from './every-sampler'
import { gaussianLaw } from './gaussian-law'

// A number of law N(½, 0.6²), measured to be 1.5 with noise of standard deviation 0.3: it is N(1.3, 0.072).
const sde = vpSde()
const prior = gaussianTarget({ sde, mean: 0.5, std: 0.6 })
const problem = { sde, space: hostSpace, operator: denseOperator({ space: hostSpace, matrix: [[1]] }), measurement: hostState([1.5]), noiseStd: 0.3 }
const posterior = (t: number) => ({
  mean: sde.schedule.alpha(t) * 1.3,
  variance: sde.schedule.alpha(t) ** 2 * 0.072 + sde.schedule.sigma(t) ** 2,
})
const end = 1e-3

/** The law at t = 1e-3 after equal steps of λ, from the posterior's law at t = 1. */
async function lawOf(guidance: Guidance<HostState>, kind: 'reverse' | 'flow', steps: number) {
  const guided = compose(prior.predictor('score', hostSpace), guidance)
  const { mean, covariance } = await gaussianLaw(
    (space) => ({
      dynamics: kind === 'reverse' ? reverseSde(sde, guided, space) : probabilityFlow(sde, guided, space),
      sampler: kind === 'reverse' ? eulerMaruyama<HostState>() : heun<HostState>(),
      grid: lambdaGrid(sde.schedule, { from: 1, to: end, steps }),
      lastStep: 'sample',
    }),
    { mean: [posterior(1).mean], covariance: [[posterior(1).variance]] },
  )
  return { mean: mean[0], variance: covariance[0][0] }
}

describe('pseudo-inverse guidance with the data\'s standard deviation', () => {
  it.each([
    { kind: 'reverse', order: 1 },
    { kind: 'flow', order: 2 },
  ] as const)('gives the posterior of a Gaussian prior by the $kind, to the error of a solver of order $order (±0.15 at the finest pair, W2)', async ({ kind, order }) => {
    const errors = await Promise.all([80, 160, 320].map(async (steps) => gaussianW2(await lawOf(pseudoInverseGuidance({ ...problem, dataStd: 0.6 }), kind, steps), posterior(end))))
    expect(Math.abs(convergenceOrder(errors).finest - order)).toBeLessThan(0.15)
    expect(errors[2]).toBeLessThan(2.5e-3)
  })
})

describe.each(everySampler)('$name, 20 steps, seed 7', ({ make }) => {
  const samePath = followsItsNoise(make()) ? 1e-3 : 1e-9

  it('with pseudo-inverse guidance of a Gaussian prior takes the path of the posterior\'s own model (1e-9; 1e-3 where steps depend on the noise)', async () => {
    const sampler = make<HostState>()
    const own = gaussianTarget({ sde, mean: 1.3, std: Math.sqrt(0.072) }).predictor('score', hostSpace)
    const guided = compose(prior.predictor('score', hostSpace), pseudoInverseGuidance({ ...problem, dataStd: 0.6 }))
    const [asGuided, asOwn] = await Promise.all([guided, own].map((model) => lastState({
      dynamics: (sampler.stochastic ? reverseSde : probabilityFlow)(sde, model, hostSpace), sampler,
      grid: lambdaGrid(sde.schedule, { from: 1, to: 1e-2, steps: 20 }), space: hostSpace, x: hostState([-2, 0, 1]), seed: 7,
    })))
    asGuided.data.forEach((value, i) => expect(Math.abs(value - asOwn.data[i])).toBeLessThan(samePath))
  })
})

describe('what is approximate has a bias that no finer grid takes away', () => {
  /** dm/dt and dv/dt of an affine model's law, by the classical Runge–Kutta method over the same interval: the limit of small steps. */
  function limitOf(factor: (t: number) => number, kind: 'reverse' | 'flow') {
    const share = kind === 'reverse' ? 1 : 0.5
    const slope = (t: number, [m, v]: readonly [number, number]): [number, number] => {
      const [alpha, sigma, f, g2] = [sde.schedule.alpha(t), sde.schedule.sigma(t), sde.driftScale(t), sde.diffusion(t) ** 2]
      const [own, gain] = [(alpha * 0.6) ** 2 + sigma ** 2, (alpha * 0.36) / ((alpha * 0.6) ** 2 + sigma ** 2)]
      // score = (α/2 − x)/own + gain · factor · (1.5 − ½ − gain (x − α/2))
      const onX = -1 / own - gain ** 2 * factor(t)
      const constant = (0.5 * alpha) / own + gain * factor(t) * (1 + gain * 0.5 * alpha)
      const a = f - share * g2 * onX
      return [a * m - share * g2 * constant, 2 * a * v - (kind === 'reverse' ? g2 : 0)]
    }
    const steps = 20_000
    const grid = lambdaGrid(sde.schedule, { from: 1, to: end, steps })
    let law: readonly [number, number] = [posterior(1).mean, posterior(1).variance]
    for (let i = 0; i < steps; i++) {
      const [t, h] = [grid[i], grid[i + 1] - grid[i]]
      const at = (k: readonly number[], share: number): [number, number] => [law[0] + share * h * k[0], law[1] + share * h * k[1]]
      const k1 = slope(t, law)
      const k2 = slope(t + h / 2, at(k1, 0.5))
      const k3 = slope(t + h / 2, at(k2, 0.5))
      const k4 = slope(t + h, at(k3, 1))
      law = [0, 1].map((j) => law[j] + (h / 6) * (k1[j] + 2 * k2[j] + 2 * k3[j] + k4[j])) as [number, number]
    }
    return { mean: law[0], variance: law[1] }
  }
  const rest = (t: number, std: number) => 1 / (1 / std ** 2 + (sde.schedule.alpha(t) / sde.schedule.sigma(t)) ** 2) // r_t²

  it.each([
    { name: 'dps', guidance: dps(problem), factor: () => 1 / 0.09, kind: 'reverse', mean: '1.48', std: '0.21' },
    { name: 'dps', guidance: dps(problem), factor: () => 1 / 0.09, kind: 'flow', mean: '1.78', std: '0.08' },
    { name: 'pseudo-inverse guidance that takes the data\'s standard deviation for 1', guidance: pseudoInverseGuidance(problem), factor: (t: number) => 1 / (rest(t, 1) + 0.09), kind: 'reverse', mean: '1.23', std: '0.28' },
    { name: 'pseudo-inverse guidance that takes the data\'s standard deviation for 1', guidance: pseudoInverseGuidance(problem), factor: (t: number) => 1 / (rest(t, 1) + 0.09), kind: 'flow', mean: '1.14', std: '0.31' },
  ] as const)('$name by the $kind: mean $mean and standard deviation $std in place of 1.30 and 0.27, the limit of its own equations (5e-3)', async ({ guidance, factor, kind, mean, std }) => {
    const [limit, found] = [limitOf(factor, kind), await lawOf(guidance, kind, 640)]
    expect(gaussianW2(found, limit)).toBeLessThan(5e-3)
    expect([limit.mean.toFixed(2), Math.sqrt(limit.variance).toFixed(2)]).toEqual([mean, std])
    expect(gaussianW2(limit, posterior(end))).toBeGreaterThan(0.05)
  })

  it('of the limit itself, with the right factor, there is none (1e-6)', () => {
    for (const kind of ['reverse', 'flow'] as const) expect(gaussianW2(limitOf((t) => 1 / (rest(t, 0.6) + 0.09), kind), posterior(end))).toBeLessThan(1e-6)
  })
})

describe('dps divided by the residual', () => {
  it('in a step of ancestral sampling on the chain of a DDPM, γ = ζ √(1 − β_i)/β_i, is a step of the paper\'s algorithm 1: that of DDPM less ζ ∇ ‖y − H x̂_0‖ (1e-13)', async () => {
    const steps = 100
    const chain = discreteDdpm({ betaStart: 1e-3, betaEnd: 0.2, steps })
    const law = gaussianTarget({ sde: chain.sde, mean: [0.5, -1], std: [0.6, 0.6] })
    const score = law.predictor('score', hostSpace)
    const matrix = [[1, 0.5], [-0.3, 2]]
    const operator = denseOperator({ space: hostSpace, matrix })
    const [zeta, y] = [0.3, [1.5, 0.2]]
    const { alpha, sigma } = chain.sde.schedule
    const betaAt = (t: number) => 1 - (alpha(t) / alpha(t - 1 / steps)) ** 2
    const scale = (t: number) => (zeta * Math.sqrt(1 - betaAt(t))) / betaAt(t)
    const guided = compose(score, dps({ sde: chain.sde, space: hostSpace, operator, measurement: hostState(y, [1, 2]), divideBy: 'residual', scale }))
    const x = hostState([0.3, -1, 2, 0.4], [2, 2])
    const noise = (like: HostState, draw = 0) => hostSpace.normal({ seed: 4, stream: 'test', step: 0, firstSample: 0, draw }, like)
    for (const i of [2, 30, 100]) {
      const [t, s] = [i / steps, (i - 1) / steps]
      const after = async (model: typeof score) => {
        const sampler = ancestral<HostState>()
        const input = { x, t, s, dynamics: reverseSde(chain.sde, model, hostSpace), space: hostSpace, state: sampler.init(x), noise, constrain: (state: HostState) => state }
        return (await sampler.step(input)).x.data
      }
      const [plain, stepped] = [await after(score), await after(guided as typeof score)]
      const gain = (alpha(t) * 0.36) / ((alpha(t) * 0.6) ** 2 + sigma(t) ** 2) // ∂x̂_0/∂x
      for (const sample of [0, 1]) {
        const denoised = [0.5, -1].map((mean, d) => mean + gain * (x.data[2 * sample + d] - alpha(t) * mean))
        const residual = y.map((value, row) => value - matrix[row][0] * denoised[0] - matrix[row][1] * denoised[1])
        const size = Math.hypot(...residual)
        for (const d of [0, 1]) {
          const gradient = -(gain * (matrix[0][d] * residual[0] + matrix[1][d] * residual[1])) / size
          expect(Math.abs(stepped[2 * sample + d] - (plain[2 * sample + d] - zeta * gradient))).toBeLessThan(1e-13)
        }
      }
    }
  })

  /** Mean and standard deviation of 1000 samples by the reverse SDE in 300 steps of t, ζ = 0.1, measured to be y. */
  async function drawn(y: number) {
    const steps = 300
    const guided = compose(
      prior.predictor('score', hostSpace),
      dps({ sde, space: hostSpace, operator: problem.operator, measurement: hostState([y]), divideBy: 'residual', scale: (t) => (0.1 * steps) / sde.diffusion(t) ** 2 }),
    )
    const x = samplePrior<HostState>({ sde, space: hostSpace, shape: [1000, 1], seed: 1 })
    const grid = uniformGrid({ from: 1, to: end, steps })
    const { data } = await lastState({ dynamics: reverseSde(sde, guided, hostSpace), sampler: eulerMaruyama<HostState>(), grid, space: hostSpace, x, seed: 1 })
    const average = data.reduce((sum, value) => sum + value, 0) / 1000
    return { mean: average, std: Math.sqrt(data.reduce((sum, value) => sum + (value - average) ** 2, 0) / 1000) }
  }

  it('brings what is within reach to y and near to nothing else, as if there were no noise: N(1.50, 0.06²) in place of N(1.30, 0.27²) (five standard errors, n = 1000, seed 1)', async () => {
    const { mean, std } = await drawn(1.5)
    expect(Math.abs(mean - 1.5)).toBeLessThan((5 * 0.064) / Math.sqrt(1000))
    expect(Math.abs(std - 0.064)).toBeLessThan((5 * 0.064) / Math.sqrt(2000))
  })

  it('goes only so far where y is out of reach, and leaves the prior\'s width: mean 5, standard deviation 0.6, where the posterior of y = 15 is N(12.1, 0.27²) (five standard errors)', async () => {
    const { mean, std } = await drawn(15)
    expect(Math.abs(mean - 5.06)).toBeLessThan((5 * 0.6) / Math.sqrt(1000))
    expect(Math.abs(std - 0.6)).toBeLessThan((5 * 0.6) / Math.sqrt(2000))
  })
})
