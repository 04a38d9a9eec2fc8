import { edmSde, gaussianTarget, hostSpace, hostState, probabilityFlow, timeGrid, uniformGrid, vpSde, type HostState, type Predictor, type Sde } from '@sbgm/sde-core'
import { describe, expect, it } from 'vitest'
import { rungeKutta4 } from './runge-kutta-4'
import { lastState } from './sample'

/** The EDM flow of a model that is linear in x and t: dx/dt = −t score. */
const flowOf = (score: (x: number, t: number) => number) => {
  const times: number[] = []
  const model: Predictor<'score', HostState> = {
    predicts: 'score',
    evaluate(x, t) {
      times.push(t[0])
      return { data: x.data.map((value) => score(value, t[0])), shape: x.shape }
    },
  }
  return { dynamics: probabilityFlow(edmSde(), model, hostSpace), times }
}
const run = (dynamics: ReturnType<typeof flowOf>['dynamics'], grid: readonly number[]) =>
  lastState({ dynamics, sampler: rungeKutta4<HostState>(), grid: timeGrid(grid), space: hostSpace, x: hostState([1]), seed: 0 })

describe('the classical Runge–Kutta method', () => {
  it('of dx/dt = −x is the exponential series to its fourth term (1e-15), with drifts at both ends and twice in the middle', async () => {
    const { dynamics, times } = flowOf((x, t) => x / t)
    const end = await run(dynamics, [1, 1.5])
    expect(times).toEqual([1, 1.25, 1.25, 1.5])
    expect(Math.abs(end.data[0] - [1, 2, 6, 24].reduce((sum, factorial, i) => sum + (-0.5) ** (i + 1) / factorial, 1))).toBeLessThan(1e-15)
  })

  it('of dx/dt = t³ is Simpson\'s rule, which is exact (1e-14)', async () => {
    const { dynamics } = flowOf((_, t) => -(t ** 2))
    expect(Math.abs((await run(dynamics, [3, 1])).data[0] - (1 + (1 - 81) / 4))).toBeLessThan(1e-14)
  })

  it('takes a step to σ = 0 with order 3, without a drift there', async () => {
    const { dynamics, times } = flowOf((x, t) => x / t)
    const end = await run(dynamics, [0.5, 0])
    expect(times).toEqual([0.5, expect.closeTo(1 / 3, 14), expect.closeTo(1 / 6, 14)])
    expect(Math.abs(end.data[0] - (1 + 0.5 + 0.25 / 2 + 0.125 / 6))).toBeLessThan(1e-15)
  })

  it.each<{ sde: Sde; from: number; error: number }>([
    { sde: vpSde(), from: 1, error: 2e-4 },
    { sde: edmSde(), from: 1, error: 2e-4 },
  ])('reaches σ = 0 under the $sde.name SDE with a noise model, which has no score there, in 20 steps (2e-4)', async ({ sde, from, error }) => {
    const target = gaussianTarget({ sde, mean: 0.5, std: 0.5 })
    const x = hostState([-1, 0, 2])
    const dynamics = probabilityFlow(sde, target.predictor('noise', hostSpace), hostSpace)
    const end = await lastState({ dynamics, sampler: rungeKutta4<HostState>(), grid: uniformGrid({ from, to: 0, steps: 20 }), space: hostSpace, x, seed: 0 })
    const exact = target.flowMap(x, from, 0)
    end.data.forEach((value, i) => expect(Math.abs(value - exact.data[i])).toBeLessThan(error))
  })
})
