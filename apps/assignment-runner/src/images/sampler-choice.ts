import {
  adaptiveSde, ancestral, annealedLangevin, clipTo, correctData, ddim, dormandPrince, dpmSolver2, dpmSolver3, dpmSolverPlusPlus2M,
  dpmSolverPlusPlus2S, dpmSolverPlusPlus3M, edmHeun, euler, eulerMaruyama, heun, networkGrid, predictorCorrector, reverseDiffusion,
  rungeKutta4, sdeDpmSolverPlusPlus, stochasticImprovedEuler, uniPc,
} from '@sbgm/samplers'
import { karrasGrid, probabilityFlow, reverseSde, tensorSpace, uniformGrid, type Dynamics, type Prediction, type Predictor, type Sampler, type Sde, type TimeGrid } from '@sbgm/sde-core'
import { UsageError } from '../errors'

/** A sampler as `--sampler` offers it. */
interface SamplerMethod {
  /** As people write it, such as `DPM-Solver++(2M)`. */
  readonly title: string
  /** What it simulates. */
  readonly kind: 'reverse' | 'probability-flow'
  /** Makes it. */
  readonly make: () => Sampler
  /** Number of steps where none is asked for. */
  readonly steps: number | 'its own choice'
  /** The fewest steps in which it is what its name says: a multistep method of order p needs p. @defaultValue 1 */
  readonly leastSteps?: number
  /** Its grid between the ends of `networkGrid`. @defaultValue equal steps of λ = ln(α/σ), those of `networkGrid` */
  readonly grid?: 'karras'
}

/** Of an adaptive solver of the flow, an eighth of a grey level: with 1e-5 the round-off of a network makes it take five times as many evaluations. */
const pixelTolerance = { absolute: 1e-3, relative: 1e-3 }

/** Every sampler of `@sbgm/samplers` that draws images, by the name that `--sampler` takes. */
const methods = {
  'euler-maruyama': { title: 'Euler–Maruyama', kind: 'reverse', make: eulerMaruyama, steps: 200 },
  'reverse-diffusion': { title: 'reverse diffusion', kind: 'reverse', make: reverseDiffusion, steps: 200 },
  'ancestral': { title: 'ancestral sampling', kind: 'reverse', make: ancestral, steps: 200 },
  'ancestral-posterior': { title: "ancestral sampling with the posterior's variance", kind: 'reverse', make: () => ancestral({ variance: 'posterior' }), steps: 100 },
  'predictor-corrector': { title: 'reverse diffusion with a Langevin corrector', kind: 'reverse', make: () => predictorCorrector(reverseDiffusion()), steps: 200 },
  'annealed-langevin': { title: 'annealed Langevin dynamics', kind: 'reverse', make: annealedLangevin, steps: 1000 },
  'stochastic-improved-euler': { title: 'stochastic improved Euler', kind: 'reverse', make: stochasticImprovedEuler, steps: 50 },
  'adaptive-sde': { title: 'the adaptive SDE solver', kind: 'reverse', make: adaptiveSde, steps: 'its own choice' },
  'sde-dpm-solver-plus-plus': { title: 'SDE-DPM-Solver++(2M)', kind: 'reverse', make: sdeDpmSolverPlusPlus, steps: 50, leastSteps: 2 },
  'euler': { title: "Euler's method", kind: 'probability-flow', make: euler, steps: 100 },
  'heun': { title: "Heun's method", kind: 'probability-flow', make: heun, steps: 20 },
  'runge-kutta-4': { title: 'Runge–Kutta 4', kind: 'probability-flow', make: rungeKutta4, steps: 20 },
  'dormand-prince': { title: 'Dormand–Prince 5(4)', kind: 'probability-flow', make: () => dormandPrince({ tolerance: pixelTolerance }), steps: 'its own choice' },
  'edm-heun': { title: "EDM's Heun", kind: 'probability-flow', make: edmHeun, steps: 20, grid: 'karras' },
  'ddim': { title: 'DDIM', kind: 'probability-flow', make: ddim, steps: 50 },
  'dpm-solver-2': { title: 'DPM-Solver-2', kind: 'probability-flow', make: dpmSolver2, steps: 20 },
  'dpm-solver-3': { title: 'DPM-Solver-3', kind: 'probability-flow', make: dpmSolver3, steps: 10 },
  'dpm-solver-plus-plus-2s': { title: 'DPM-Solver++(2S)', kind: 'probability-flow', make: dpmSolverPlusPlus2S, steps: 20 },
  'dpm-solver-plus-plus-2m': { title: 'DPM-Solver++(2M)', kind: 'probability-flow', make: dpmSolverPlusPlus2M, steps: 20, leastSteps: 2 },
  'dpm-solver-plus-plus-3m': { title: 'DPM-Solver++(3M)', kind: 'probability-flow', make: dpmSolverPlusPlus3M, steps: 20, leastSteps: 3 },
  'uni-pc': { title: 'UniPC-2', kind: 'probability-flow', make: uniPc, steps: 20, leastSteps: 2 },
  'uni-pc-3': { title: 'UniPC-3', kind: 'probability-flow', make: () => uniPc({ order: 3 }), steps: 20, leastSteps: 3 },
} as const satisfies Readonly<Record<string, SamplerMethod>>

