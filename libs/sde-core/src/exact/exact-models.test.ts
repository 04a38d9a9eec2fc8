import '@tensorflow/tfjs-backend-cpu'
import { setBackend, type Tensor } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { edmSde } from '../edm-sde'
import { InvalidArgumentError, ShapeError } from '../errors'
import { hostSpace } from '../host-space'
import { hostState, type HostState } from '../host-state'
import { predictions } from '../prediction'
import { subVpSde } from '../sub-vp-sde'
import { tensorSpace } from '../tensor-space'
import { noLeak, tensorLeak } from '../testing'
import { vpSde } from '../vp-sde'
import { empiricalTarget, scalarEmpiricalTarget } from './empirical'
import type { ExactModel } from './exact-model'
import { gaussianTarget } from './gaussian'
import { mixtureTarget } from './mixture'
import { normalCdf } from './normal-law'
import { scalarMixtureTarget } from './scalar-mixture'

beforeAll(() => setBackend('cpu'))

const sde = vpSde()
const m3 = scalarMixtureTarget({ sde, weights: [0.3, 0.5, 0.2], means: [-1.2, 0.4, 1.8], stds: [0.25, 0.35, 0.2] })
const gaussian = gaussianTarget({ sde, mean: 0.5, std: 0.5 })
const plane = mixtureTarget({ sde, weights: [0.4, 0.6], means: [[1, -1], [-0.5, 0.5]], stds: [[0.3, 0.6], [0.2, 0.9]] })
const points = empiricalTarget({ sde, points: hostState([1, -1, -0.5, 0.5, 0, 0.2], [3, 2]) })
const line = hostState([-2.3, -1.1, 0.05, 0.9, 1.7, 3], [6, 1])
const pairs = hostState([-2.3, -1.1, 0.05, 0.9, 1.7, 3], [3, 2])
const models: readonly (readonly [string, ExactModel, HostState])[] = [
  ['Gaussian', gaussian, line],
  ['mixture on the line', m3, line],
  ['mixture under sub-VP', scalarMixtureTarget({ sde: subVpSde(), weights: [0.5, 0.5], means: [-3, 3], stds: [0.5, 0.5] }), line],
  ['mixture under EDM', scalarMixtureTarget({ sde: edmSde(), weights: [0.5, 0.5], means: [-3, 3], stds: [0.5, 0.5] }), line],
  ['Gaussian in the plane', gaussianTarget({ sde, mean: [1, -2], std: [0.5, 0.1] }), pairs],
  ['mixture in the plane', plane, pairs],
  ['empirical law', points, pairs],
]
const same = (t: number, x: HostState) => new Float64Array(x.shape[0]).fill(t)
const shifted = (x: HostState, index: number, h: number) => {
  const data = x.data.slice()
  data[index] += h
  return { data, shape: x.shape }
}

