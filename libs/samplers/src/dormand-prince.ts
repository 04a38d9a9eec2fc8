import { InvalidArgumentError, type Sampler, type Tolerance } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { adaptiveSampler } from './adaptive-sampler'
import { completeTolerance } from './adaptive-tolerance'
import { dormandPrinceMethod } from './dormand-prince-method'
import { checkBudget } from './evaluation-budget'
import { requireProbabilityFlow } from './probability-flow-step'

/** Settings of {@link dormandPrince}. */
export interface DormandPrinceOptions {
  /**
   * Error that a step may make, root mean square over the elements of absolute + relative · max(|x|, |x_new|). Tensors (float32) show
   * nothing below 2⁻²⁰ = 9.5e-7.
   *
   * @defaultValue absolute 1e-5, relative 1e-5
   */
  readonly tolerance?: Partial<Tolerance>
  /**
   * Whose error decides: `sample`, each sample's own, so that its steps do not depend on its neighbours; `batch`, one norm over the
   * whole batch, and one step for all, as SciPy's `solve_ivp` does for the batch as one vector.
   *
   * @defaultValue 'sample'
   */
  readonly norm?: 'sample' | 'batch'
  /** Evaluations of the model, of the whole batch, that a run may take; at least 8. @defaultValue 10000 */
  readonly maxEvaluations?: number
}

/**
 * The embedded Runge–Kutta pair of Dormand and Prince on the probability flow, either direction of time: it takes steps of order 5, of
 * the length at which its estimate of the error, by a method of order 4, meets the tolerance. It claims no order; its error falls with
 * the tolerance. Two evaluations to begin with, then six for each trial of a step: 50 to 150 in all for 1e-5.
 *
 * A grid of two times, `timeGrid([1, 1e-3])`, is the usual one. More times are met exactly, and the next step is as long as it would
 * have been, for one evaluation more at each. All samples make their trials together, and those that have arrived stand still, so a
 * batch takes as many evaluations as its slowest sample; a `constraint` costs one evaluation more for each trial, and is applied once
 * for each of the times that samples have reached. Where σ = 0 at max(s, tMin), it goes to σ/α = √tolerance/10 and from there to
 * x_s = α_s x̂_0.
 *
 * @param options - tolerance, norm and budget
 * @returns a sampler whose steps throw InvalidArgumentError on any dynamics but a probability flow, for a tolerance that the space's
 * numbers cannot show or no step meets, and when the budget is spent (it names the time reached); NonFiniteError, with the time, where
 * the error is no number
 * @throws InvalidArgumentError for a tolerance that is negative or 0 altogether, a norm of another name, a budget below one step.
 * @see Dormand and Prince 1980; Hairer, Nørsett and Wanner 1993, *Solving Ordinary Differential Equations I*, section II.4 (the choice of
 * steps); Song et al. 2021, arXiv:2011.13456, appendix D.4 (its use with score models).
 */
export function dormandPrince<X = Tensor>({ tolerance: given = {}, norm = 'sample', maxEvaluations = 10_000 }: DormandPrinceOptions = {}): Sampler<X> {
  const tolerance = completeTolerance(given, { absolute: 1e-5, relative: 1e-5 })
  if (norm !== 'sample' && norm !== 'batch') throw new InvalidArgumentError('norm', norm, "'sample' or 'batch'")
  checkBudget(maxEvaluations, 8)
  return adaptiveSampler<X>({
    name: `dormand-prince(${norm})`,
    stochastic: false,
    settings: { ...tolerance, maxEvaluations },
    tolerance,
    maxEvaluations,
    checkDynamics: (dynamics) => requireProbabilityFlow('dormandPrince()', dynamics),
    begin: (start) => dormandPrinceMethod(start, tolerance, norm),
  })
}
