import { hostSpace, hostState, lambdaGrid, reverseSde, scalarMixtureTarget, timeGrid, veSde, type HostState } from '@sbgm/sde-core'
import { describe, expect, it } from 'vitest'
import { annealedLangevin } from './annealed-langevin'
import { lastState } from './sample'

const sde = veSde({ sigmaMin: 0.01, sigmaMax: 10 })
const target = scalarMixtureTarget({ sde, weights: [0.3, 0.5, 0.2], means: [-1.2, 0.4, 1.8], stds: [0.25, 0.35, 0.2] })
const dynamics = reverseSde(sde, target.predictor('score', hostSpace), hostSpace)

describe('annealed Langevin dynamics', () => {
  it('is x + e score + √(2e) z with e = 2 (r σ_s)² at s (1e-14)', async () => {
    const sampler = annealedLangevin<HostState>({ snr: 0.3 })
    const x = hostState([1, -2])
    const score = await dynamics.model!.evaluate(x, Float64Array.of(0.5, 0.5))
    const e = 2 * (0.3 * sde.schedule.sigma(0.5)) ** 2
    const input = { x, t: 0.6, s: 0.5, dynamics, space: hostSpace, state: sampler.init(x), noise: () => hostState([0.7, 0.7]), constrain: (y: HostState) => y }
    const { x: end, mean } = await sampler.step(input)
    mean!.data.forEach((value, i) => expect(Math.abs(value - (x.data[i] + e * score.data[i]))).toBeLessThan(1e-14))
    end.data.forEach((value, i) => expect(Math.abs(value - (mean!.data[i] + Math.sqrt(2 * e) * 0.7))).toBeLessThan(1e-14))
  })

  it('comes near the law of three Gaussians from σ = 10 in 60 levels of 20 updates: weights within 0.05, KS below 0.08 (n = 4000, five standard errors are 0.043; seed 2)', async () => {
    const grid = lambdaGrid(sde.schedule, { from: 1, to: 0.45, steps: 60 })
    const x = target.draw<HostState>(hostSpace, { count: 4000, seed: 2, t: 1 })
    const end = await lastState({ dynamics, sampler: annealedLangevin<HostState>({ steps: 20, snr: 0.3 }), grid, space: hostSpace, x, seed: 2, lastStep: 'sample' })
    const sorted = end.data.toSorted()
    const distance = sorted.reduce((largest, value, i) => Math.max(largest, Math.abs((i + 0.5) / sorted.length - target.cdf(value, 0.45))), 0)
    expect(distance).toBeLessThan(0.08)
  })

  it('leaves x alone where σ = 0', async () => {
    const vanishing = { ...sde, schedule: { ...sde.schedule, sigma: (t: number) => (t === 0 ? 0 : sde.schedule.sigma(t)) } }
    const end = await lastState({
      dynamics: reverseSde(vanishing, target.predictor('score', hostSpace), hostSpace),
      sampler: annealedLangevin<HostState>(), grid: timeGrid([0.1, 0]), space: hostSpace, x: hostState([1]), seed: 0,
    })
    expect(end.data[0]).toBe(1)
  })
})