describe.each(models)('%s', (_, model, x) => {
  it('has the derivative of its log density as its score (central differences, 1e-6)', () => {
    for (const t of [0.15, 0.5, 1]) {
      const score = model.predictor('score', hostSpace).evaluate(x, same(t, x)) as HostState
      const size = x.data.length / x.shape[0]
      score.data.forEach((value, i) => {
        const sample = Math.floor(i / size)
        const h = 1e-5
        const slope = (model.logDensity(shifted(x, i, h), t)[sample] - model.logDensity(shifted(x, i, -h), t)[sample]) / (2 * h)
        expect(Math.abs(value - slope)).toBeLessThan(1e-6 * (1 + Math.abs(slope)))
      })
    }
  })

  it('has noise = −σ score, data = (x + σ² score)/α, v = α noise − σ data (1e-9 of the largest term)', () => {
    const t = Float64Array.from({ length: x.shape[0] }, (__, i) => 0.1 + (0.8 * i) / x.shape[0]) // a time for each sample
    const [score, noise, data, v] = predictions.map((predicts) => (model.predictor(predicts, hostSpace).evaluate(x, t) as HostState).data)
    const size = x.data.length / x.shape[0]
    score.forEach((value, i) => {
      const time = t[Math.floor(i / size)]
      const [alpha, sigma] = [model.sde.schedule.alpha(time), model.sde.schedule.sigma(time)]
      expect(Math.abs(noise[i] + sigma * value)).toBeLessThan(1e-9 * (1 + Math.abs(sigma * value)))
      expect(Math.abs(alpha * data[i] - x.data[i] - sigma ** 2 * value)).toBeLessThan(1e-9 * (1 + Math.abs(x.data[i]) + sigma ** 2 * Math.abs(value)))
      expect(Math.abs(v[i] - alpha * noise[i] + sigma * data[i])).toBeLessThan(1e-9 * (1 + Math.abs(noise[i])))
    })
  })

  it('on tensors follows float64 to 1e-4 of its largest value, for shared and per-sample times, and leaks nothing', async () => {
    const leak = await tensorLeak(async () => {
      const tensor = tensorSpace.fromHost(x)
      for (const predicts of predictions) {
        for (const t of [same(0.05, x), same(0.6, x), Float64Array.from({ length: x.shape[0] }, (__, i) => 0.1 + 0.1 * i)]) {
          const exact = model.predictor(predicts, hostSpace).evaluate(x, t) as HostState
          const result = model.predictor(predicts, tensorSpace).evaluate(tensor, t) as Tensor
          const numbers = await tensorSpace.toHost(result)
          expect(numbers.shape).toEqual(x.shape)
          const scale = Math.max(...exact.data.map(Math.abs))
          exact.data.forEach((value, i) => expect(Math.abs(numbers.data[i] - value)).toBeLessThan(1e-4 * scale))
          result.dispose()
        }
      }
      tensor.dispose()
    })
    expect(leak).toEqual(noLeak)
  })

  it('refuses times that are not one per sample', () => {
    for (const length of [0, 1, x.shape[0] + 1]) {
      expect(() => model.predictor('score', hostSpace).evaluate(x, new Float64Array(length).fill(0.5))).toThrow(`the times t must have shape (${x.shape[0]}); got (${length}).`)
    }
  })

  it('refuses a state of another sample shape', () => {
    const wrong = hostState([1, 2, 3, 4], [1, 4])
    expect(() => model.predictor('score', hostSpace).evaluate(wrong, same(0.5, wrong))).toThrow(ShapeError)
    expect(() => model.logDensity(wrong, 0.5)).toThrow(ShapeError)
  })
})

