import { batchSize, memoryless, ShapeError, type Sampler, type SamplerState, type StepInput, type Tolerance } from '@sbgm/sde-core'
import { crossInterval, type AdaptiveMethod } from './adaptive-interval'
import { requireResolution } from './adaptive-tolerance'
import { evaluationBudget, type EvaluationBudget } from './evaluation-budget'
import { firstOrderStep } from './first-order-step'
import { isNoisy } from './probability-flow-step'

/** An interval on which an adaptive method is about to start. */
export interface AdaptiveStart<X> {
  /** The step of the driver. */
  readonly input: StepInput<X>
  /** Where the method has to go: s, or a little before it where σ_s = 0. */
  readonly end: number
  /** Pays the evaluations. */
  readonly budget: EvaluationBudget
}

/** An adaptive sampler's declaration. */
interface AdaptiveSampler<X> extends Omit<Sampler<X>, 'init' | 'step' | 'evaluationsPerStep'> {
  /** What it tolerates. */
  readonly tolerance: Tolerance
  /** How many evaluations a run may take. */
  readonly maxEvaluations: number
  /** Throws for dynamics that it does not take. */
  checkDynamics(dynamics: StepInput<X>['dynamics']): void
  /** Its work on one interval. */
  begin(start: AdaptiveStart<X>): AdaptiveMethod<X>
}

/**
 * A sampler that crosses one interval by as many steps as its error asks for. Its state's numbers are the evaluations so far and the
 * length of each sample's next step, so that a run over many intervals goes on as one over a single interval would.
 *
 * Where σ = 0 at max(s, tMin), the drift at s need not exist: it goes to where σ/α = √tolerance/10, and from there with
 * {@link firstOrderStep} to x_s = α_s x̂_0, whose error is of the size of the tolerance for data of width 1.
 */
export function adaptiveSampler<X>({ tolerance, maxEvaluations, checkDynamics, begin, ...declared }: AdaptiveSampler<X>): Sampler<X> {
  return Object.freeze<Sampler<X>>({
    ...declared,
    evaluationsPerStep: 'adaptive',
    init: () => memoryless,
    async step(input) {
      const { x, t, s, dynamics, space, state, constrain } = input
      if (s === t) return { x: space.combine([1], [x]), state }
      checkDynamics(dynamics)
      requireResolution(tolerance, space)
      const memory = recall(state, batchSize(space, x))
      const budget = evaluationBudget({ limit: maxEvaluations, used: memory.evaluations, s })
      const isDirect = isNoisy(dynamics, s)
      const end = isDirect ? s : Math.min(t, nearData(input, tolerance))
      const method = begin({ input, end, budget })
      let [reached, lengths] = [x, memory.lengths]
      try {
        if (end !== t) {
          lengths ??= await method.firstLengths()
          reached = await crossInterval({ input, end, method, lengths, budget })
        }
      } finally {
        method.release()
      }
      const carried = (): SamplerState<X> => ({ states: [], numbers: lengths ? [budget.used, ...lengths] : [] })
      if (isDirect || !dynamics.model) return { x: reached, state: carried() }
      try {
        budget.spend(1, end)
        return { x: constrain(await firstOrderStep({ x: reached, t: end, s, dynamics, space, model: dynamics.model }), s), state: carried() }
      } finally {
        if (reached !== x) space.release(reached)
      }
    },
  })
}

/** The time at which σ/α is a tenth of the square root of the tolerance. */
const nearData = <X>({ dynamics }: StepInput<X>, { absolute, relative }: Tolerance): number =>
  dynamics.sde.schedule.timeAtLambda(-Math.log(0.1 * Math.sqrt(Math.max(absolute, relative))))

/** What the numbers of a state say; of an empty one, that a run begins. */
function recall<X>({ numbers }: SamplerState<X>, batch: number): { readonly evaluations: number; readonly lengths: Float64Array | undefined } {
  if (numbers.length === 0) return { evaluations: 0, lengths: undefined }
  const [evaluations, ...lengths] = numbers
  if (lengths.length !== batch) throw new ShapeError('the step lengths of an adaptive sampler', [batch], [lengths.length])
  return { evaluations, lengths: Float64Array.from(lengths) }
}
