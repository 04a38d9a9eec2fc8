import type { SamplerName } from '../images/sampler-choice'
import type { Profile } from '../options'

/** What is compared. */
export interface CompareSettings {
  /** The samplers, those of the probability flow and those of the reverse SDE. */
  readonly samplers: readonly SamplerName[]
  /** Evaluations of the network that an image may take: each sampler takes as many steps as fit. */
  readonly budgets: readonly number[]
  /** Budgets whose images are shown. */
  readonly shown: readonly number[]
}

const samplers = [
  'euler', 'heun', 'ddim', 'edm-heun', 'dpm-solver-plus-plus-2m', 'dpm-solver-plus-plus-3m', 'uni-pc', 'dormand-prince',
  'euler-maruyama', 'ancestral', 'predictor-corrector', 'stochastic-improved-euler', 'sde-dpm-solver-plus-plus', 'adaptive-sde',
] as const satisfies readonly SamplerName[]

/** Per profile. `quick` evaluates its network about 3000 times on each of four batches of 64 images. */
export const compareSettings: Readonly<Record<Profile, CompareSettings>> = {
  smoke: { samplers, budgets: [5, 10], shown: [10] },
  quick: { samplers, budgets: [5, 10, 20, 50, 100], shown: [10, 50] },
  full: { samplers, budgets: [5, 10, 20, 50, 100], shown: [10, 50] },
}