describe('a mixture on the line', () => {
  /** ∫ f over [−12, 12] by the trapezoid rule, exact to rounding for these analytic integrands. */
  const integral = (f: (x: number) => number) => {
    let sum = 0
    for (let i = 0; i <= 12_000; i++) sum += f(-12 + i / 500) / 500
    return sum
  }

  it('has density 1 in all, E[score] = 0 and E[score · x] = −1 (quadrature, 1e-10)', () => {
    for (const t of [0, 0.02, 0.3, 1]) {
      const score = (x: number) => (m3.predictor('score', hostSpace).evaluate(hostState([x]), Float64Array.of(t)) as HostState).data[0]
      expect(Math.abs(integral((x) => m3.density(x, t)) - 1)).toBeLessThan(1e-10)
      expect(Math.abs(integral((x) => m3.density(x, t) * score(x)))).toBeLessThan(1e-10)
      expect(Math.abs(integral((x) => m3.density(x, t) * score(x) * x) + 1)).toBeLessThan(1e-10)
    }
  })

  it('has the integral of its density as its distribution function (1e-6), and a quantile that inverts it (1e-12)', () => {
    for (const x of [-1.5, 0.2, 1.9]) {
      let sum = 0
      for (let i = 0; i < 20_000; i++) sum += m3.density(-10 + ((i + 0.5) * (x + 10)) / 20_000, 0.1) * ((x + 10) / 20_000)
      expect(Math.abs(m3.cdf(x, 0.1) - sum)).toBeLessThan(1e-6)
      expect(Math.abs(m3.quantile(m3.cdf(x, 0.1), 0.1) - x)).toBeLessThan(1e-12)
    }
  })

  it('has the probability flow from t = 1 to 1e-2 and 1e-3 that bisection on math.erfc in Python gives (2e-12)', () => {
    const golden = (model: typeof m3 | typeof gaussian, to: number, map: readonly (readonly [number, number])[]) =>
      model.flowMap(hostState(map.map(([from]) => from)), 1, to).data.forEach((value, i) => expect(Math.abs(value - map[i][1])).toBeLessThan(2e-12))
    golden(m3, 1e-2, [[-2, -1.5629556509958284], [-0.5, -0.35273038545902224], [0, 0.3093418888394326], [1, 1.6300566920913537], [2, 2.0448987819194597]])
    golden(m3, 1e-3, [[1, 1.635362751554693]])
    golden(gaussian, 1e-2, [[-2, -0.5051476338500553], [0, 0.4978536712111889], [1, 0.999354323741811], [2, 1.5008549762724332]])
    golden(gaussian, 1e-3, [[-2, -0.5018517809539562], [1, 0.9984198691316941]])
  })

  it('has the golden flow of the EDM SDE from σ = 80 to 0.002 at x = 48 (1e-10)', () => {
    const edm = scalarMixtureTarget({ sde: edmSde(), weights: [0.3, 0.5, 0.2], means: [-1.2, 0.4, 1.8], stds: [0.25, 0.35, 0.2] })
    expect(Math.abs(edm.flowMap(hostState([48]), 80, 0.002).data[0] - 0.7624405894)).toBeLessThan(1e-10)
    expect(Math.abs(gaussianTarget({ sde: edmSde(), mean: 0.5, std: 0.5 }).flowMap(hostState([48]), 80, 0.002).data[0] - 0.7968715768)).toBeLessThan(1e-10)
  })

  it('has a flow that is undone by its reverse, out to 6 standard deviations (1e-9)', () => {
    const x = hostState([-6, -3, 0, 2, 6])
    m3.flowMap(m3.flowMap(x, 1, 0), 0, 1).data.forEach((value, i) => expect(Math.abs(value - x.data[i])).toBeLessThan(1e-9))
  })

  it('has a flow that holds however far out: at 1000 standard deviations one component moves as the Gaussian does (relative 1e-9)', () => {
    const single = scalarMixtureTarget({ sde, weights: [1], means: [0.5], stds: [0.5] })
    const far = hostState([-500, -20, 22, 100, 500])
    for (const [from, to] of [[0, 1], [1, 0], [0.3, 0.01]] as const) {
      const exact = gaussian.flowMap(far, from, to).data
      single.flowMap(far, from, to).data.forEach((value, i) => expect(Math.abs(value / exact[i] - 1)).toBeLessThan(1e-9))
    }
    const there = m3.flowMap(far, 0, 1)
    m3.flowMap(there, 1, 0).data.forEach((value, i) => expect(Math.abs(value / far.data[i] - 1)).toBeLessThan(1e-9))
  })

  it('agrees with the Gaussian where it has one component (1e-12)', () => {
    const single = scalarMixtureTarget({ sde, weights: [1], means: [0.5], stds: [0.5] })
    const [a, b] = [single.flowMap(line, 0.7, 0.1), gaussian.flowMap(line, 0.7, 0.1)]
    a.data.forEach((value, i) => expect(Math.abs(value - b.data[i])).toBeLessThan(1e-12))
  })
})

describe('draws', () => {
  it('follow the distribution function at t = 0 and t = 0.4: sup|F_n − F| ≤ 1.95/√n, the 0.1 % level (n = 20,000, seed 1)', () => {
    for (const t of [0, 0.4]) {
      const sorted = m3.draw(hostSpace, { count: 20_000, seed: 1, t }).data.sort()
      const gap = sorted.reduce((worst, x, i) => Math.max(worst, Math.abs(m3.cdf(x, t) - i / 20_000), Math.abs(m3.cdf(x, t) - (i + 1) / 20_000)), 0)
      expect(gap).toBeLessThan(1.95 / Math.sqrt(20_000))
    }
  })

  it('do not depend on the batch: sample 7 alone is sample 7 of 64', () => {
    expect(plane.draw(hostSpace, { count: 1, seed: 2, firstSample: 7 }).data).toEqual(plane.draw(hostSpace, { count: 64, seed: 2 }).data.slice(14, 16))
  })
})

