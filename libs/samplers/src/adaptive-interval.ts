import { InvalidArgumentError, NonFiniteError, timesOf, type StepInput, type Times } from '@sbgm/sde-core'
import { constrainSamples } from './constrain-samples'
import type { EvaluationBudget } from './evaluation-budget'
import { endOfStep, shortestStep, stepFactor } from './step-size'

/** What a trial of a step found. */
export interface Trial<X> {
  /** Where it leads; the caller's. */
  readonly x: X
  /** Its error per sample, shape (batch,), as a share of what is tolerated. */
  readonly errors: Float64Array
}

/** A method with an error estimate, at work on one interval. It may hold states, which `release` frees. */
export interface AdaptiveMethod<X> {
  /** The power of the error with which steps shrink and grow. */
  readonly exponent: number
  /** What a step length that its error asks for is rounded to. @defaultValue itself */
  roundLength?(length: number): number
  /** The lengths of the first steps of a run, shape (batch,); pays for its evaluations. */
  firstLengths(): Promise<Float64Array>
  /** Evaluations that the next trial needs. */
  cost(): number
  /** Tries to take each sample from its time to another; a sample that stands still has both the same. `number` counts the trials. */
  trial(x: X, from: Times, to: Times, number: number): Promise<Trial<X>>
  /** Told for which samples the last trial is accepted, and whether a constraint has moved the state since. */
  settle(accepted: Uint8Array, isConstrained: boolean): void
  /** Frees what it holds. */
  release(): void
}

/** An interval to be crossed. */
interface Crossing<X> {
  /** The step of the driver; its s does not matter. */
  readonly input: StepInput<X>
  /** Where to go. */
  readonly end: number
  /** What makes the trials. */
  readonly method: AdaptiveMethod<X>
  /** The length of each sample's next step, shape (batch,); changed as the steps are. */
  readonly lengths: Float64Array
  /** Pays the evaluations. */
  readonly budget: EvaluationBudget
}

/**
 * Takes every sample from t to `end` by as many steps as its own error asks for. All samples make their trials together, in one
 * evaluation of the whole batch; each is then accepted or repeated by itself, and those that have arrived stand still.
 *
 * @returns a new state, constrained after each accepted step
 */
export async function crossInterval<X>({ input, end, method, lengths, budget }: Crossing<X>): Promise<X> {
  const { space, constrain, signal, t } = input
  const times = timesOf(space, input.x, t)
  const rejected = new Uint8Array(times.length)
  let x = space.combine([1], [input.x])
  const become = (next: X) => {
    space.release(x)
    x = next
  }
  try {
    for (let number = 0; times.some((time) => time !== end); number++) {
      signal?.throwIfAborted()
      budget.spend(method.cost(), times.reduce((slowest, time) => (Math.abs(time - end) > Math.abs(slowest - end) ? time : slowest)))
      const targets = times.map((time, sample) => endOfStep(time, lengths[sample], end))
      const trial = await method.trial(x, times, targets, number)
      let accepted: Uint8Array
      try {
        accepted = judge(trial.errors, { input, end, method, times, targets, lengths, rejected })
        become(space.select(accepted, trial.x, x))
      } finally {
        space.release(trial.x)
      }
      accepted.forEach((isAccepted, sample) => {
        if (isAccepted) times[sample] = targets[sample]
      })
      const constrained = constrainSamples({ x, space, constrain, updated: accepted, times, draw: number })
      const isConstrained = constrained !== x
      if (isConstrained) become(constrained)
      method.settle(accepted, isConstrained)
    }
    return x
  } catch (error) {
    space.release(x)
    throw error
  }
}

/** What {@link judge} needs. */
interface Trials<X> {
  /** The step of the driver. */
  readonly input: StepInput<X>
  /** Where the interval ends. */
  readonly end: number
  /** What made them. */
  readonly method: Pick<AdaptiveMethod<X>, 'exponent' | 'roundLength'>
  /** Where the trials began. */
  readonly times: Times
  /** Where they led. */
  readonly targets: Times
  /** Each sample's next step; gets the one after the trial. */
  readonly lengths: Float64Array
  /** Whose last trial was rejected; gets the verdicts. */
  readonly rejected: Uint8Array
}

/** Accepts or rejects each sample's trial and chooses the length of its next one. */
function judge<X>(errors: Float64Array, { input, end, method, times, targets, lengths, rejected }: Trials<X>): Uint8Array {
  return Uint8Array.from(errors, (error, sample) => {
    const t = times[sample]
    if (t === targets[sample]) return 0 // it stands still
    if (!Number.isFinite(error)) throw notFinite(input, t, `the error estimate of sample ${sample}`)
    const length = Math.abs(targets[sample] - t)
    const wanted = length * stepFactor({ error, afterRejection: rejected[sample] === 1, exponent: method.exponent })
    const next = method.roundLength?.(wanted) ?? wanted
    const isAccepted = error < 1
    rejected[sample] = isAccepted ? 0 : 1
    const cutFrom = targets[sample] === end ? lengths[sample] : 0 // a step cut at the end says less than the one it was cut from
    if (isAccepted) lengths[sample] = Math.max(next, cutFrom, shortestStep(targets[sample]))
    else if (next >= shortestStep(t)) lengths[sample] = next
    else throw new InvalidArgumentError('tolerance', `one that sample ${sample} does not meet at t = ${t} in steps of ${length}`, 'met by steps that time can show (raise it, or check the model there)')
    return isAccepted ? 1 : 0
  })
}

/** The error for a number that is none. */
export function notFinite<X>({ position, dynamics }: StepInput<X>, t: number, what: string): NonFiniteError {
  const location = { step: position?.index ?? 1, t, lambda: dynamics.sde.schedule.lambda(t) }
  return new NonFiniteError(what, location, 'Check what the model returns there, and whether the grid begins at a time with σ > 0.')
}
