import { eulerMaruyama, lastState, networkGrid, sample } from '@sbgm/samplers'
import { evaluate, mixtureTarget, reverseSde, samplePrior, tensorSpace, uniformGrid, vpSde, type Prediction, type Predictor } from '@sbgm/sde-core'
import '@tensorflow/tfjs-backend-cpu'
import { setBackend, type Tensor } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { networkPlan, samplerMethod, samplerNames, samplingPlan, type SamplingPlan } from './sampler-choice'

beforeAll(() => setBackend('cpu'))

const sde = vpSde()
const [count, pixels, seed] = [8, 64, 3]
const law = mixtureTarget({ sde, weights: [1], means: [new Array<number>(pixels).fill(0.4)], stds: [new Array<number>(pixels).fill(0.2)] })
/** Images of independent pixels, 0.4 ± 0.2, asked at the times of a network. */
const model: Predictor<'noise'> = { ...law.predictor('noise', tensorSpace), tMin: 1e-3 }

/** A plan at work on the Gaussian: the pixels at the end, and how often the model was asked. */
async function drawn(plan: SamplingPlan, asked: Predictor<Prediction> = model) {
  let calls = 0
  const counted: Predictor<Prediction> = { ...asked, evaluate: (x, t) => (calls++, evaluate(tensorSpace, asked, x, t)) }
  const x = samplePrior<Tensor>({ sde, space: tensorSpace, shape: [count, pixels], seed, t: plan.grid[0] })
  let evaluations = 0
  let end: Float32Array = new Float32Array()
  for await (const event of sample({ dynamics: plan.dynamics(counted, sde), sampler: plan.sampler, grid: plan.grid, space: tensorSpace, x, seed })) {
    evaluations = event.evaluations
    if (event.index === plan.grid.length - 1) {
      end = (await event.x.data()) as Float32Array
      event.x.dispose()
    }
  }
  x.dispose()
  return { end, calls, evaluations }
}

const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length
const fixed = samplerNames.filter((name) => samplerMethod(name).steps !== 'its own choice')

describe('a sampler that was asked for', () => {
  it.each(samplerNames)('%s in the steps it takes by itself draws pixels of the law N(0.4, 0.2²), their mean to 0.05 and their spread to 0.05 (512 pixels, seed 3)', async (name) => {
    const { end } = await drawn(networkPlan(name, undefined, sde))
    const spread = Math.sqrt(mean(end.map((value) => value ** 2)) - mean(end) ** 2)
    expect(Math.abs(mean(end) - 0.4)).toBeLessThan(0.05) // five standard errors of the mean are 0.044, of the spread 0.031
    expect(Math.abs(spread - 0.2)).toBeLessThan(0.05)
  })

  it.each(fixed)('%s asks the model as often as its plan says, in 4 steps', async (name) => {
    const plan = networkPlan(name, 4, sde)
    const { calls, evaluations } = await drawn(plan)
    expect([calls, evaluations]).toEqual([plan.evaluations, plan.evaluations])
  })

  it.each(['dormand-prince', 'adaptive-sde'] as const)('%s says that its evaluations are not known beforehand, and counts them', async (name) => {
    const plan = networkPlan(name, undefined, sde)
    expect([plan.evaluations, plan.steps]).toEqual(['as many as it takes', 'its own choice'])
    const { calls, evaluations } = await drawn(plan)
    expect(evaluations).toBe(calls)
    expect(calls).toBeGreaterThan(10)
  })

  it('runs between the ends of the grid for networks, in equal steps of λ, EDM\'s in its own', () => {
    const whole = networkGrid(sde, { steps: 6 })
    for (const name of fixed) {
      const { grid } = networkPlan(name, 6, sde)
      expect([grid.length, grid[0], grid[6]]).toEqual([7, whole[0], whole[6]])
      if (name === 'edm-heun') expect(grid[3]).not.toBeCloseTo(whole[3], 3)
      else expect(grid).toEqual(whole)
    }
  })

  it('sees the data clipped to [−1, 1]: a model that says 3 everywhere ends at 1', async () => {
    const wrong: Predictor<'data'> = { predicts: 'data', tMin: 1e-3, evaluate: (x) => tensorSpace.fromHost({ data: new Float64Array(x.size).fill(3), shape: x.shape }) }
    const { end } = await drawn(networkPlan('ddim', 10, sde), wrong)
    for (const value of end) expect(Math.abs(value - 1)).toBeLessThan(0.1) // σ = 0.011 is left at its last time
  })
})

describe('a part\'s own sampler', () => {
  it('takes equal steps of t from 1 to 0 and the model as it is: the same bits as the sampler itself', async () => {
    const own = samplingPlan({}, { sampler: 'euler-maruyama', steps: 20 }, sde)
    const grid = uniformGrid({ from: 1, to: 0, steps: 20 })
    const x = samplePrior<Tensor>({ sde, space: tensorSpace, shape: [count, pixels], seed })
    const last = await lastState<Tensor>({ dynamics: reverseSde(sde, model, tensorSpace), sampler: eulerMaruyama(), grid, space: tensorSpace, x, seed })
    expect((await drawn(own)).end).toEqual(await last.data())
    expect(own).toMatchObject({ origin: "the part's own", grid, steps: 20, evaluations: 20, words: 'Euler–Maruyama, 20 steps' })
  })

  it('takes as many steps as were asked for, and gives way to a sampler that was', () => {
    expect(samplingPlan({ steps: 7 }, { sampler: 'ancestral', steps: 20 }, sde)).toMatchObject({ name: 'ancestral', origin: "the part's own", steps: 7 })
    expect(samplingPlan({ sampler: 'uni-pc', steps: 7 }, { sampler: 'ancestral', steps: 20 }, sde)).toMatchObject({ name: 'uni-pc', origin: 'asked for', steps: 7, words: 'UniPC-2, 7 steps' })
    expect(samplingPlan({ sampler: 'uni-pc' }, { sampler: 'ancestral', steps: 1000 }, sde)).toMatchObject({ steps: 20 })
  })

  it.each([
    [1000, 100, 20, 'every 100 steps'],
    [20, 2, 1, 'every 2 steps'],
    [7, 1, 1, 'after every step'],
  ])('of %d steps shows its states every %d, and every %d', (steps, tenth, fiftieth, words) => {
    expect(samplingPlan({ steps }, { sampler: 'ancestral', steps: 20 }, sde).shown).toEqual({ tenth, fiftieth, words })
  })
})
