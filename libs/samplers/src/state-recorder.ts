import { InvalidArgumentError, type HostState } from '@sbgm/sde-core'
import type { Recorder } from './record'

/** One state of a run. */
export interface NotedState {
  /** Number of steps made when it was reached; 0 for the initial one. */
  readonly index: number
  /** Its time. */
  readonly t: number
  /** The whole batch, shape (batch, …), on the host. */
  readonly state: HostState
}

/** Settings of {@link recordStates}. */
export interface StateRecorderOptions {
  /** Steps between two states that are kept. @defaultValue 100 */
  readonly every?: number
}

/** Whole states along a run. */
export interface StateRecorder extends Recorder {
  /** The states noted so far, in the order of the run. */
  readonly states: readonly NotedState[]
}

/**
 * Records the whole batch at the start, after every so many steps, and at the end: the images along the way. States in
 * between are not read back.
 *
 * @returns a recorder for one run of `record`, which holds no tensors
 * @throws InvalidArgumentError unless `every` is a positive integer.
 */
export function recordStates({ every = 100 }: StateRecorderOptions = {}): StateRecorder {
  if (!(Number.isInteger(every) && every >= 1)) throw new InvalidArgumentError('every', every, 'a positive integer')
  const states: NotedState[] = []
  return {
    states,
    wants: (index, steps) => index % every === 0 || index === steps,
    add: (t, state, index) => void states.push({ index, t, state }),
  }
}
