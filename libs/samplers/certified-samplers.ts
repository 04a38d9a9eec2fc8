/*
 * The samplers whose order is proven, with the laws that show it: one table for the tests and for docs/order-certificates.md.
 */
import type { HostState, Sampler } from '@sbgm/sde-core'
import { ancestral } from './src/ancestral'
import { ddim } from './src/ddim'
import { dpmSolver2, dpmSolver3, dpmSolverPlusPlus2S } from './src/dpm-solver'
import { dpmSolverPlusPlus2M, dpmSolverPlusPlus3M } from './src/dpm-solver-plus-plus'
import { edmHeun } from './src/edm-heun'
import { euler } from './src/euler'
import { eulerMaruyama } from './src/euler-maruyama'
import { heun } from './src/heun'
import { reverseDiffusion } from './src/reverse-diffusion'
import { rungeKutta4 } from './src/runge-kutta-4'
import { sdeDpmSolverPlusPlus } from './src/sde-dpm-solver-plus-plus'
import { stochasticImprovedEuler } from './src/stochastic-improved-euler'
import { uniPc } from './src/uni-pc'

/** A law, and what a sampler's error on it shows under the VP SDE. */
export interface Evidence {
  /** G = N(½, ½²), or the mixture of three Gaussians M3. */
  readonly law: 'G' | 'M3'
  /** Where the flow's path begins at t = 1; of no account for stochastic samplers. @defaultValue 1 */
  readonly start?: number
  /** Whether the error falls with the order itself or, as its leading terms cancel or come from the start, at least with it. @defaultValue 'the order' */
  readonly shows?: 'the order' | 'at least the order'
  /** Known errors, of the endpoint at 20, 40, 80 and 160 steps, or of the law (W2) at 20, 80 and 320; as many digits as are known. */
  readonly errors?: string
}

/** A sampler with the evidence for its order. */
export interface CertifiedSampler {
  /** The call that makes it, as its user writes it. */
  readonly call: string
  /** The sampler. */
  readonly sampler: Sampler<HostState>
  /** What shows its order. */
  readonly evidence: readonly Evidence[]
}

/** Deterministic samplers of the probability flow. */
export const deterministicSamplers: readonly CertifiedSampler[] = [
  {
    call: 'euler()',
    sampler: euler(),
    evidence: [
      { law: 'G', errors: '1.7e-2 8.3e-3 4.1e-3 2.0e-3' },
      { law: 'M3', errors: '5.8e-2 2.7e-2 1.3e-2 6.4e-3' },
    ],
  },
  { call: 'heun()', sampler: heun(), evidence: [{ law: 'G', errors: '1.3e-3 2.8e-4 6.4e-5 1.5e-5' }] }, // on M3 its error changes sign
  {
    call: 'rungeKutta4()',
    sampler: rungeKutta4(),
    evidence: [
      { law: 'G', errors: '5.5e-6 3.7e-7 2.4e-8 1.5e-9' },
      { law: 'M3', errors: '4.2e-5 2.9e-6 1.9e-7 1.2e-8' },
    ],
  },
  { call: 'edmHeun()', sampler: edmHeun(), evidence: [{ law: 'G' }, { law: 'M3' }] }, // its known errors are those on its own grid
  {
    call: 'ddim()',
    sampler: ddim(),
    evidence: [
      { law: 'G', errors: '4.8e-2 2.5e-2 1.2e-2 6.3e-3' },
      { law: 'M3', errors: '1.8e-1 7.4e-2 3.4e-2 1.6e-2' },
    ],
  },
  {
    call: 'dpmSolver2()',
    sampler: dpmSolver2(),
    evidence: [
      { law: 'G', errors: '5.5e-3 1.3e-3 3.3e-4 8.1e-5' },
      { law: 'M3', errors: '1.1e-2 2.8e-3 6.9e-4 1.7e-4' },
    ],
  },
  {
    call: 'dpmSolver3()',
    sampler: dpmSolver3(),
    evidence: [
      { law: 'G', errors: '5.6e-5 6.1e-6 7.0e-7 8.4e-8' },
      { law: 'M3', errors: '1.3e-4 1.7e-5 2.3e-6 2.9e-7' },
    ],
  },
  {
    call: 'dpmSolverPlusPlus2S()',
    sampler: dpmSolverPlusPlus2S(),
    evidence: [
      { law: 'G', errors: '4.7e-3 1.2e-3 3.1e-4 7.9e-5' },
      { law: 'M3', errors: '1.4e-2 3.5e-3 9.0e-4 2.3e-4' },
    ],
  },
  {
    call: 'dpmSolverPlusPlus2M()',
    sampler: dpmSolverPlusPlus2M(),
    evidence: [
      { law: 'G', errors: '4.3e-3 1.2e-3 3.0e-4 7.7e-5' },
      { law: 'M3', errors: '8.6e-3 2.1e-3 5.1e-4 1.3e-4' },
    ],
  },
  {
    call: 'dpmSolverPlusPlus3M()',
    sampler: dpmSolverPlusPlus3M(),
    evidence: [{ law: 'G', shows: 'at least the order' }, { law: 'M3', start: 2 }, { law: 'M3', start: -1 }],
  },
  {
    call: "dpmSolverPlusPlus3M({ start: 'lower-order' })",
    sampler: dpmSolverPlusPlus3M({ start: 'lower-order' }),
    evidence: [
      { law: 'G', shows: 'at least the order' },
      { law: 'M3', start: 2, shows: 'at least the order' },
    ],
  },
  {
    call: 'uniPc({ order: 1 })',
    sampler: uniPc({ order: 1 }),
    evidence: [
      { law: 'G', errors: '1.5e-2 3.9e-3 9.7e-4 2.4e-4' },
      { law: 'M3', errors: '4.5e-2 1.1e-2 2.7e-3 6.7e-4' },
    ],
  },
  {
    call: 'uniPc()',
    sampler: uniPc(),
    evidence: [
      { law: 'G', errors: '2.7e-3 3.6e-4 4.5e-5 5.6e-6' },
      { law: 'M3', errors: '2.8e-3 4.1e-4 6.1e-5 8.5e-6' },
    ],
  },
  {
    call: 'uniPc({ order: 3 })', // on M3 its error changes sign
    sampler: uniPc({ order: 3 }),
    evidence: [{ law: 'G', shows: 'at least the order', errors: '2.0e-4 2.7e-5 2.2e-6 1.5e-7' }],
  },
]

