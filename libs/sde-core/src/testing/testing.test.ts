import '@tensorflow/tfjs-backend-cpu'
import { scalar, setBackend } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { forwardSde, probabilityFlow, type Dynamics } from '../dynamics'
import { gaussianTarget } from '../exact/gaussian'
import { scalarMixtureTarget } from '../exact/scalar-mixture'
import { hostSpace } from '../host-space'
import type { HostState } from '../host-state'
import type { Sampler, StepInput } from '../sampler'
import { uniformGrid } from '../time-grid'
import { vpSde } from '../vp-sde'
import { convergenceOrder, gaussianW2, momentPropagation, noLeak, tensorLeak } from './index'

beforeAll(() => setBackend('cpu'))

describe('the convergence order', () => {
  it('of errors C h^p is p, on every pair and for any refinement (1e-12)', () => {
    const { pairs, finest } = convergenceOrder([8, 4, 2, 1].map((h) => 3 * h ** 2.5))
    ;[...pairs, finest].forEach((order) => expect(Math.abs(order - 2.5)).toBeLessThan(1e-12))
    expect(convergenceOrder([27, 1], 3).finest).toBeCloseTo(3, 12)
  })

  it('of an exact method does not exist', () => {
    expect(() => convergenceOrder([1e-3, 0])).toThrow('errors must be at least two positive numbers')
    expect(() => convergenceOrder([1])).toThrow('errors')
  })
})

/** x' = a x + b + c z + d z', with memory: the last noise counts once more in the next step. */
const affine = (a: number, b: number, c: number, d: number): Sampler<HostState> => ({
  name: 'affine',
  evaluationsPerStep: 0,
  stochastic: true,
  init: (x) => ({ states: [hostSpace.combine([0], [x])], numbers: [] }),
  async step({ x, noise, state }: StepInput<HostState>) {
    const draw = noise(x)
    const shift = { data: x.data.map(() => b), shape: x.shape }
    return { x: hostSpace.combine([a, 1, c, d], [x, shift, draw, state.states[0]]), state: { states: [draw], numbers: [] } }
  },
})

describe('moment propagation', () => {
  const dynamics = forwardSde(vpSde(), hostSpace)
  const grid = (steps: number) => uniformGrid({ from: 0, to: 1, steps })
  const initial = { mean: 0.7, variance: 2 }

  it('gives mean and variance of an autoregression in closed form (1e-14)', async () => {
    const [a, b, c] = [0.9, 0.3, 0.5]
    const { mean, variance } = await momentPropagation({ sampler: affine(a, b, c, 0), dynamics, grid: grid(6), initial })
    const power = a ** 6
    expect(Math.abs(mean - (power * 0.7 + (b * (1 - power)) / (1 - a)))).toBeLessThan(1e-14)
    expect(Math.abs(variance - (power ** 2 * 2 + (c ** 2 * (1 - power ** 2)) / (1 - a ** 2)))).toBeLessThan(1e-14)
  })

  it('knows that noise remembered from the last step is the same noise: (c a + d)² + c², not c² a² + d² + c²', async () => {
    const { variance } = await momentPropagation({ sampler: affine(0.9, 0, 0.5, 0.2), dynamics, grid: grid(2), initial: { mean: 0, variance: 0 } })
    expect(variance).toBeCloseTo((0.5 * 0.9 + 0.2) ** 2 + 0.5 ** 2, 14)
  })

  it('refuses a sampler that is not affine, and more draws than it was told of', async () => {
    const target = scalarMixtureTarget({ sde: vpSde(), weights: [0.5, 0.5], means: [-1, 1], stds: [0.3, 0.3] })
    const step = async ({ x, t, s, dynamics: moving }: StepInput<HostState>) => {
      const drift = await moving.drift(x, new Float64Array(x.shape[0]).fill(t))
      return { x: hostSpace.combine([1, s - t], [x, drift]), state: { states: [], numbers: [] } }
    }
    const curved: Dynamics<HostState> = probabilityFlow(vpSde(), target.predictor('score', hostSpace), hostSpace)
    const sampler: Sampler<HostState> = { name: 'curved', evaluationsPerStep: 1, stochastic: false, init: () => ({ states: [], numbers: [] }), step }
    await expect(momentPropagation({ sampler, dynamics: curved, grid: uniformGrid({ from: 1, to: 0.5, steps: 5 }), initial })).rejects.toThrow('affine in the state')
    const greedy: Sampler<HostState> = { ...sampler, name: 'greedy', step: async ({ x, noise }) => ({ x: noise(x, 1), state: { states: [], numbers: [] } }) }
    await expect(momentPropagation({ sampler: greedy, dynamics, grid: grid(1), initial })).rejects.toThrow('drawsPerStep must be at least 2 for greedy; got 1.')
  })

  it('refuses a sampler that is not affine in its noise, such as one that adds z + 5 z² (it would be off by its mean)', async () => {
    const squared: Sampler<HostState> = {
      ...affine(1, 0, 1, 0),
      name: 'squared',
      async step({ x, noise, state }) {
        const draw = noise(x)
        return { x: { data: x.data.map((value, i) => value + draw.data[i] + 5 * draw.data[i] ** 2), shape: x.shape }, state }
      },
    }
    await expect(momentPropagation({ sampler: squared, dynamics, grid: grid(2), initial })).rejects.toThrow('affine in its noise')
  })

  it('measures with the W2 distance of Gaussians: N(0, 1) to N(3, 25) is 5', () => {
    expect(gaussianW2({ mean: 0, variance: 1 }, { mean: 3, variance: 25 })).toBe(5)
    expect(gaussianTarget({ sde: vpSde(), mean: 0, std: 1 }).marginal(0.3).std[0]).toBeCloseTo(1, 12)
  })
})

describe('the leak check', () => {
  it('counts what is left behind, and nothing where nothing is', async () => {
    const kept = [scalar(1)]
    expect(await tensorLeak(() => kept.push(scalar(2), scalar(3)))).toEqual({ tensors: 2, dataBuffers: 2 })
    expect(await tensorLeak(() => scalar(4).dispose())).toEqual(noLeak)
    expect(await tensorLeak(async () => kept.forEach((made) => made.dispose()))).toEqual({ tensors: -3, dataBuffers: -3 })
  })
})
