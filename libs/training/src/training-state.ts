import { InvalidArgumentError } from '@sbgm/sde-core'
import type { ParameterLayout } from './flat-parameters'
import type { HostArrays } from './host-array'
import { checkArrays, flattenArrays, unflattenArrays } from './host-parameters'
import type { RunRecord } from './run-record'
import type { TrainingVectors } from './step-runner'

/** The four groups of arrays in a state, each with all of the network's parameters by name. */
export const stateGroups = ['parameters', 'average', 'first', 'second'] as const

/**
 * All that a training run is after a step: plain data on the host. A run that starts from it goes on as if it had never
 * stopped, bit for bit on a deterministic backend.
 *
 * It holds no data cursor and no noise counters: batches, noise, learning rate and decay are functions of the step's number
 * alone, so `step` is the cursor and the counter. What those functions themselves depend on, such as a seed, belongs in `record`.
 */
export interface TrainingState {
  /** The number of steps made, at least 1. The next one is `step + 1`. */
  readonly step: number
  /** Time spent training until here, in seconds; of all parts of the run together. */
  readonly seconds: number
  /** The running mean of the loss after `step`. */
  readonly meanLoss: number
  /** What the run was made with; compared when it goes on. */
  readonly record: RunRecord
  /** The weights. */
  readonly parameters: HostArrays
  /** Their exponential moving average: the weights to use. */
  readonly average: HostArrays
  /** The optimiser's mean gradient. */
  readonly first: HostArrays
  /** The optimiser's mean squared gradient. */
  readonly second: HostArrays
}

/** The numbers of a state that no array holds. */
export type StateNumbers = Pick<TrainingState, 'step' | 'seconds' | 'meanLoss' | 'record'>

/** The state that a run's vectors and numbers make; holds copies. */
export function stateFromVectors(vectors: TrainingVectors, layout: ParameterLayout, numbers: StateNumbers): TrainingState {
  const [parameters, average, first, second] = stateGroups.map((group) => unflattenArrays(vectors[group], layout))
  return { ...numbers, parameters, average, first, second }
}

/**
 * Holds a saved state against the network that is to go on from it, before anything is made.
 *
 * @throws InvalidArgumentError for a number of steps that is none; ShapeError or InvalidArgumentError naming the first parameter
 * that does not fit the layout.
 */
export function checkState(state: TrainingState, layout: ParameterLayout): void {
  if (!(Number.isSafeInteger(state.step) && state.step >= 1)) throw new InvalidArgumentError('from.step', state.step, 'an integer of at least 1')
  for (const group of stateGroups) checkArrays(state[group], layout, `from.${group}`)
}

/** The vectors of a saved state that fits the layout, as copies. */
export function vectorsFromState(state: TrainingState, layout: ParameterLayout): TrainingVectors {
  const [parameters, average, first, second] = stateGroups.map((group) => flattenArrays(state[group], layout))
  return { parameters, average, first, second }
}