describe('a Gaussian', () => {
  it('has marginal mean α μ and variance α² s² + σ² (1e-15)', () => {
    const { mean, std } = gaussian.marginal(0.3)
    expect(mean[0]).toBe(0.5 * sde.schedule.alpha(0.3))
    expect(Math.abs(std[0] ** 2 - (0.25 * sde.schedule.alpha(0.3) ** 2 + sde.schedule.sigma(0.3) ** 2))).toBeLessThan(1e-15)
  })
})

describe('a Gaussian on the line', () => {
  it('has density, distribution function and quantiles of one component (1e-15)', () => {
    const single = scalarMixtureTarget({ sde, weights: [1], means: [0.5], stds: [0.5] })
    for (const x of [-1, 0.3, 2]) {
      expect(gaussian.density(x, 0.2)).toBeCloseTo(single.density(x, 0.2), 15)
      expect(gaussian.cdf(x, 0.2)).toBeCloseTo(single.cdf(x, 0.2), 15)
    }
    expect(gaussian.quantile(0.5, 0.2)).toBeCloseTo(0.5 * sde.schedule.alpha(0.2), 12)
  })
})

describe('an empirical law on the line', () => {
  const numbers = m3.draw(hostSpace, { count: 1000, seed: 4 }).data
  const sample = scalarEmpiricalTarget({ sde, points: numbers })

  it('has the mean over its points of Φ((x − α y)/σ) as distribution function, with quantiles and flow that invert it (1e-9)', () => {
    const [alpha, sigma] = [sde.schedule.alpha(0.3), sde.schedule.sigma(0.3)]
    const expected = numbers.reduce((sum, y) => sum + normalCdf((0.7 - alpha * y) / sigma), 0) / 1000
    expect(Math.abs(sample.cdf(0.7, 0.3) - expected)).toBeLessThan(1e-12)
    expect(Math.abs(sample.quantile(expected, 0.3) - 0.7)).toBeLessThan(1e-9)
    const there = sample.flowMap(hostState([-1, 0.4, 2]), 1, 0.01)
    sample.flowMap(there, 0.01, 1).data.forEach((value, i) => expect(Math.abs(value - [-1, 0.4, 2][i])).toBeLessThan(1e-9))
  })

  it('has a flow with its own drift, f x − ½ g² score (central differences, 1e-5)', () => {
    const [x, t, h] = [hostState([-0.8, 0.4, 1.5]), 0.3, 1e-4]
    const score = (sample.predictor('score', hostSpace).evaluate(x, same(t, x)) as HostState).data
    const [later, earlier] = [sample.flowMap(x, t, t + h).data, sample.flowMap(x, t, t - h).data]
    score.forEach((value, i) => {
      const drift = sde.driftScale(t) * x.data[i] - 0.5 * sde.diffusion(t) ** 2 * value
      expect(Math.abs((later[i] - earlier[i]) / (2 * h) - drift)).toBeLessThan(1e-5 * (1 + Math.abs(drift)))
    })
  })

  it('on tensors follows float64 to 1e-4 of its largest value at t = 1e-3 with 1000 points, in one tile or many', async () => {
    const x = sample.draw(hostSpace, { count: 200, seed: 5, t: 1e-3 })
    const tensor = tensorSpace.fromHost(x)
    for (const predicts of predictions) {
      const exact = (sample.predictor(predicts, hostSpace).evaluate(x, same(1e-3, x)) as HostState).data
      const result = sample.predictor(predicts, tensorSpace).evaluate(tensor, same(1e-3, x)) as Tensor
      const numbers32 = (await tensorSpace.toHost(result)).data
      const scale = exact.reduce((top, value) => Math.max(top, Math.abs(value)), 0)
      exact.forEach((value, i) => expect(Math.abs(numbers32[i] - value)).toBeLessThan(1e-4 * scale))
      result.dispose()
    }
    tensor.dispose()
    const wide = empiricalTarget({ sde, points: plane.draw(hostSpace, { count: 3000, seed: 6 }) })
    const y = plane.draw(hostSpace, { count: 900, seed: 7, t: 0.01 }) // 900 · 3000 · 2 differences: two tiles
    const exact = (wide.predictor('data', hostSpace).evaluate(y, same(0.01, y)) as HostState).data
    const onTensors = tensorSpace.fromHost(y)
    const result = wide.predictor('data', tensorSpace).evaluate(onTensors, same(0.01, y)) as Tensor
    ;(await tensorSpace.toHost(result)).data.forEach((value, i) => expect(Math.abs(value - exact[i])).toBeLessThan(1e-3))
    ;[onTensors, result].forEach((made) => made.dispose())
  })

  it('draws its points at t = 0, each about equally often: χ² of 10 points in 10,000 draws below 33.7, the 1e-4 level (seed 8)', () => {
    const ten = scalarEmpiricalTarget({ sde, points: Array.from({ length: 10 }, (_, i) => i) })
    const counts = new Array<number>(10).fill(0)
    ten.draw(hostSpace, { count: 10_000, seed: 8 }).data.forEach((value) => counts[value]++)
    expect(counts.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0)).toBeLessThan(33.7)
  })
})

