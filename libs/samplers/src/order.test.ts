import { forwardSde, hostSpace, hostState, lambdaGrid, probabilityFlow, subVpSde, uniformGrid, veSde, vpSde, type HostState, type Sampler } from '@sbgm/sde-core'
import { convergenceOrder, momentPropagation } from '@sbgm/sde-core/testing'
import { describe, expect, it } from 'vitest'
import { deterministicSamplers, stochasticSamplers, type CertifiedSampler } from '../certified-samplers'
import { endpointError, errorOf, errorsOn, gaussian, lawAt, otherSettings, refinements, vpSetting } from '../order-measurement'
import { eulerMaruyama } from './euler-maruyama'
import { lastState } from './sample'

const certified: readonly CertifiedSampler[] = [...deterministicSamplers, ...stochasticSamplers]

/** As many digits as the reference states. */
const rounded = (errors: readonly number[], like: string) =>
  like.split(' ').map((number, i) => errors[i].toExponential(number.indexOf('e') - 2)).join(' ')

const byLaw = certified.flatMap(({ sampler, evidence, call }) => evidence.map((each) => ({ sampler, call, shows: 'the order', start: 1, ...each })))

describe('on the VP SDE, t = 1 to 0.01 in equal steps of λ,', () => {
  it.each(byLaw)('$call has $shows $sampler.order on $law, from $start (±0.15 at the finest pair)', async ({ sampler, law, start, shows }) => {
    const { finest } = convergenceOrder(await errorsOn(refinements, errorOf(sampler, { law }, { ...vpSetting, start })))
    expect(finest).toBeGreaterThan(sampler.order! - 0.15)
    if (shows === 'the order') expect(finest).toBeLessThan(sampler.order! + 0.15)
  })

  it.each(byLaw.filter(({ errors }) => errors !== undefined))('$call has the known errors $errors on $law', async ({ sampler, law, start, errors = '' }) => {
    const steps = sampler.stochastic ? [20, 80, 320] : [20, 40, 80, 160]
    expect(rounded(await errorsOn(steps, errorOf(sampler, { law }, { ...vpSetting, start })), errors)).toBe(errors)
  })
})

describe.each(otherSettings)('on the $sde.name SDE, tMax to $to in equal steps of λ, G, the finest pair shows', (setting) => {
  it.each(certified)('at least order $sampler.order − 0.15 for $call', async ({ sampler }) => {
    const { finest } = convergenceOrder(await errorsOn(refinements.slice(-2), errorOf(sampler, { law: 'G' }, setting)))
    expect(finest).toBeGreaterThan(sampler.order! - 0.15)
  })
})

describe('the forward SDE by Euler–Maruyama, t = 0 to 0.5 in equal steps of t', () => {
  it.each([vpSde(), subVpSde(), veSde()])('has mean and variance of order 1 under $name (±0.15 at the finest pair), where they are not exact', async (sde) => {
    const exact = lawAt(gaussian(sde), 0.5)
    const initial = lawAt(gaussian(sde), 0)
    const laws = await Promise.all(
      refinements.map((steps) =>
        momentPropagation({
          sampler: eulerMaruyama<HostState>(),
          dynamics: forwardSde(sde, hostSpace),
          grid: uniformGrid({ from: 0, to: 0.5, steps }),
          initial,
        }),
      ),
    )
    const variance = convergenceOrder(laws.map((law) => Math.abs(law.variance - exact.variance)))
    expect(Math.abs(variance.finest - 1)).toBeLessThan(0.15)
    const meanErrors = laws.map((law) => Math.abs(law.mean - exact.mean))
    if (sde.driftScale(0.5) === 0) expect(meanErrors).toEqual([0, 0, 0, 0])
    else expect(Math.abs(convergenceOrder(meanErrors).finest - 1)).toBeLessThan(0.15)
  })
})

describe('the probability flow there and back, VP, t = 0.01 to 1 in equal steps of λ', () => {
  const { sde } = vpSetting
  const grid = (from: number, to: number) => (steps: number) => lambdaGrid(sde.schedule, { from, to, steps })
  const [up, down] = [grid(1e-2, 1), grid(1, 1e-2)]

  it.each(deterministicSamplers)('reaches the noise by $call with at least order $sampler.order − 0.15, 640 to 1280 steps', async ({ sampler }) => {
    const { finest } = convergenceOrder(await errorsOn([640, 1280], (steps) => endpointError(sampler, gaussian(sde), up(steps), 1)))
    expect(finest).toBeGreaterThan(sampler.order! - 0.15)
  })

  it.each(deterministicSamplers)('returns to its start by $call, to the order $sampler.order or better (−0.15 at the finest pair)', async ({ sampler }) => {
    const dynamics = probabilityFlow(sde, gaussian(sde).predictor('score', hostSpace), hostSpace)
    const { finest } = convergenceOrder(await errorsOn(refinements, async (steps) => {
      const run = { dynamics, sampler, space: hostSpace, seed: 0 }
      const there = await lastState({ ...run, grid: up(steps), x: hostState([1]) })
      const back = await lastState({ ...run, grid: down(steps), x: there })
      return Math.abs(back.data[0] - 1)
    }))
    expect(finest).toBeGreaterThan(sampler.order! - 0.15)
  })

  // the h^(p+1) terms of the two ways have factors h^(p+1) and (−h)^(p+1): an even order gains one by cancellation
  it.each([
    { call: 'euler()', order: 1 },
    { call: 'heun()', order: 3 },
  ])('returns by $call with order $order, an even order plus one (±0.15)', async ({ call, order }) => {
    const sampler: Sampler<HostState> = deterministicSamplers.find((each) => each.call === call)!.sampler
    const dynamics = probabilityFlow(sde, gaussian(sde).predictor('score', hostSpace), hostSpace)
    const run = { dynamics, sampler, space: hostSpace, seed: 0 }
    const { finest } = convergenceOrder(await errorsOn(refinements, async (steps) => {
      const there = await lastState({ ...run, grid: up(steps), x: hostState([1]) })
      return Math.abs((await lastState({ ...run, grid: down(steps), x: there })).data[0] - 1)
    }))
    expect(Math.abs(finest - order)).toBeLessThan(0.15)
  })
})
