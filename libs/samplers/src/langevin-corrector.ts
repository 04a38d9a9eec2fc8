import { convert, evaluate, InvalidArgumentError, timesOf, type Coefficient, type Prediction, type Predictor, type StepInput } from '@sbgm/sde-core'

/** Settings of Langevin updates. */
export interface LangevinOptions {
  /**
   * The length e of an update x + e score + √(2e) z at time u, with r = `snr` and α_i = (α_t/α_s)² of the grid's interval (1 under VE
   * and EDM): `norms`, 2 α_i (r ‖z‖/‖score‖)², which suits many dimensions, where norms hardly vary; `noise-level`, 2 α_i (r σ_u)²; or e
   * itself, in units of the data squared.
   *
   * @defaultValue 'norms' for `predictorCorrector`, 'noise-level' for `annealedLangevin`
   */
  readonly stepSize?: 'norms' | 'noise-level' | number
  /** r, the ratio of the update's signal to its noise, positive; of no account where `stepSize` is a number. @defaultValue 0.16 */
  readonly snr?: number
  /** M, the number of updates at each time: an integer of at least 1, each for one evaluation. @defaultValue 1 */
  readonly steps?: number
  /**
   * Over what the norms of `norms` are taken: `sample`, each sample by itself; `batch`, means over the batch, as in the paper's code,
   * whereby a sample depends on its neighbours.
   *
   * @defaultValue 'sample'
   */
  readonly norm?: 'sample' | 'batch'
}

/** What a corrector needs of a step. */
interface Correction<X> extends Pick<StepInput<X>, 'x' | 't' | 's' | 'dynamics' | 'space' | 'signal' | 'constrain'> {
  /** Whose score is followed. */
  readonly model: Predictor<Prediction, X>
  /** The time of the updates, t or s, with σ \> 0. */
  readonly at: number
  /** The noise of update number `update`, from 0. */
  readonly noise: (like: X, update: number) => X
}

/** A state after Langevin updates, and without the last one's noise; both owned by the caller. */
interface CorrectedState<X> {
  /** With its noise, constrained. */
  readonly x: X
  /** Without. */
  readonly mean: X
}

/** Langevin updates at one time, which leave p_u as it is but for an error of order e. */
export interface LangevinCorrector {
  /** The settings, defaults filled in. */
  readonly settings: Required<LangevinOptions>
  /** Takes x, borrowed, through the updates. */
  correct<X>(correction: Correction<X>): Promise<CorrectedState<X>>
}

/**
 * Langevin updates with a step size of one's choice.
 *
 * @throws InvalidArgumentError for a setting that is none.
 */
export function langevinCorrector(options: LangevinOptions, defaultStepSize: 'norms' | 'noise-level'): LangevinCorrector {
  const { stepSize = defaultStepSize, snr = 0.16, steps = 1, norm = 'sample' } = options
  const isRule = stepSize === 'norms' || stepSize === 'noise-level'
  if (!isRule && !(stepSize > 0 && Number.isFinite(stepSize))) throw new InvalidArgumentError('stepSize', stepSize, "'norms', 'noise-level' or a positive number")
  if (!(snr > 0 && Number.isFinite(snr))) throw new InvalidArgumentError('snr', snr, 'a positive number')
  if (!(Number.isInteger(steps) && steps >= 1)) throw new InvalidArgumentError('steps', steps, 'an integer of at least 1')
  if (norm !== 'sample' && norm !== 'batch') throw new InvalidArgumentError('norm', norm, "'sample' or 'batch'")

  /** e, for the batch or per sample; 0 where the score is 0, at which ‖z‖/‖score‖ means nothing. */
  const lengthOf = async <X>({ t, s, at, dynamics: { sde }, space }: Correction<X>, score: X, draw: X): Promise<Coefficient> => {
    if (!isRule) return stepSize
    const scale = 2 * (sde.schedule.alpha(Math.max(t, s)) / sde.schedule.alpha(Math.min(t, s))) ** 2 * snr ** 2
    if (stepSize === 'noise-level') return scale * sde.schedule.sigma(at) ** 2
    const [ofScore, ofNoise] = await Promise.all([score, draw].map((state) => space.errorNorm(state, state, state, { absolute: 1, relative: 0 })))
    const length = (noise: number, signal: number) => (signal === 0 ? 0 : scale * (noise / signal) ** 2)
    return norm === 'sample' ? ofScore.map((signal, sample) => length(ofNoise[sample], signal)) : length(mean(ofNoise), mean(ofScore))
  }

  return {
    settings: { stepSize, snr, steps, norm },
    async correct<X>(correction: Correction<X>) {
      const { model, at, dynamics, space, signal, noise, constrain } = correction
      const score = convert(model, 'score', { sde: dynamics.sde, space })
      let [x, last] = [correction.x, undefined as X | undefined]
      try {
        for (let update = 0; update < steps; update++) {
          signal?.throwIfAborted()
          const made: X[] = [await evaluate(space, score, x, timesOf(space, x, at))]
          try {
            made.push(noise(x, update))
            const length = await lengthOf(correction, made[0], made[1])
            if (last !== undefined) space.release(last)
            last = space.combine([1, length], [x, made[0]])
            const moved = constrain(space.combine([1, map(length, (e) => Math.sqrt(2 * e))], [last, made[1]]), at)
            if (x !== correction.x) space.release(x)
            x = moved
          } finally {
            space.release(...made)
          }
        }
        return { x, mean: last as X }
      } catch (error) {
        if (x !== correction.x) space.release(x)
        if (last !== undefined) space.release(last)
        throw error
      }
    },
  }
}

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length

const map = (coefficient: Coefficient, f: (value: number) => number): Coefficient => (typeof coefficient === 'number' ? f(coefficient) : coefficient.map(f))