/** Name of a sampler that draws images, in the field's words. */
export type SamplerName = keyof typeof methods

/** All of them. */
export const samplerNames = Object.keys(methods) as SamplerName[]

/** What the table says of a sampler. */
export const samplerMethod = (name: SamplerName): SamplerMethod => methods[name]

/**
 * How images are drawn: all that a run of a sampler needs but model and noise.
 *
 * ```ts
 * const plan = samplingPlan(context.options, { sampler: 'euler-maruyama', steps: settings.sampling.steps }, sde)
 * const run = { dynamics: plan.dynamics(model, sde), sampler: plan.sampler, grid: plan.grid }
 * ```
 */
export interface SamplingPlan {
  /** The sampler's name. */
  readonly name: SamplerName
  /** As people write it, such as `DPM-Solver++(2M)`. */
  readonly title: string
  /** Whether it is what the part does where no sampler is asked for, or the one that was. */
  readonly origin: "the part's own" | 'asked for'
  /** The method. */
  readonly sampler: Sampler
  /** The times, downwards. Of an adaptive sampler: those at which its states are shown. */
  readonly grid: TimeGrid
  /** Number of steps. */
  readonly steps: number | 'its own choice'
  /** Evaluations of the model that an image takes; not known beforehand for an adaptive sampler. */
  readonly evaluations: number | 'as many as it takes'
  /** When states on the way are shown. */
  readonly shown: ShownStates
  /** What it is, within a sentence: `DPM-Solver++(2M), 20 steps`. */
  readonly words: string
  /** Where the times lie and what is done to the model: `equal steps of λ = ln(α/σ) from t = 0.80 to 1.1e-3, x̂_0 clipped to [−1, 1]`. */
  readonly conditions: string
  /** What moves the states: the reverse SDE or the probability flow of a model, clipped where that is part of the plan. */
  dynamics(model: Predictor<Prediction>, sde: Sde): Dynamics
}

/** When the states on the way are shown: steps, or intervals of an adaptive sampler's grid, between two of them. */
export interface ShownStates {
  /** For about ten of them. */
  readonly tenth: number
  /** For about fifty. */
  readonly fiftieth: number
  /** The former within a sentence: `every 100 steps`. */
  readonly words: string
}

/** What of the command line chooses a sampler. */
export interface SamplerOptions {
  /** `--sampler`. */
  readonly sampler?: SamplerName | undefined
  /** `--steps`. */
  readonly steps?: number | undefined
}

/** How a part samples where nothing is asked for. */
export interface OwnSampling {
  readonly sampler: SamplerName
  readonly steps: number
}

/**
 * How a part draws its images: by the sampler that was asked for, as {@link networkPlan} has it; else by its own, in equal steps of t
 * from tMax to 0 and with the model as it is, as many as were asked for or the part has.
 *
 * @param options - the command line
 * @param own - of the part
 * @param sde - which the model was trained for
 */
export function samplingPlan({ sampler, steps }: SamplerOptions, own: OwnSampling, sde: Sde): SamplingPlan {
  return sampler === undefined ? ownPlan({ ...own, steps: steps ?? own.steps }, sde) : networkPlan(sampler, steps, sde)
}

