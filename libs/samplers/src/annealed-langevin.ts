import type { Sampler } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { oneStepSampler } from './define-sampler'
import { langevinCorrector, type LangevinOptions } from './langevin-corrector'
import { modelFor } from './model-for'
import { isNoisy } from './probability-flow-step'

/**
 * Annealed Langevin dynamics: M updates x + e score + √(2e) z at every time of the grid but the first, and nothing between the times.
 * M evaluations per step. It claims no order, since its error is that of M updates and of e; the corrector of
 * {@link predictorCorrector} by itself, and what came before it: the grid needs small steps of λ, and several updates at each.
 *
 * At a time where σ = 0 at max(s, tMin) there is no score, and no update but by the run's constraint: end the grid at the smallest σ,
 * and let the run's `lastStep` be `mean` or `tweedie`.
 *
 * @param options - the step size, 2 α_i (0.16 σ)² by default, and the number of updates
 * @returns a sampler whose steps throw InvalidArgumentError on any dynamics but a reverse SDE
 * @throws InvalidArgumentError for a setting that is none.
 * @see Song and Ermon 2019, arXiv:1907.05600, algorithm 1; Song et al. 2021, arXiv:2011.13456, appendix G.
 */
export function annealedLangevin<X = Tensor>(options: LangevinOptions = {}): Sampler<X> {
  const { correct, settings } = langevinCorrector(options, 'noise-level')
  return oneStepSampler<X>({
    name: 'annealed-langevin',
    evaluationsPerStep: settings.steps,
    stochastic: true,
    settings: { ...settings },
    async step(input) {
      const { x, s, dynamics, space } = input
      const model = modelFor('annealedLangevin()', dynamics, 'reverse')
      if (!isNoisy(dynamics, s)) return { x: input.constrain(space.combine([1], [x]), s) }
      return correct({ ...input, model, at: s })
    },
  })
}
