import { openBackend } from '@sbgm/backends'
import { lastState } from '@sbgm/samplers'
import { samplePrior, tensorSpace, vpSde, type Predictor } from '@sbgm/sde-core'
import { fill, type Tensor } from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { networkPlan } from './sampler-choice'

const sde = vpSde()
const broken: Predictor<'noise'> = { predicts: 'noise', evaluate: ({ shape }) => fill(shape, NaN) }

it.each(['cpu', 'wasm'] as const)('a network that gives NaN ends the run with its step on %s: clipping makes no image of it', async (engine) => {
  const backend = await openBackend({ engine })
  try {
    const plan = networkPlan('dpm-solver-plus-plus-2m', 3, sde)
    const x = samplePrior<Tensor>({ sde, space: tensorSpace, shape: [2, 4], seed: 1, t: plan.grid[0] })
    const run = { dynamics: plan.dynamics(broken, sde), sampler: plan.sampler, grid: plan.grid, space: tensorSpace, x, seed: 1 }
    await expect(lastState(run)).rejects.toMatchObject({ name: 'NonFiniteError', step: 1 })
    x.dispose()
  } finally {
    await backend.close()
  }
})