/** Stochastic samplers of the reverse SDE, on G. */
export const stochasticSamplers: readonly CertifiedSampler[] = [
  { call: 'eulerMaruyama()', sampler: eulerMaruyama(), evidence: [{ law: 'G', errors: '4.7e-2 1.06e-2 2.59e-3' }] },
  { call: 'stochasticImprovedEuler()', sampler: stochasticImprovedEuler(), evidence: [{ law: 'G', errors: '7.4e-3 3.7e-4 2.2e-5' }] },
  { call: 'reverseDiffusion()', sampler: reverseDiffusion(), evidence: [{ law: 'G', errors: '9.6e-2 2.2e-2 5.4e-3' }] },
  { call: 'ancestral()', sampler: ancestral(), evidence: [{ law: 'G', errors: '4.7e-2 1.1e-2 2.8e-3' }] },
  { call: "ancestral({ variance: 'posterior' })", sampler: ancestral({ variance: 'posterior' }), evidence: [{ law: 'G', errors: '8.6e-2 2.4e-2 6.3e-3' }] },
  { call: 'ddim({ eta: 0.5 })', sampler: ddim({ eta: 0.5 }), evidence: [{ law: 'G', errors: '5.6e-2 1.5e-2 3.9e-3' }] },
  { call: 'ddim({ eta: 1 })', sampler: ddim({ eta: 1 }), evidence: [{ law: 'G', errors: '8.6e-2 2.4e-2 6.3e-3' }] },
  { call: 'sdeDpmSolverPlusPlus({ order: 1 })', sampler: sdeDpmSolverPlusPlus({ order: 1 }), evidence: [{ law: 'G', errors: '8.6e-2 2.4e-2 6.3e-3' }] },
  { call: 'sdeDpmSolverPlusPlus()', sampler: sdeDpmSolverPlusPlus(), evidence: [{ law: 'G', errors: '1.0e-2 8.0e-4 5.1e-5' }] },
  {
    call: "sdeDpmSolverPlusPlus({ variant: 'heun' })",
    sampler: sdeDpmSolverPlusPlus({ variant: 'heun' }),
    evidence: [{ law: 'G', errors: '2.8e-2 1.7e-3 1.05e-4' }],
  },
]

/** A sampler that claims no order, with what its tests show in its place. */
export interface UncertifiedSampler {
  /** The call that makes it, as its user writes it. */
  readonly call: string
  /** Why it has none. */
  readonly why: string
  /** What is shown. */
  readonly shown: string
  /** The file that shows it, in `src`. */
  readonly test: string
}

/** Samplers whose error is not governed by the grid. */
export const uncertifiedSamplers: readonly UncertifiedSampler[] = [
  {
    call: 'dormandPrince()',
    why: 'chooses its own steps',
    shown: "SciPy's values and numbers of evaluations to 1e-12; errors that fall with the tolerance",
    test: 'dormand-prince.test.ts',
  },
  {
    call: 'adaptiveSde()',
    why: 'chooses its own steps',
    shown: 'a weak error that falls with the tolerance; the law of a mixture and of pure diffusion, unbiased, by five standard errors',
    test: 'adaptive-sde.test.ts',
  },
  {
    call: 'predictorCorrector(predictor)',
    why: "the corrector's error does not fall with the grid",
    shown: 'the stationary variance Σ/(1 − e/(2Σ)) of a fixed step e, to 1e-12; that of norms; each rule of the step size',
    test: 'predictor-corrector.test.ts',
  },
  { call: 'annealedLangevin()', why: 'no predictor: levels stand in for time', shown: 'its equation to 1e-14; the weights of a mixture', test: 'annealed-langevin.test.ts' },
  {
    call: 'edmHeun({ churn })',
    why: 'the churn of a level depends on the number of levels',
    shown: 'the published algorithm to 1e-13; a law that comes to the exact one on finer grids',
    test: 'edm-heun.test.ts',
  },
]
