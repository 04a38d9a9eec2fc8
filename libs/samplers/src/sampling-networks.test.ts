import {
  hostSpace,
  lambdaGrid,
  mixtureTarget,
  probabilityFlow,
  reverseSde,
  samplePrior,
  vpSde,
  type HostState,
  type Prediction,
  type Predictor,
  type Sampler,
  type TimeGrid,
} from '@sbgm/sde-core'
import { describe, expect, it } from 'vitest'
import { deterministicSamplers, stochasticSamplers } from '../certified-samplers'
import { clipTo } from './clip-to'
import { correctData } from './correct-data'
import { networkGrid } from './network-grid'
import { lastState } from './sample'

const sde = vpSde()
const [side, size, count] = [16, 256, 8]

/** Four pictures of a white stroke on black, pixels ±1: a bar down, a bar across, a diagonal and a ring. */
const pictures = [
  (row: number, column: number) => Math.abs(column - 8) < 2 && row > 2 && row < 13,
  (row: number, column: number) => Math.abs(row - 8) < 2 && column > 2 && column < 13,
  (row: number, column: number) => Math.abs(row - column) < 2 && row > 2 && row < 13,
  (row: number, column: number) => Math.abs(Math.hypot(row - 7.5, column - 7.5) - 4) < 1,
].map((isWhite) => Array.from({ length: size }, (_, i) => (isWhite(Math.floor(i / side), i % side) ? 1 : -1)))

const exact = mixtureTarget({ sde, weights: [0.25, 0.25, 0.25, 0.25], means: pictures, stds: pictures.map((picture) => picture.map(() => 0.05)) }).predictor('noise', hostSpace)

/**
 * The exact noise as a network predicts it: 2 % too little of it, as any regression shrinks what it is not sure of, and never more
 * than the unit variance that it was trained to predict.
 */
const network: Predictor<'noise', HostState> = {
  predicts: 'noise',
  tMin: 1e-3,
  async evaluate(x, t) {
    const noise = await exact.evaluate(x, t)
    const scales = Float64Array.from({ length: x.shape[0] }, (_, sample) => {
      const row = noise.data.subarray(sample * size, (sample + 1) * size)
      return 0.98 / Math.max(1, Math.sqrt(row.reduce((sum, value) => sum + value ** 2, 0) / size))
    })
    return hostSpace.combine([scales], [noise])
  },
}

/** The median over the samples of the root mean square distance of a pixel to the nearest picture, 0.05 for perfect samples. */
async function noiseLeft(sampler: Sampler<HostState>, model: Predictor<Prediction, HostState>, grid: TimeGrid): Promise<number> {
  const end = await lastState({
    dynamics: (sampler.stochastic ? reverseSde : probabilityFlow)(sde, model, hostSpace),
    sampler, grid, space: hostSpace, seed: 2,
    x: samplePrior({ sde, space: hostSpace, shape: [count, size], seed: 1, t: grid[0] }),
  })
  const distances = Array.from({ length: count }, (_, sample) =>
    Math.min(...pictures.map((picture) => Math.sqrt(picture.reduce((sum, value, i) => sum + (end.data[sample * size + i] - value) ** 2, 0) / size))),
  )
  return distances.toSorted((a, b) => a - b)[count / 2]
}

const whole = lambdaGrid(sde.schedule, { from: 1, to: 1e-3, steps: 50 })
const clipped = correctData(network, clipTo(), { sde, space: hostSpace })

describe('a network whose noise is 2 % too small, sampled in 50 steps', () => {
  it.each(deterministicSamplers)('leaves noise of 0.02 σ/α = 3 and less in pictures of ±1, from t = 1 without clipping, by $call: more than 1.5', async ({ sampler }) => {
    const left = await noiseLeft(sampler, network, whole)
    expect(left).toBeGreaterThan(1.5)
    expect(left).toBeLessThan((1.1 * 0.02 * sde.schedule.sigma(1)) / sde.schedule.alpha(1))
  })

  it.each([...deterministicSamplers, ...stochasticSamplers])('gives the pictures on the grid for networks with clipping, by $call: noise below 0.2', async ({ sampler }) => {
    expect(await noiseLeft(sampler, clipped, networkGrid(sde, { steps: 50 }))).toBeLessThan(0.2)
  })
})