describe('an empirical law', () => {
  it('is the limit of narrow mixtures: the score at t = 0.4 differs by less than 1e-6 for components of std 1e-4', () => {
    const narrow = mixtureTarget({ sde, weights: [1 / 3, 1 / 3, 1 / 3], means: [[1, -1], [-0.5, 0.5], [0, 0.2]], stds: Array.from({ length: 3 }, () => [1e-4, 1e-4]) })
    const [a, b] = [points, narrow].map((model) => (model.predictor('score', hostSpace).evaluate(pairs, same(0.4, pairs)) as HostState).data)
    a.forEach((value, i) => expect(Math.abs(value - b[i])).toBeLessThan(1e-6))
    points.logDensity(pairs, 0.4).forEach((value, i) => expect(Math.abs(value - narrow.logDensity(pairs, 0.4)[i])).toBeLessThan(1e-6))
  })

  it('predicts its nearest point as t → 0 (1e-12 at t = 1e-4)', () => {
    const near = hostState([0.9, -1.1, 0.1, 0.1], [2, 2])
    const { data } = points.predictor('data', hostSpace).evaluate(near, same(1e-4, near)) as HostState
    ;[1, -1, 0, 0.2].forEach((value, i) => expect(Math.abs(data[i] - value)).toBeLessThan(1e-12))
  })

  it('needs σ > 0', () => {
    expect(() => points.predictor('data', hostSpace).evaluate(pairs, same(0, pairs))).toThrow('t must be a time with σ(t) > 0')
  })
})

describe('parameters that do not fit', () => {
  it.each([
    ['weights', () => mixtureTarget({ sde, weights: [0.5, 0.6], means: [[0], [1]], stds: [[1], [1]] })],
    ['weights', () => scalarMixtureTarget({ sde, weights: [1.5, -0.5], means: [0, 1], stds: [1, 1] })],
    ['means', () => mixtureTarget({ sde, weights: [0.5, 0.5], means: [[0], [1, 2]], stds: [[1], [1]] })],
    ['stds', () => scalarMixtureTarget({ sde, weights: [1], means: [0], stds: [0] })],
    ['std', () => gaussianTarget({ sde, mean: [0, 1], std: 1 })],
    ['p', () => m3.quantile(1, 0.5)],
    ['t', () => m3.cdf(0, -1)],
    ['t', () => m3.draw(hostSpace, { count: 1, seed: 0, t: -3 })],
    ['t', () => m3.logDensity(line, Infinity)],
    ['t', () => m3.predictor('score', hostSpace).evaluate(line, same(NaN, line))],
    ['count', () => m3.draw(hostSpace, { count: 0, seed: 0 })],
    ['points', () => empiricalTarget({ sde, points: { data: new Float64Array(0), shape: [0, 2] } })],
  ])('are named: %s', (argument, make) => {
    expect(make).toThrow(InvalidArgumentError)
    expect(make).toThrow(new RegExp(`^${argument} must be`))
  })
})
