import { discreteDdpm, gaussianTarget, hostSpace, hostState, InvalidArgumentError, reverseSde, subVpSde, timeGrid, veSde, vpSde, type HostState } from '@sbgm/sde-core'
import { describe, expect, it } from 'vitest'
import { ancestral } from './ancestral'
import { lastState } from './sample'

const x = hostState([-2, -0.3, 0.7, 1.9])
const exact = (sde: Parameters<typeof gaussianTarget>[0]['sde']) => gaussianTarget({ sde, mean: 0.5, std: 0.5 })
const noise = hostSpace.normal({ seed: 9, stream: 'sampler', step: 0, firstSample: 0, draw: 0 }, x)

/** One step, its noise kept, from t to s, with the exact score. */
const step = (sde: Parameters<typeof gaussianTarget>[0]['sde'], t: number, s: number, variance: 'transition' | 'posterior') =>
  lastState<HostState>({
    dynamics: reverseSde(sde, exact(sde).predictor('score', hostSpace), hostSpace),
    sampler: ancestral({ variance }), grid: timeGrid([t, s]), space: hostSpace, x, seed: 9, lastStep: 'sample',
  })

describe('ancestral sampling', () => {
  const chain = discreteDdpm({ steps: 50 })

  it.each([2, 3, 25, 49, 50])('is eq. 4, (x + β score)/√(1 − β) + √β z, on step i = %i of a DDPM chain of 50 (relative 1e-11)', async (i) => {
    const [beta, t] = [chain.betas[i - 1], i / 50]
    const score = await exact(chain.sde).predictor('score', hostSpace).evaluate(x, new Float64Array(4).fill(t))
    const { data } = await step(chain.sde, t, (i - 1) / 50, 'transition')
    data.forEach((value, k) => {
      const expected = (x.data[k] + beta * score.data[k]) / Math.sqrt(1 - beta) + Math.sqrt(beta) * noise.data[k]
      expect(Math.abs(value - expected)).toBeLessThan(1e-11 * (1 + Math.abs(expected)))
    })
  })

  it.each([vpSde(), subVpSde(), veSde()])('draws from q(x_s | x_t, x_0) with x_0 at its mean under the $name SDE: Bayes\' rule for two Gaussians (1e-12)', async (sde) => {
    const { alpha, sigma } = sde.schedule
    const [t, s] = [0.7, 0.4]
    const denoised = await exact(sde).predictor('data', hostSpace).evaluate(x, new Float64Array(4).fill(t))
    const a = alpha(t) / alpha(s)
    const transition = sigma(t) ** 2 - a ** 2 * sigma(s) ** 2
    const precision = 1 / sigma(s) ** 2 + a ** 2 / transition // prior N(α_s x_0, σ_s²), observation x_t = a x_s + noise
    const { data } = await step(sde, t, s, 'posterior')
    data.forEach((value, k) => {
      const mean = ((alpha(s) * denoised.data[k]) / sigma(s) ** 2 + (a * x.data[k]) / transition) / precision
      const expected = mean + noise.data[k] / Math.sqrt(precision)
      expect(Math.abs(value - expected)).toBeLessThan(1e-12 * sde.priorStd * (1 + Math.abs(expected)))
    })
  })

  it.each(['transition', 'posterior'] as const)('ends at the denoised sample, without noise, in a step to t = 0 (%s variance)', async (variance) => {
    const sde = vpSde()
    const denoised = await exact(sde).predictor('data', hostSpace).evaluate(x, new Float64Array(4).fill(0.01))
    const { data } = await step(sde, 0.01, 0, variance)
    data.forEach((value, k) => expect(Math.abs(value - denoised.data[k])).toBeLessThan(1e-14))
  })

  it('refuses a variance of another name', () => {
    expect(() => ancestral({ variance: 'small' as 'posterior' })).toThrow(InvalidArgumentError)
  })
})
