import { InvalidArgumentError, type Sampler, type SamplerState, type Sde, type StepInput, type StepResult, type VectorSpace } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'

/** Settings of {@link rePaint}. */
export interface RePaintOptions {
  /** How often each interval is crossed downwards, the paper's r: 1 is the sampler itself. @defaultValue 10 */
  readonly resamplings?: number
  /**
   * In how many equal parts of time an interval is crossed, the paper's jump length j: each resampling goes back over all of them. With a
   * grid of N steps that makes N · jump steps.
   * @defaultValue 1
   */
  readonly jump?: number
}

/**
 * RePaint: a sampler that crosses each interval several times, going back up in between by the exact forward transition
 * x_t = (α_t/α_s) x_s + σ_{t|s} z, σ_{t|s}² = σ_t² − (α_t/α_s)² σ_s². For {@link imputation}: each time down, the free part is made to fit the
 * known one better, which lessens the bias of replacement.
 *
 * Without a constraint the law of the states stays that of the sampler, up to its own error. On the way up the constraint is not applied, as
 * in the paper: what was known at s is noised like the rest. A sampler that remembers earlier steps begins anew after each jump,
 * and an adaptive one with its budget of evaluations.
 *
 * @param sampler - any for a reverse SDE or a probability flow; evaluated resamplings · jump times as often, and once more as at its start for each jump back
 * @param options - how often, and how far
 * @returns a sampler; its steps throw InvalidArgumentError on a forward SDE and on a grid that goes up
 * @throws InvalidArgumentError unless both settings are integers of at least 1.
 * @see Lugmayr et al. 2022, arXiv:2201.09865, algorithm 1 and section 4.2.
 */
export function rePaint<X = Tensor>(sampler: Sampler<X>, { resamplings = 10, jump = 1 }: RePaintOptions = {}): Sampler<X> {
  for (const [name, value] of [['resamplings', resamplings], ['jump', jump]] as const) {
    if (!(Number.isSafeInteger(value) && value >= 1)) throw new InvalidArgumentError(name, value, 'an integer of at least 1')
  }
  const { order, evaluationsPerStep, startUpEvaluations = 0 } = sampler
  const draws = resamplings * jump + resamplings - 1 // the steps down and the jumps up, each with noise of its own
  return Object.freeze<Sampler<X>>({
    name: `repaint(${sampler.name})`,
    settings: { ...sampler.settings, resamplings, jump },
    ...(resamplings === 1 && order !== undefined && { order }),
    evaluationsPerStep: evaluationsPerStep === 'adaptive' ? 'adaptive' : evaluationsPerStep * resamplings * jump + startUpEvaluations * (resamplings - 1),
    ...(startUpEvaluations > 0 && { startUpEvaluations }),
    stochastic: sampler.stochastic || resamplings > 1,
    init: (x) => sampler.init(x),
    async step(input) {
      const { t, s, dynamics, signal } = input
      if (t === s) return sampler.step(input)
      if (dynamics.kind === 'forward') throw new InvalidArgumentError('dynamics.kind', dynamics.kind, "'reverse' or 'probability-flow' for rePaint()")
      if (s > t) throw new InvalidArgumentError('grid', [t, s], 'decreasing in t for rePaint()')
      const times = Array.from({ length: jump + 1 }, (_, part) => (part === jump ? s : t + (part / jump) * (s - t)))
      const passage = startPassage(input)
      try {
        let draw = 0
        for (let pass = 0; pass < resamplings; pass++) {
          if (pass > 0) {
            passage.goBack(sampler, input.noise(passage.x, draw++))
          }
          for (let part = 0; part < jump; part++) {
            signal?.throwIfAborted()
            const own = draw++
            const position = input.position && { index: (input.position.index - 1) * jump + part + 1, steps: input.position.steps * jump }
            passage.become(
              await sampler.step({
                ...input,
                x: passage.x,
                state: passage.state,
                t: times[part],
                s: times[part + 1],
                ...(position && { position }),
                noise: (like, number = 0) => input.noise(like, number * draws + own),
                constrain: (y, time, number) => input.constrain(y, time, number === undefined ? undefined : number * draws + own),
              }),
            )
          }
        }
        return passage.result()
      } catch (error) {
        passage.abandon()
        throw error
      }
    },
  })
}

/** Where a wrapped step stands, and what it owns. */
function startPassage<X>({ x: initial, state: given, t, s, space, dynamics }: StepInput<X>) {
  let x = initial
  let mean: X | undefined
  let state: SamplerState<X> = given
  /** Frees what is held and not handed on; what was lent to the step stays the driver's. */
  const move = (next: X, nextMean: X | undefined, nextState: SamplerState<X>) => {
    if (x !== initial) space.release(x)
    if (mean !== undefined) space.release(mean)
    space.release(...state.states.filter((old) => !given.states.includes(old) && !nextState.states.includes(old)))
    ;[x, mean, state] = [next, nextMean, nextState]
  }
  return {
    get x() {
      return x
    },
    get state() {
      return state
    },
    become: (step: StepResult<X>) => move(step.x, step.mean, step.state),
    /** From s to t by the forward transition; takes the noise over. */
    goBack(sampler: Sampler<X>, noise: X): void {
      try {
        const back = forwardTransition({ space, sde: dynamics.sde, x, noise, s, t })
        move(back, undefined, { states: [], numbers: [] })
        state = sampler.init(back)
      } finally {
        space.release(noise)
      }
    },
    result: (): StepResult<X> => ({ x, ...(mean !== undefined && { mean }), state }),
    abandon: () => move(initial, undefined, given),
  }
}

/** A move from time s up to t, s ≤ t. */
interface ForwardTransition<X> {
  /** Where the states live. */
  readonly space: VectorSpace<X>
  /** The SDE. */
  readonly sde: Sde
  /** The state at s. */
  readonly x: X
  /** Standard normal noise of its shape. */
  readonly noise: X
  /** The earlier time. */
  readonly s: number
  /** The later time. */
  readonly t: number
}

/** A draw from p(x_t | x_s), a new state. */
function forwardTransition<X>({ space, sde, x, noise, s, t }: ForwardTransition<X>): X {
  const { alpha, sigma, lambda } = sde.schedule
  const spread = sigma(t) * Math.sqrt(-Math.expm1(2 * (lambda(t) - lambda(s)))) // σ_{t|s} without cancellation; at σ_s = 0 it is σ_t
  return space.combine([alpha(t) / alpha(s), spread], [x, noise])
}
