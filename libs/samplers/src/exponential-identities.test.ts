import {
  conversionOf,
  cosineVpSde,
  edmSde,
  hostSpace,
  hostState,
  lambdaGrid,
  memoryless,
  probabilityFlow,
  reverseSde,
  scalarMixtureTarget,
  subVpSde,
  timesOf,
  veSde,
  vpSde,
  type HostState,
  type Predictor,
  type Sampler,
  type Sde,
} from '@sbgm/sde-core'
import { describe, expect, it } from 'vitest'
import { ancestral } from './ancestral'
import { ddim } from './ddim'
import { dpmSolver2, dpmSolver3, dpmSolverPlusPlus2S } from './dpm-solver'
import { dpmSolverPlusPlus2M, dpmSolverPlusPlus3M } from './dpm-solver-plus-plus'
import { lastState } from './sample'
import { sdeDpmSolverPlusPlus } from './sde-dpm-solver-plus-plus'
import { uniPc } from './uni-pc'

const targetOf = (sde: Sde) => scalarMixtureTarget({ sde, weights: [0.3, 0.5, 0.2], means: [-1.2, 0.4, 1.8], stds: [0.25, 0.35, 0.2] })
const startOf = (sde: Sde) => hostState([-2, -0.5, 0, 1, 2].map((value) => sde.priorStd * value))

/** The end of a run on the mixture over 24 equal steps of λ from tMax to 0.02, every step's noise kept. */
function endOf(sampler: Sampler<HostState>, sde: Sde): Promise<HostState> {
  const dynamics = (sampler.stochastic ? reverseSde : probabilityFlow)(sde, targetOf(sde).predictor('noise', hostSpace), hostSpace)
  const grid = lambdaGrid(sde.schedule, { from: sde.tMax, to: 0.02, steps: 24 })
  return lastState({ dynamics, sampler, grid, space: hostSpace, x: startOf(sde), seed: 5, lastStep: 'sample' })
}

/** A sampler from a formula x_s = f(x, x̂_0, ε̂, t, s) for numbers. */
const byFormula = (formula: (sde: Sde, t: number, s: number) => (x: number, data: number, noise: number) => number): Sampler<HostState> => ({
  name: 'formula',
  evaluationsPerStep: 1,
  stochastic: false,
  init: () => memoryless,
  async step({ x, t, s, dynamics: { model, sde } }) {
    const noise = await model!.evaluate(x, timesOf(hostSpace, x, t))
    const { state, prediction } = conversionOf(model!, 'data', sde)(t)
    const next = formula(sde, t, s)
    return { x: hostState(x.data.map((value, i) => next(value, state * value + prediction * noise.data[i], noise.data[i]))), state: memoryless }
  },
})

function expectSame(a: HostState, b: HostState, tolerance: number): void {
  a.data.forEach((value, i) => expect(Math.abs(value - b.data[i])).toBeLessThanOrEqual(tolerance * (1 + Math.abs(value))))
}

