import { describe, expect, it } from 'vitest'
import { forwardSde, probabilityFlow, reverseSde } from './dynamics'
import { ShapeError } from './errors'
import { scalarMixtureTarget } from './exact/scalar-mixture'
import { hostSpace } from './host-space'
import { hostState, type HostState } from './host-state'
import { likelihoodWeighting } from './loss-weighting'
import { predictions } from './prediction'
import { convert } from './convert'
import { evaluate, type Predictor } from './predictor'
import { subVpSde } from './sub-vp-sde'
import { veSde } from './ve-sde'
import { vpSde } from './vp-sde'

const x = hostState([-2, -0.3, 0.8, 2.5])

describe.each([vpSde(), subVpSde(), veSde()])('dynamics under $name', (sde) => {
  const target = scalarMixtureTarget({ sde, weights: [0.3, 0.7], means: [-1.2, 0.8], stds: [0.25, 0.5] })
  const [f, g] = [sde.driftScale, sde.diffusion]
  const times = Float64Array.of(0.03, 0.4, 0.4, 1)
  const score = target.predictor('score', hostSpace).evaluate(x, times) as HostState

  it('forward: drift f x, diffusion g', async () => {
    const dynamics = forwardSde(sde, hostSpace)
    const drift = await dynamics.drift(x, times)
    drift.data.forEach((value, i) => expect(value).toBeCloseTo(f(times[i]) * x.data[i], 13))
    expect(dynamics.diffusion(0.3)).toBe(g(0.3))
  })

  it.each(predictions)('reverse: f x − g² score, and flow: f x − ½ g² score, from a model of the %s (relative 1e-9)', async (predicts) => {
    const model = target.predictor(predicts, hostSpace)
    for (const [dynamics, share] of [[reverseSde(sde, model, hostSpace), 1], [probabilityFlow(sde, model, hostSpace), 0.5]] as const) {
      const drift = await dynamics.drift(x, times)
      drift.data.forEach((value, i) => {
        const expected = f(times[i]) * x.data[i] - share * g(times[i]) ** 2 * score.data[i]
        expect(Math.abs(value - expected)).toBeLessThan(1e-9 * (Math.abs(expected) + g(times[i]) ** 2))
      })
      expect(dynamics.diffusion(0.3)).toBe(share === 1 ? g(0.3) : 0)
    }
  })

  it('the flow follows the exact transport: its drift is the time derivative of the flow map (central differences, 1e-5)', async () => {
    const dynamics = probabilityFlow(sde, target.predictor('score', hostSpace), hostSpace)
    const [t, h] = [0.4, 1e-4]
    const drift = await dynamics.drift(x, new Float64Array(4).fill(t))
    const [later, earlier] = [target.flowMap(x, t, t + h), target.flowMap(x, t, t - h)]
    drift.data.forEach((value, i) => {
      const slope = (later.data[i] - earlier.data[i]) / (2 * h)
      expect(Math.abs(value - slope)).toBeLessThan(1e-5 * (1 + Math.abs(slope)))
    })
  })
})

