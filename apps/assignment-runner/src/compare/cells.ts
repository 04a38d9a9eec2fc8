import type { Sde } from '@sbgm/sde-core'
import { networkPlan, samplerMethod, type SamplerName, type SamplingPlan } from '../images/sampler-choice'
import type { CompareSettings } from './settings'

/** One sampler with one budget. */
export interface Cell {
  /** Evaluations that an image may take; an adaptive sampler takes none. */
  readonly budget: number | 'none'
  /** How its images are drawn. */
  readonly plan: SamplingPlan
  /** Name of its files. */
  readonly name: string
}

/** Each sampler with each budget in which it is what its name says, in as many steps as fit; an adaptive one once. */
export const cellsOf = ({ samplers, budgets }: CompareSettings, sde: Sde): readonly Cell[] =>
  samplers.flatMap((sampler) => (samplerMethod(sampler).steps === 'its own choice' ? [adaptive(sampler, sde)] : budgets.flatMap((budget) => fitting(sampler, budget, sde))))

const adaptive = (sampler: SamplerName, sde: Sde): Cell => ({ budget: 'none', plan: networkPlan(sampler, undefined, sde), name: sampler })

function fitting(sampler: SamplerName, budget: number, sde: Sde): Cell[] {
  const { make, leastSteps = 1 } = samplerMethod(sampler)
  const { evaluationsPerStep, startUpEvaluations = 0 } = make()
  const steps = Math.floor((budget - startUpEvaluations) / Number(evaluationsPerStep))
  return steps < leastSteps ? [] : [{ budget, plan: networkPlan(sampler, steps, sde), name: `${sampler}-${steps}` }]
}