/** The part's own way: equal steps of t from tMax to 0, the model as it is. */
export function ownPlan({ sampler: name, steps }: OwnSampling, sde: Sde): SamplingPlan {
  return planOf(name, {
    origin: "the part's own", steps,
    grid: uniformGrid({ from: sde.tMax, to: 0, steps }),
    conditions: `equal steps of t from ${sde.tMax} to 0`,
    model: (model) => model,
  })
}

/** How often the states of an adaptive sampler are shown. */
const shownStates = 10

/**
 * A sampler as it is safe on trained networks of data in [−1, 1]: between the ends of `networkGrid`, with the denoised sample
 * clipped (`docs/decisions/sampling-real-networks.md`).
 *
 * @param steps - @defaultValue as many as suit the sampler
 * @throws {UsageError} as {@link checkSteps}
 */
export function networkPlan(name: SamplerName, steps: number | undefined, sde: Sde): SamplingPlan {
  checkSteps({ sampler: name, steps })
  const method = samplerMethod(name)
  const wanted = steps ?? method.steps
  const grid = gridOf(method, typeof wanted === 'number' ? wanted : shownStates, sde)
  const spacing = typeof wanted === 'number' ? (method.grid === 'karras' ? "EDM's steps of σ/α (ρ = 7)" : 'equal steps of λ = ln(α/σ)') : 'steps of its own choice'
  const [from, to] = [grid[0], grid[grid.length - 1]]
  return planOf(name, {
    origin: 'asked for', steps: wanted, grid,
    conditions: `${spacing} from t = ${from.toFixed(2)} to ${to.toPrecision(2)}, x̂_0 clipped to [−1, 1]`,
    model: (model) => correctData(model, clipTo(), { sde, space: tensorSpace }),
  })
}

function gridOf({ grid }: SamplerMethod, steps: number, sde: Sde): TimeGrid {
  const whole = networkGrid(sde, { steps })
  return grid === 'karras' ? karrasGrid(sde.schedule, { from: whole[0], to: whole[steps], steps }) : whole
}

interface PlanParts extends Pick<SamplingPlan, 'origin' | 'steps' | 'grid' | 'conditions'> {
  readonly model: (model: Predictor<Prediction>) => Predictor<Prediction>
}

function planOf(name: SamplerName, { model: asUsed, ...plan }: PlanParts): SamplingPlan {
  const { title, kind, make } = samplerMethod(name)
  const sampler = make()
  const { evaluationsPerStep, startUpEvaluations = 0 } = sampler
  const intervals = plan.grid.length - 1
  const tenth = Math.ceil(intervals / 10)
  return {
    ...plan, name, title, sampler,
    evaluations: evaluationsPerStep === 'adaptive' ? 'as many as it takes' : intervals * evaluationsPerStep + startUpEvaluations,
    shown: { tenth, fiftieth: Math.ceil(intervals / 50), words: typeof plan.steps !== 'number' ? `at ${intervals + 1} of its times` : tenth === 1 ? 'after every step' : `every ${tenth} steps` },
    words: typeof plan.steps === 'number' ? `${title}, ${plan.steps} ${plan.steps === 1 ? 'step' : 'steps'}` : `${title}, steps of its own choice`,
    dynamics: (model, sde) => (kind === 'reverse' ? reverseSde : probabilityFlow)(sde, asUsed(model), tensorSpace),
  }
}

/**
 * Checks that a number of steps goes with a sampler.
 *
 * @throws {UsageError} for an adaptive sampler, which takes none, and for fewer than it needs; with what to give instead.
 */
export function checkSteps({ sampler, steps }: SamplerOptions): void {
  if (sampler === undefined || steps === undefined) return
  const { steps: usual, leastSteps = 1, kind } = samplerMethod(sampler)
  if (typeof usual !== 'number') {
    const fixed = kind === 'reverse' ? 'stochastic-improved-euler' : 'runge-kutta-4'
    throw new UsageError(`--steps does not go with --sampler ${sampler}, which chooses its own steps; got ${steps}. Drop it, or give --sampler ${fixed}.`)
  }
  if (steps < leastSteps) throw new UsageError(`--steps must be at least ${leastSteps} for --sampler ${sampler}; got ${steps}. Give more, or --sampler ddim.`)
}
