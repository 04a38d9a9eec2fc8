import '@tensorflow/tfjs-backend-cpu'
import {
  forwardSde,
  probabilityFlow,
  reverseSde,
  samplePrior,
  scalarMixtureTarget,
  tensorSpace,
  uniformGrid,
  vpSde,
  type Dynamics,
  type Sampler,
  type VectorSpace,
} from '@sbgm/sde-core'
import { setBackend, type Tensor } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
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
import { itRunsOnTensors } from './tensor-path.fixture'

beforeAll(() => setBackend('cpu'))

const sde = vpSde()
const target = scalarMixtureTarget({ sde, weights: [0.3, 0.5, 0.2], means: [-1.2, 0.4, 1.8], stds: [0.25, 0.35, 0.2] })

type Kind = Dynamics['kind']

const dynamicsOf = <X>(kind: Kind, space: VectorSpace<X>): Dynamics<X> => {
  if (kind === 'forward') return forwardSde(sde, space)
  return (kind === 'reverse' ? reverseSde : probabilityFlow)(sde, target.predictor('noise', space), space)
}

/** Every sampler with every dynamics that it takes; each for any space. */
const runs: readonly { name: string; kind: Kind; make: <X>() => Sampler<X> }[] = [
  { name: 'Euler–Maruyama', kind: 'forward', make: eulerMaruyama },
  { name: 'Euler–Maruyama', kind: 'reverse', make: eulerMaruyama },
  { name: 'reverse diffusion', kind: 'reverse', make: reverseDiffusion },
  { name: 'ancestral (transition variance)', kind: 'reverse', make: ancestral },
  { name: 'ancestral (posterior variance)', kind: 'reverse', make: () => ancestral({ variance: 'posterior' }) },
  { name: 'Euler', kind: 'probability-flow', make: euler },
  { name: 'Heun', kind: 'probability-flow', make: heun },
  { name: 'Runge–Kutta 4', kind: 'probability-flow', make: rungeKutta4 },
  { name: 'EDM Heun', kind: 'probability-flow', make: edmHeun },
  { name: 'EDM Heun with churn', kind: 'probability-flow', make: () => edmHeun({ churn: 10 }) },
  { name: 'Dormand–Prince', kind: 'probability-flow', make: dormandPrince },
  { name: 'stochastic improved Euler', kind: 'reverse', make: stochasticImprovedEuler },
  { name: 'the adaptive SDE solver', kind: 'reverse', make: adaptiveSde },
  { name: 'the adaptive SDE solver', kind: 'forward', make: adaptiveSde },
  { name: 'annealed Langevin dynamics', kind: 'reverse', make: annealedLangevin },
  { name: 'predictor and corrector', kind: 'reverse', make: <X>() => predictorCorrector(eulerMaruyama<X>(), { stepSize: 'noise-level' }) },
]

describe.each(runs)('$name on the $kind dynamics', ({ kind, make }) => {
  const ends = kind === 'forward' ? { from: 1e-3, to: 1 } : { from: 1, to: 1e-3 }

  itRunsOnTensors({ sde, dynamicsOf: (space) => dynamicsOf(kind, space), make, grid: (steps) => uniformGrid({ ...ends, steps }) })
})

describe('noise of a run', () => {
  const run = (options: { seed?: number; stream?: string; firstSample?: number }) => {
    const x = samplePrior<Tensor>({ sde, space: tensorSpace, shape: [3, 2], seed: 1 })
    return lastState({ dynamics: forwardSde(sde, tensorSpace), sampler: eulerMaruyama(), grid: uniformGrid({ from: 0, to: 1, steps: 3 }), space: tensorSpace, x, seed: 1, ...options })
  }

  it('is another for another seed, stream or first sample, and the same for the same', async () => {
    const ends = await Promise.all([{}, { seed: 2 }, { stream: 'other' }, { firstSample: 1 }, { stream: 'sampler' }].map(run))
    const [first, ...others] = await Promise.all(ends.map((end) => end.data()))
    expect(others.map((other) => other.every((value, i) => value === first[i]))).toEqual([false, false, false, true])
    expect(others.slice(0, 3).every((other) => other.every((value, i) => value !== first[i]))).toBe(true)
  })
})