describe('a model', () => {
  const sde = vpSde()
  const seen: number[] = []
  const network: Predictor<'noise', HostState> = {
    predicts: 'noise',
    tMin: 0.01,
    evaluate(state, t) {
      seen.push(...t)
      return { data: state.data.map((value) => 0.1 * value), shape: state.shape }
    },
  }

  it('is evaluated at max(t, tMin), σ of the conversion included', async () => {
    const score = await convert(network, 'score', { sde, space: hostSpace }).evaluate(x, Float64Array.of(0, 0.001, 0.01, 0.5))
    expect(seen).toEqual([0.01, 0.01, 0.01, 0.5])
    score.data.forEach((value, i) => expect(value).toBeCloseTo((-0.1 * x.data[i]) / sde.schedule.sigma(i < 3 ? 0.01 : 0.5), 12))
  })

  it('that predicts what is wanted is returned as it is', () => {
    expect(convert(network, 'noise', { sde, space: hostSpace })).toBe(network)
  })

  it('that returns another shape is refused with both shapes', async () => {
    const wrong: Predictor<'score', HostState> = { predicts: 'score', evaluate: () => hostState([1, 2]) }
    const error = await evaluate(hostSpace, wrong, x, new Float64Array(4).fill(0.5)).catch((caught: unknown) => caught)
    expect(ShapeError.isInstance(error)).toBe(true)
    expect(String(error)).toContain('what the score model returns for a state (4, 1) must have shape (4, 1); got (2, 1).')
    await expect(reverseSde(sde, wrong, hostSpace).drift(x, new Float64Array(4).fill(0.5))).rejects.toThrow(ShapeError)
  })

  it('that returns nothing, or the very state it was given, is refused before either is freed', async () => {
    const times = new Float64Array(4).fill(0.5)
    const nothing = { predicts: 'score', evaluate: () => undefined } as unknown as Predictor<'score', HostState>
    await expect(evaluate(hostSpace, nothing, x, times)).rejects.toThrow('model.evaluate must be a function that returns a new state of shape (4, 1); got undefined.')
    const same: Predictor<'score', HostState> = { predicts: 'score', evaluate: (state) => state }
    await expect(evaluate(hostSpace, same, x, times)).rejects.toThrow('its own argument')
  })

  it('whose tag is none of the four is refused when its dynamics are made', () => {
    const odd = { predicts: 'epsilon', evaluate: (state: HostState) => state } as unknown as Predictor<'noise', HostState>
    expect(() => reverseSde(sde, odd, hostSpace)).toThrow("model.predicts must be 'score' or 'noise' or 'data' or 'v'; got 'epsilon'.")
  })

  it('is asked at one time per sample, each finite and not negative', async () => {
    const score: Predictor<'score', HostState> = { predicts: 'score', evaluate: (state) => hostSpace.combine([1], [state]) }
    await expect(evaluate(hostSpace, score, x, Float64Array.of(0.5))).rejects.toThrow('the times t must have shape (4); got (1).')
    await expect(evaluate(hostSpace, score, x, Float64Array.of(0.5, -1, 0, 0))).rejects.toThrow('t must be a finite time of at least 0; got -1.')
  })

  it('and an SDE may be instances of classes, whose methods need their this', async () => {
    class Own {
      readonly inner = vpSde()
      readonly name = 'own'
      readonly tMax = 1
      readonly priorStd = 1
      readonly schedule = this.inner.schedule
      driftScale(t: number) { return this.inner.driftScale(t) }
      diffusion(t: number) { return this.inner.diffusion(t) }
    }
    const score: Predictor<'score', HostState> = { predicts: 'score', evaluate: (state) => hostSpace.combine([-1], [state]) }
    const times = new Float64Array(4).fill(0.5)
    const [own, plain] = [new Own(), sde]
    expect(await reverseSde(own, score, hostSpace).drift(x, times)).toEqual(await reverseSde(plain, score, hostSpace).drift(x, times))
    expect(await forwardSde(own, hostSpace).drift(x, times)).toEqual(await forwardSde(plain, hostSpace).drift(x, times))
    expect(probabilityFlow(own, score, hostSpace).diffusion(0.3)).toBe(0)
    expect(likelihoodWeighting(own, 0.3)).toBe(likelihoodWeighting(plain, 0.3))
  })

  it('can be exchanged in its dynamics', async () => {
    const still: Predictor<'score', HostState> = { predicts: 'score', evaluate: (state) => hostSpace.combine([0], [state]) }
    const drift = await reverseSde(sde, network, hostSpace).mapModel(() => still).drift(x, new Float64Array(4).fill(0.5))
    drift.data.forEach((value, i) => expect(value).toBeCloseTo(sde.driftScale(0.5) * x.data[i], 13))
  })
})
