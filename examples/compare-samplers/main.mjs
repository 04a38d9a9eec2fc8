// Which sampler for how many evaluations? Their errors on a law whose probability flow is known, in float64, without a network.
import { ddim, dpmSolverPlusPlus2M, euler, heun, lastState, rungeKutta4, uniPc } from '@sbgm/samplers'
import { hostSpace, hostState, lambdaGrid, probabilityFlow, scalarMixtureTarget, vpSde } from '@sbgm/sde-core'

const sde = vpSde()
const law = scalarMixtureTarget({ sde, weights: [0.3, 0.5, 0.2], means: [-1.2, 0.4, 1.8], stds: [0.25, 0.35, 0.2] })
const dynamics = probabilityFlow(sde, law.predictor('noise', hostSpace), hostSpace)
const x = hostState(Float64Array.from({ length: 99 }, (_, i) => law.quantile((i + 1) / 100, 1))) // percentiles at t = 1 …
const exact = law.flowMap(x, 1, 1e-2) // … flow to those at t = 0.01

const samplers = { euler: euler(), heun: heun(), 'runge-kutta-4': rungeKutta4(), ddim: ddim(), '2M': dpmSolverPlusPlus2M(), 'uni-pc': uniPc() }
const budgets = [8, 16, 32, 64]
console.log(`root mean square error of 99 percentiles after ${budgets.join(', ')} evaluations`)
for (const [name, sampler] of Object.entries(samplers)) {
  const errors = []
  for (const budget of budgets) {
    const grid = lambdaGrid(sde.schedule, { from: 1, to: 1e-2, steps: budget / sampler.evaluationsPerStep })
    const { data } = await lastState({ dynamics, sampler, grid, space: hostSpace, x, seed: 0 })
    const squares = data.reduce((sum, value, i) => sum + (value - exact.data[i]) ** 2, 0)
    errors.push(Math.sqrt(squares / data.length).toExponential(1))
  }
  console.log(name.padEnd(13), errors.map((error) => error.padStart(8)).join(' '))
}
