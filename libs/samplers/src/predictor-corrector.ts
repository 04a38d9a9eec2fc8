import { InvalidArgumentError, type Sampler, type StepInput, type StepResult } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { langevinCorrector, type LangevinOptions } from './langevin-corrector'
import { isNoisy } from './probability-flow-step'

/** Settings of {@link predictorCorrector}. */
export interface PredictorCorrectorOptions extends LangevinOptions {
  /**
   * Which acts first in an interval from t to s: `corrector`, at t, so that the predictor has the last word, as in the paper's code; or
   * `predictor`, with the corrector at s, as in its algorithm 1 (where σ_s = 0 there is then no correction).
   *
   * @defaultValue 'corrector'
   */
  readonly first?: 'corrector' | 'predictor'
}

/**
 * A sampler, the predictor, with Langevin updates at the times of its grid, the corrector: x + e score + √(2e) z leaves p_t as it is but
 * for an error of order e, and takes back some of the error that the predictor makes. M evaluations more per step. It claims no order:
 * with a step size by `snr` the corrector's error does not vanish on finer grids. On a Gaussian in many dimensions, updates with r = `snr`
 * and `norms` widen the variance by the factor 1 + r², 2.6 % for 0.16.
 *
 * @param predictor - any sampler of a reverse SDE or a probability flow, adaptive ones too; it sees the noise it would see alone
 * @param options - the corrector's step size and updates, and who acts first
 * @returns a sampler whose steps throw InvalidArgumentError on dynamics without a model, and what the predictor's throw
 * @throws InvalidArgumentError for a setting that is none.
 * @see Song et al. 2021, arXiv:2011.13456, algorithms 1 to 5 and appendix G; with 1 − β_i for α_i in algorithm 5 (VP).
 */
export function predictorCorrector<X = Tensor>(predictor: Sampler<X>, { first = 'corrector', ...options }: PredictorCorrectorOptions = {}): Sampler<X> {
  const { correct, settings } = langevinCorrector(options, 'norms')
  if (first !== 'corrector' && first !== 'predictor') throw new InvalidArgumentError('first', first, "'corrector' or 'predictor'")
  const { evaluationsPerStep, startUpEvaluations } = predictor
  const { steps } = settings

  /** The draws of the step are dealt out: 0, M + 1, 2 (M + 1) … to the predictor, so that its first is the one it has alone; 1 … M to the corrector. */
  const predict = (input: StepInput<X>, x: X): Promise<StepResult<X>> =>
    predictor.step({ ...input, x, noise: (like, draw = 0) => input.noise(like, draw * (steps + 1)) })
  const correction = (input: StepInput<X>, x: X, at: number) => {
    const { model, kind } = input.dynamics
    if (model === undefined) throw new InvalidArgumentError('dynamics.kind', kind, "'reverse' or 'probability-flow' for predictorCorrector(), which needs a score")
    return correct({ ...input, x, at, model, noise: (like, update) => input.noise(like, update + 1) })
  }

  return Object.freeze<Sampler<X>>({
    name: `predictor-corrector(${predictor.name})`,
    evaluationsPerStep: evaluationsPerStep === 'adaptive' ? 'adaptive' : evaluationsPerStep + steps,
    ...(startUpEvaluations !== undefined && { startUpEvaluations }),
    stochastic: true,
    settings: { ...predictor.settings, ...settings, first },
    init: (x) => predictor.init(x),
    async step(input) {
      const { x, t, s, dynamics, space, state } = input
      if (s === t) return { x: space.combine([1], [x]), state }
      if (first === 'corrector') {
        if (!isNoisy(dynamics, t)) return predict(input, x)
        const corrected = await correction(input, x, t)
        try {
          return await predict(input, corrected.x)
        } finally {
          space.release(corrected.x, corrected.mean)
        }
      }
      const predicted = await predict(input, x)
      if (!isNoisy(dynamics, s)) return predicted
      const made = [predicted.x, ...(predicted.mean === undefined ? [] : [predicted.mean])]
      try {
        return { ...(await correction(input, predicted.x, s)), state: predicted.state }
      } catch (error) {
        space.release(...predicted.state.states.filter((kept) => !state.states.includes(kept)))
        throw error
      } finally {
        space.release(...made)
      }
    },
  })
}
