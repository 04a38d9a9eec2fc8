import { ddim, dpmSolverPlusPlus2M, euler, heun, lastState, rungeKutta4, uniPc } from '@sbgm/samplers'
import { cosineVpSde, hostSpace, hostState, lambdaGrid, probabilityFlow, scalarMixtureTarget, subVpSde, veSde, vpSde, type HostState, type Sampler } from '@sbgm/sde-core'
import { figure, line, linePalette, panel } from '@sbgm/viz'
import { expect, it } from 'vitest'

const { black, blue, vermillion } = linePalette
const colors = [black, vermillion, blue, linePalette.green, linePalette.purple, linePalette.orange]

// Pictures of the guides; `npx vitest run --project workspace tools/docs/pictures -u` draws them anew.

it('the schedules of the SDEs, for the mathematics in one page', async () => {
  const sdes = [vpSde(), cosineVpSde(), subVpSde(), veSde()]
  const curves = (name: 'alpha' | 'sigma') => sdes.map((sde, i) => {
    const x = Float64Array.from({ length: 201 }, (_, k) => (k / 200) * sde.tMax)
    return line({ x, y: x.map((t) => sde.schedule[name](t)), label: sde.name, color: colors[i], width: 1.8, dash: sde.name === 'sub-vp' ? 'dashed' : 'solid' })
  })
  await expect(figure({
    title: 'What is left of the data, and how much noise there is',
    legend: 'shared',
    rows: [{ height: 230, cells: [
      panel({ title: 'α(t)', x: { label: 't' }, y: { label: 'factor of the data', domain: [0, 1] }, layers: curves('alpha') }),
      panel({ title: 'σ(t), up to 1.5', x: { label: 't' }, y: { label: 'standard deviation of the noise', domain: [0, 1.5] }, layers: curves('sigma') }),
    ] }],
  })).toMatchFileSnapshot('../../docs/images/schedules.svg')
})

it('errors of samplers against evaluations, for the choice of one', async () => {
  const sde = vpSde()
  const law = scalarMixtureTarget({ sde, weights: [0.3, 0.5, 0.2], means: [-1.2, 0.4, 1.8], stds: [0.25, 0.35, 0.2] })
  const dynamics = probabilityFlow(sde, law.predictor('noise', hostSpace), hostSpace)
  const x = hostState(Float64Array.from({ length: 99 }, (_, i) => law.quantile((i + 1) / 100, 1)))
  const exact = law.flowMap(x, 1, 1e-2).data
  const budgets = [8, 12, 16, 24, 32, 48, 64, 96, 128]
  const samplers: Record<string, Sampler<HostState>> = {
    'euler()': euler(), 'ddim()': ddim(), 'heun()': heun(), 'dpmSolverPlusPlus2M()': dpmSolverPlusPlus2M(), 'uniPc()': uniPc(), 'rungeKutta4()': rungeKutta4(),
  }
  const layers = await Promise.all(Object.entries(samplers).map(async ([label, sampler], i) => {
    const errors = await Promise.all(budgets.map(async (budget) => {
      const grid = lambdaGrid(sde.schedule, { from: 1, to: 1e-2, steps: budget / (sampler.evaluationsPerStep as number) })
      const { data } = await lastState({ dynamics, sampler, grid, space: hostSpace, x, seed: 0 })
      return Math.sqrt(data.reduce((sum, value, k) => sum + (value - exact[k]) ** 2, 0) / data.length)
    }))
    return line({ x: budgets, y: errors.map((error) => Number(error.toPrecision(6))), label, color: colors[i], dots: 'every', width: 1.6 })
  }))
  await expect(figure({
    title: 'What a sampler leaves: 99 percentiles of a mixture of three Gaussians',
    subtitle: 'the probability flow of the VP SDE from t = 1 to 0.01 in equal steps of λ, in float64, with the exact model',
    rows: [{ height: 320, cells: [
      panel({ x: { label: 'evaluations of the model', scale: 'log', ticks: [8, 16, 32, 64, 128] }, y: { label: 'root mean square error', scale: 'log' }, layers }),
    ] }],
  })).toMatchFileSnapshot('../../docs/images/samplers.svg')
})
