import { batchSize, coefficientAt, InvalidArgumentError, ownedStates, type Coefficient, type Sampler, type Times, type Tolerance } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import type { AdaptiveMethod } from './adaptive-interval'
import { adaptiveSampler, type AdaptiveStart } from './adaptive-sampler'
import { completeTolerance } from './adaptive-tolerance'
import { brownianPath } from './brownian-path'
import { checkBudget } from './evaluation-budget'
import { roundDown } from './step-size'

/** Settings of {@link adaptiveSde}. */
export interface AdaptiveSdeOptions {
  /**
   * Error that a step may make in a sample, root mean square over its elements of absolute + relative · max(|x|, |x'|). Tensors
   * (float32) show nothing below 2⁻²⁰ = 9.5e-7.
   *
   * @defaultValue absolute 2/256, one grey level of images in [−1, 1]; relative 0.02
   */
  readonly tolerance?: Partial<Tolerance>
  /** Evaluations of the model, of the whole batch, that a run may take; at least 2. @defaultValue 10000 */
  readonly maxEvaluations?: number
}

/**
 * Stochastic improved Euler with steps of its own choice, for each sample by itself: the step's error is its distance from the step of
 * Euler–Maruyama, x'' − x' with x' = x + K_1 and x'' = x + ½ (K_1 + K_2), and the sample goes on from x'' if that is tolerated. Two
 * evaluations for each trial. It claims no order; its error falls with the tolerance.
 *
 * A step that is rejected is not drawn anew: the shorter one sees the same Brownian motion, by a bridge, and so do the steps that cross
 * the rest of the stretch, without which the law would be biased to small increments. The path is kept within an interval of the grid,
 * beyond whose end no step looks; the length of the next step is kept from interval to interval. A grid of two times,
 * `timeGrid([1, 1e-3])`, is the usual one.
 *
 * The lengths of steps are rounded down to three significant bits: the noise of a path depends on where its steps end, and without that
 * the last digits of x, by way of the error, would decide on it; so the path is another for other round-off only where a trial is almost
 * on the verge of rejection, or its next length on that of another.
 *
 * It returns no state without noise, since its last step is as long as any other: `lastStep: 'mean'` changes nothing, `'tweedie'`
 * denoises. Where σ = 0 at max(s, tMin), it goes to σ/α = √tolerance/10 and from there to x_s = α_s x̂_0.
 *
 * @param options - tolerance and budget
 * @returns a sampler whose steps throw InvalidArgumentError on a probability flow, for a tolerance that the space's numbers cannot show
 * or no step meets, and when the budget is spent (it names the time reached); NonFiniteError, with the time, where the error is no number
 * @throws InvalidArgumentError for a tolerance that is negative or 0 altogether, and a budget below one step.
 * @see Jolicoeur-Martineau et al. 2021, arXiv:2105.14080, algorithm 2, there with max(absolute, relative · …), the last accepted x' in
 * the place of x, and the same z after a rejection; here the path is kept.
 */
export function adaptiveSde<X = Tensor>({ tolerance: given = {}, maxEvaluations = 10_000 }: AdaptiveSdeOptions = {}): Sampler<X> {
  const tolerance = completeTolerance(given, { absolute: 2 / 256, relative: 0.02 })
  checkBudget(maxEvaluations, 2)
  return adaptiveSampler<X>({
    name: 'adaptive-sde',
    stochastic: true,
    settings: { ...tolerance, maxEvaluations },
    tolerance,
    maxEvaluations,
    checkDynamics({ kind }) {
      if (kind === 'probability-flow') throw new InvalidArgumentError('dynamics.kind', kind, "'reverse' or 'forward' for adaptiveSde() (dormandPrince() takes the flow)")
    },
    begin: (start) => improvedEulerMethod(start, tolerance),
  })
}

/** The share of a run's whole time that its first step tries. */
const firstShare = 0.01

/** A trial whose verdict is awaited. */
interface OpenTrial<X> {
  /** Where it led. */
  readonly to: Times
  /** The drift where it began, which a repetition needs again. */
  readonly drift: X
}

/** Stochastic improved Euler at work on one interval. */
function improvedEulerMethod<X>({ input, end }: AdaptiveStart<X>, tolerance: Tolerance): AdaptiveMethod<X> {
  const { x: initial, t, space, dynamics, signal, noise } = input
  const path = brownianPath(space, batchSize(space, initial))
  const diffusion = (time: number) => dynamics.diffusion(time)
  let open: OpenTrial<X> | undefined
  let known: X | undefined // the drift where the samples are
  return {
    exponent: 0.9,
    cost: () => (known === undefined ? 2 : 1),
    roundLength: roundDown,
    firstLengths: async () => new Float64Array(batchSize(space, initial)).fill(roundDown(Math.min(firstShare * dynamics.sde.tMax, Math.abs(end - t)))),

    async trial(x, from, to, number) {
      known ??= await dynamics.drift(x, from)
      const normal = noise(x, number)
      const drift = known
      known = undefined
      open = { to, drift }
      const h = to.map((target, sample) => target - from[sample])
      const [whole, half] = [coefficientAt(h, (length) => length), coefficientAt(h, (length) => length / 2)]
      const [before, after] = [coefficientAt(from, diffusion), coefficientAt(to, diffusion)]
      const { own, release } = ownedStates(space)
      own(normal)
      try {
        const increment = own(path.increment(from, to, normal))
        const guess = own(space.combine([1, whole, before], [x, drift, increment]))
        signal?.throwIfAborted()
        const driftAtEnd = own(await dynamics.drift(guess, to))
        const next = space.combine([1, half, half, mean(before, after)], [x, drift, driftAtEnd, increment])
        try {
          return { x: next, errors: await space.errorNorm(own(space.combine([1, -1], [next, guess])), guess, x, tolerance) }
        } catch (error) {
          space.release(next)
          throw error
        }
      } finally {
        release()
      }
    },

    settle(accepted, isConstrained) {
      if (open === undefined) return
      const { to, drift } = open
      path.pass(accepted, to)
      if (accepted.includes(1) || isConstrained) space.release(drift)
      else known = drift
      open = undefined
    },

    release() {
      if (open !== undefined) space.release(open.drift)
      if (known !== undefined) space.release(known)
      open = known = undefined
      path.release()
    },
  }
}

/** ½ (a + b), per sample or for all. */
const mean = (a: Coefficient, b: Coefficient): Coefficient =>
  typeof a === 'number' && typeof b === 'number' ? (a + b) / 2 : Float64Array.from({ length: Math.max(lengthOf(a), lengthOf(b)) }, (_, i) => (at(a, i) + at(b, i)) / 2)
const lengthOf = (factor: Coefficient) => (typeof factor === 'number' ? 0 : factor.length)
const at = (factor: Coefficient, sample: number) => (typeof factor === 'number' ? factor : factor[sample])
