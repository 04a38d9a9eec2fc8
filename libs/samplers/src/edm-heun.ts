import { convert, evaluate, InvalidArgumentError, ownedStates, timesOf, type Sampler } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { oneStepSampler } from './define-sampler'
import { modelFor } from './model-for'

/** Settings of {@link edmHeun}: noise that is put in before each step, none by default. Noise levels are those of x/α, y = σ/α. */
export interface EdmHeunOptions {
  /**
   * S_churn: over the whole run, each step raises the noise level by the share γ = min(S_churn/N, √2 − 1), N the number of steps.
   * @defaultValue 0, no churn: a deterministic sampler
   */
  readonly churn?: number
  /** S_min: below this noise level nothing is put in. @defaultValue 0 */
  readonly churnMin?: number
  /** S_max: above it neither. @defaultValue Infinity */
  readonly churnMax?: number
  /** S_noise: the standard deviation of what is put in, a little above 1 to make good for detail that a network's steps lose. @defaultValue 1 */
  readonly churnNoise?: number
}

/**
 * The sampler of Karras et al.: Heun's method on the probability flow in the variables x/α and y = σ/α, in which its paths are nearly
 * straight, d(x/α)/dy = (x/α − x̂_0)/y; with churn, noise is put in before each step. Order 2 without churn, none with; two evaluations per
 * step, one in a step to σ = 0, which is x_s = α_s x̂_0. Any linear SDE, downwards in time; without churn either way between times with σ \> 0.
 *
 * The paper's grid is `karrasGrid` with ρ = 7, under `edmSde` from 80 to 0.002, with 0 after it. Churn does not raise the noise level
 * above that of tMax.
 *
 * @param options - the churn
 * @returns a sampler whose steps throw InvalidArgumentError on any dynamics but a probability flow, and with churn upwards in time or
 * where the number of the run's steps is not known
 * @throws InvalidArgumentError for a setting that is negative or NaN, or churnMax below churnMin.
 * @see Karras et al. 2022, arXiv:2206.00364, algorithm 2 (algorithm 1 for σ and α of any SDE).
 */
export function edmHeun<X = Tensor>({ churn = 0, churnMin = 0, churnMax = Infinity, churnNoise = 1 }: EdmHeunOptions = {}): Sampler<X> {
  for (const [name, value] of Object.entries({ churn, churnMin, churnNoise })) {
    if (!(value >= 0 && Number.isFinite(value))) throw new InvalidArgumentError(name, value, 'a finite number of at least 0')
  }
  if (!(churnMax >= churnMin)) throw new InvalidArgumentError('churnMax', churnMax, `at least churnMin (${churnMin})`)
  return oneStepSampler<X>({
    name: churn > 0 ? 'edm-heun(churn)' : 'edm-heun',
    ...(churn === 0 && { order: 2 }),
    evaluationsPerStep: 2,
    stochastic: churn > 0,
    settings: { churn, churnMin, churnMax, churnNoise },
    async step({ x, t, s, dynamics, space, position, noise, constrain }) {
      const model = modelFor('edmHeun()', dynamics, 'probability-flow')
      if (churn > 0 && s > t) throw new InvalidArgumentError('grid', [t, s], 'decreasing in t for edmHeun() with churn, which puts noise in to take it out')
      if (churn > 0 && position === undefined) throw new InvalidArgumentError('position', position, 'given for edmHeun() with churn, which is shared out over the steps')
      const { sde } = dynamics
      const { alpha, sigma, lambda, timeAtLambda } = sde.schedule
      const denoiser = convert(model, 'data', { sde, space })
      const level = (time: number) => sigma(time) / alpha(time)
      const y = level(t)
      const share = churn > 0 && y >= churnMin && y <= churnMax ? Math.min(churn / position!.steps, Math.SQRT2 - 1) : 0
      const raised = Math.min(y * (1 + share), Math.max(y, level(sde.tMax)))
      const { own, release } = ownedStates(space)
      try {
        let [start, from] = [x, t]
        if (raised > y) {
          from = Math.min(Math.max(timeAtLambda(lambda(t) + Math.log(y / raised)), t), sde.tMax)
          const spread = alpha(from) * churnNoise * Math.sqrt(raised ** 2 - y ** 2)
          start = own(space.combine([alpha(from) / alpha(t), spread], [x, own(noise(x))]))
        }
        const data = own(await evaluate(space, denoiser, start, timesOf(space, x, from)))
        if (sigma(s) === 0) return { x: constrain(space.combine([alpha(s)], [data]), s) }
        const ratio = level(s) / level(from)
        const carry = (alpha(s) / alpha(from)) * ratio // of x: what is left of x/α − x̂_0
        const guess = own(space.combine([carry, alpha(s) * (1 - ratio)], [start, data]))
        const dataAtEnd = own(await evaluate(space, denoiser, guess, timesOf(space, x, s)))
        const onData = 0.5 * alpha(s) * (1 - ratio) * (2 - 1 / ratio)
        const onDataAtEnd = 0.5 * alpha(s) * (1 / ratio - 1)
        return { x: constrain(space.combine([carry, onData, onDataAtEnd], [start, data, dataAtEnd]), s) }
      } finally {
        release()
      }
    },
  })
}
