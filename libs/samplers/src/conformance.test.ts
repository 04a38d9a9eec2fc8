import {
  cosineVpSde,
  discreteDdpm,
  edmSde,
  hostSpace,
  hostState,
  lambdaGrid,
  probabilityFlow,
  reverseSde,
  scalarMixtureTarget,
  subVpSde,
  veSde,
  vpSde,
  type HostState,
  type Prediction,
  type Sampler,
} from '@sbgm/sde-core'
import { describe, expect, it } from 'vitest'
import { adaptiveSde } from './adaptive-sde'
import { ancestral } from './ancestral'
import { annealedLangevin } from './annealed-langevin'
import { dormandPrince } from './dormand-prince'
import { edmHeun } from './edm-heun'
import { euler } from './euler'
import { eulerMaruyama } from './euler-maruyama'
import { heun } from './heun'
import { predictorCorrector } from './predictor-corrector'
import { reverseDiffusion } from './reverse-diffusion'
import { rungeKutta4 } from './runge-kutta-4'
import { lastState } from './sample'
import { stochasticImprovedEuler } from './stochastic-improved-euler'

const ofTheFlow: readonly Sampler<HostState>[] = [euler(), heun(), rungeKutta4(), edmHeun(), edmHeun({ churn: 8 }), dormandPrince()]
const samplers: readonly Sampler<HostState>[] = [
  ...ofTheFlow,
  eulerMaruyama(),
  reverseDiffusion(),
  ancestral(),
  ancestral({ variance: 'posterior' }),
  stochasticImprovedEuler(),
  adaptiveSde(),
  annealedLangevin({ steps: 10 }),
  predictorCorrector(eulerMaruyama(), { stepSize: 'noise-level' }),
  predictorCorrector(ancestral(), { stepSize: 'noise-level', first: 'predictor', steps: 2 }),
]
const predictions: readonly Prediction[] = ['score', 'noise', 'data', 'v']
const sdes = [vpSde(), cosineVpSde(), subVpSde(), veSde(), edmSde(), discreteDdpm().sde]

describe.each(sdes)('under the $name SDE', (sde) => {
  const target = scalarMixtureTarget({ sde, weights: [0.3, 0.5, 0.2], means: [-1.2, 0.4, 1.8], stds: [0.25, 0.35, 0.2] })
  const x = hostState([-2, -0.5, 0, 1, 2].map((value) => sde.priorStd * value))
  const grid = lambdaGrid(sde.schedule, { from: sde.tMax, to: 0.02, steps: 40 })

  it.each(samplers)('$name ends at the same points whether the model predicts score, noise, data or v (relative 1e-9)', async (sampler) => {
    const makeDynamics = ofTheFlow.includes(sampler) ? probabilityFlow : reverseSde
    const ends = await Promise.all(
      predictions.map((predicts) => {
        const dynamics = makeDynamics(sde, target.predictor(predicts, hostSpace), hostSpace)
        return lastState({ dynamics, sampler, grid, space: hostSpace, x, seed: 7 })
      }),
    )
    expect(ends[0].shape).toEqual([5, 1])
    for (const end of ends) end.data.forEach((value, i) => expect(Math.abs(value - ends[0].data[i])).toBeLessThan(1e-9 * (1 + Math.abs(value))))
    // and these are points that the law could have made: none further than some 7 standard deviations from every mode
    ends[0].data.forEach((value) => expect(target.density(value, 0.02)).toBeGreaterThan(1e-13))
  })
})
