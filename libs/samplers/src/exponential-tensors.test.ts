import '@tensorflow/tfjs-backend-cpu'
import {
  gaussianTarget,
  lambdaGrid,
  probabilityFlow,
  reverseSde,
  scalarMixtureTarget,
  tensorSpace,
  timeGrid,
  vpSde,
  type Predictor,
  type Sampler,
  type VectorSpace,
} from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { fill, mul, setBackend, tensor2d, type Tensor } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { clipTo } from './clip-to'
import { correctData } from './correct-data'
import { ddim } from './ddim'
import { dpmSolver2, dpmSolver3, dpmSolverPlusPlus2S } from './dpm-solver'
import { dpmSolverPlusPlus2M, dpmSolverPlusPlus3M } from './dpm-solver-plus-plus'
import { lastState, sample } from './sample'
import type { SampleRun } from './sample-run'
import { sdeDpmSolverPlusPlus } from './sde-dpm-solver-plus-plus'
import { itRunsOnTensors } from './tensor-path.fixture'
import { uniPc } from './uni-pc'

beforeAll(() => setBackend('cpu'))

const sde = vpSde()
const target = scalarMixtureTarget({ sde, weights: [0.3, 0.5, 0.2], means: [-1.2, 0.4, 1.8], stds: [0.25, 0.35, 0.2] })

const makers: readonly { name: string; make: <X>() => Sampler<X> }[] = [
  { name: 'DDIM', make: ddim },
  { name: 'DDIM with η = ½', make: () => ddim({ eta: 0.5 }) },
  { name: 'DPM-Solver-2', make: dpmSolver2 },
  { name: 'DPM-Solver-3', make: dpmSolver3 },
  { name: 'DPM-Solver++(2S)', make: dpmSolverPlusPlus2S },
  { name: 'DPM-Solver++(2M)', make: dpmSolverPlusPlus2M },
  { name: 'DPM-Solver++(3M)', make: dpmSolverPlusPlus3M },
  { name: 'SDE-DPM-Solver++(1)', make: () => sdeDpmSolverPlusPlus({ order: 1 }) },
  { name: 'SDE-DPM-Solver++(2M)', make: sdeDpmSolverPlusPlus },
  { name: 'UniPC-1', make: () => uniPc({ order: 1 }) },
  { name: 'UniPC-2', make: uniPc },
  { name: 'UniPC-3', make: () => uniPc({ order: 3 }) },
]

describe.each(makers)('$name', ({ make }) => {
  const dynamicsOf = <X>(space: VectorSpace<X>) => (make<X>().stochastic ? reverseSde : probabilityFlow)(sde, target.predictor('noise', space), space)

  itRunsOnTensors({ sde, dynamicsOf, make, grid: (steps) => lambdaGrid(sde.schedule, { from: 1, to: 1e-3, steps }) })

  describe('leaves no tensor and no buffer behind', () => {
    const exact = gaussianTarget({ sde, mean: 0.5, std: 0.5 }).predictor('noise', tensorSpace)
    const failing = (): never => {
      throw new Error('on purpose')
    }
    /** The exact noise model, whose evaluation number `at` is replaced. */
    const exceptAt = (at: number, replaced: (x: Tensor) => Tensor): Predictor<'noise'> => {
      let evaluations = 0
      return { ...exact, evaluate: (x, t) => (++evaluations === at ? replaced(x) : exact.evaluate(x, t)) }
    }
    const runOf = (x: Tensor, model: Predictor<'noise' | 'data'> = exact): SampleRun => ({
      dynamics: (make().stochastic ? reverseSde : probabilityFlow)(sde, model, tensorSpace),
      sampler: make(), grid: timeGrid([1, 0.9, 0.7, 0.4, 0.2, 0]), space: tensorSpace, x, seed: 0,
    })
    const leakOf = (action: (x: Tensor) => Promise<unknown>) =>
      tensorLeak(async () => {
        const x = tensor2d([[-1], [0.3], [2]])
        await action(x)
        expect(x.isDisposed).toBe(false) // arguments are borrowed
        x.dispose()
      })
    const endOf = async (run: SampleRun) => (await lastState(run)).dispose()

    it('after a run to σ = 0, with every last step, with a constraint, and with a clipped model', async () => {
      for (const lastStep of ['mean', 'sample', 'tweedie'] as const) {
        expect(await leakOf((x) => endOf({ ...runOf(x), lastStep }))).toEqual(noLeak)
        expect(await leakOf((x) => endOf({ ...runOf(x), lastStep, constraint: (y) => mul(y, 1) }))).toEqual(noLeak)
        expect(await leakOf((x) => endOf({ ...runOf(x, correctData(exact, clipTo(), { sde, space: tensorSpace })), lastStep }))).toEqual(noLeak)
      }
    })

    it('when it is left after its third event, while it remembers', async () => {
      const leak = await leakOf(async (x) => {
        for await (const event of sample(runOf(x))) if (event.index === 3) break
      })
      expect(leak).toEqual(noLeak)
    })

    it.each([1, 2, 3, 4, 5, 6, 7])('when evaluation %i throws, returns NaN or another shape', async (at) => {
      for (const replaced of [failing, (y: Tensor) => fill(y.shape, NaN), () => tensor2d([[1, 2]])]) {
        expect(await leakOf((x) => endOf(runOf(x, exceptAt(at, replaced))).catch(() => {}))).toEqual(noLeak)
      }
    })

    it.each([1, 2, 3, 4, 5, 6])('when call %i of the constraint throws', async (at) => {
      const leak = await leakOf(async (x) => {
        let calls = 0
        await endOf({ ...runOf(x), constraint: (y: Tensor) => (++calls === at ? failing() : mul(y, 1)) }).catch(() => {})
        expect(calls).toBeGreaterThanOrEqual(Math.min(at, 5))
      })
      expect(leak).toEqual(noLeak)
    })

    it.each([1, 3])('when noise cannot be drawn in step %i', async (at) => {
      let draws = 0
      const space = { ...tensorSpace, normal: (...args: Parameters<typeof tensorSpace.normal>) => (++draws === at ? failing() : tensorSpace.normal(...args)) }
      expect(await leakOf((x) => endOf({ ...runOf(x), space }).catch(() => {}))).toEqual(noLeak)
    })
  })
})