describe.each([vpSde(), cosineVpSde(), subVpSde(), veSde(), edmSde()])('under the $name SDE', (sde) => {
  it.each<[string, Sampler<HostState>]>([
    ['DPM-Solver-1, (α_s/α_t) x − σ_s (e^h − 1) ε̂', byFormula(({ schedule: { alpha, sigma, lambda } }, t, s) => (x, _, noise) => (alpha(s) / alpha(t)) * x - sigma(s) * Math.expm1(lambda(s) - lambda(t)) * noise)],
    ['DPM-Solver++(1), (σ_s/σ_t) x − α_s (e^(−h) − 1) x̂_0', byFormula(({ schedule: { alpha, sigma, lambda } }, t, s) => (x, data) => (sigma(s) / sigma(t)) * x - alpha(s) * Math.expm1(lambda(t) - lambda(s)) * data)],
    ['Euler in x/α over σ/α', byFormula(({ schedule: { alpha, sigma } }, t, s) => (x, _, noise) => alpha(s) * (x / alpha(t) + (sigma(s) / alpha(s) - sigma(t) / alpha(t)) * noise))],
    ['UniP-1', uniPc({ order: 1, corrector: 'none' })],
  ])('DDIM without noise is %s (relative 1e-11)', async (_, other) => {
    expectSame(await endOf(ddim(), sde), await endOf(other, sde), 1e-11)
  })

  it.each<Sampler<HostState>>([ancestral({ variance: 'posterior' }), sdeDpmSolverPlusPlus({ order: 1 })])('DDIM with η = 1 is $name, noise and all (relative 1e-11)', async (other) => {
    expectSame(await endOf(ddim({ eta: 1 }), sde), await endOf(other, sde), 1e-11)
  })

  it('UniP-2 is DPM-Solver++(2M), and UniP-3 is DPM-Solver++(3M) with the same start, to the bit', async () => {
    expect(await endOf(uniPc({ order: 2, corrector: 'none' }), sde)).toEqual(await endOf(dpmSolverPlusPlus2M(), sde))
    expect(await endOf(uniPc({ order: 3, corrector: 'none' }), sde)).toEqual(await endOf(dpmSolverPlusPlus3M({ start: 'lower-order' }), sde))
  })

  const constantData: readonly Sampler<HostState>[] = [
    ddim(), dpmSolverPlusPlus2S(), dpmSolverPlusPlus2M(), dpmSolverPlusPlus3M(), uniPc({ order: 1 }), uniPc(), uniPc({ order: 3 }), dpmSolver2(), dpmSolver3(),
  ]
  it.each(constantData)('$name is exact where x̂_0 is the same everywhere, in 1, 2 and 17 steps: α_s c + σ_s (x − α_t c)/σ_t (relative 1e-10)', async (sampler) => {
    const c = 0.7
    const model: Predictor<'data', HostState> = { predicts: 'data', evaluate: (x) => hostState(x.data.map(() => c), x.shape) }
    const x = startOf(sde)
    const { alpha, sigma } = sde.schedule
    for (const steps of [1, 2, 17]) {
      const grid = lambdaGrid(sde.schedule, { from: sde.tMax, to: 0.02, steps })
      const end = await lastState({ dynamics: probabilityFlow(sde, model, hostSpace), sampler, grid, space: hostSpace, x, seed: 0 })
      const exact = x.data.map((value) => alpha(0.02) * c + (sigma(0.02) * (value - alpha(sde.tMax) * c)) / sigma(sde.tMax))
      expectSame(end, hostState(exact), 1e-10)
    }
  })
})

describe('golden values of the flow, by UniPC-3 in 1280 equal steps of λ (relative 2e-9)', () => {
  it.each([
    { sde: vpSde(), law: 'G', from: [-2, 0, 1, 2], to: [-0.5051476339, 0.4978536712, 0.9993543237, 1.5008549763], end: 0.01 },
    { sde: vpSde(), law: 'M3', from: [-2, -0.5, 0, 1, 2], to: [-1.562955651, -0.3527303855, 0.3093418888, 1.6300566921, 2.0448987819], end: 0.01 },
    { sde: edmSde(), law: 'G', from: [48], to: [0.7968715768], end: 0.002 },
    { sde: edmSde(), law: 'M3', from: [48], to: [0.7624405894], end: 0.002 },
  ])('$sde.name, $law, to t = $end: $from → $to', async ({ sde, law, from, to, end }) => {
    const target = law === 'G' ? scalarMixtureTarget({ sde, weights: [1], means: [0.5], stds: [0.5] }) : targetOf(sde)
    const dynamics = probabilityFlow(sde, target.predictor('noise', hostSpace), hostSpace)
    const grid = lambdaGrid(sde.schedule, { from: sde.tMax, to: end, steps: 1280 })
    const { data } = await lastState({ dynamics, sampler: uniPc<HostState>({ order: 3 }), grid, space: hostSpace, x: hostState(from), seed: 0 })
    data.forEach((value, i) => expect(Math.abs(value - to[i])).toBeLessThan(2e-9 * (1 + Math.abs(to[i]))))
  })
})
