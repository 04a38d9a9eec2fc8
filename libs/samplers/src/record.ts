import type { HostState } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { sample, type SampleEvent } from './sample'
import type { SampleRun } from './sample-run'

/** Takes notes of a run's states, the initial one first. */
export interface Recorder {
  /** One state at one time; borrowed. */
  add(t: number, state: HostState): void
}

/** {@link SampleRun} with its note-takers. */
export interface RecordedRun<X = Tensor> extends SampleRun<X> {
  /** Each sees every state, the initial one included. */
  readonly recorders: readonly Recorder[]
  /** Called after each step. */
  readonly onStep?: (event: SampleEvent<X>) => void | Promise<void>
}

/**
 * Runs {@link sample} to its end, showing every state to the recorders; each state is read back once.
 *
 * @returns the last state, owned by the caller
 * @throws as {@link sample}, and whatever a recorder or `onStep` throws; the run has then freed all it made.
 */
export async function record<X = Tensor>({ recorders, onStep, ...run }: RecordedRun<X>): Promise<X> {
  const note = async (t: number, x: X) => {
    const state = await run.space.toHost(x)
    recorders.forEach((recorder) => recorder.add(t, state))
  }
  const states = sample<X>(run)
  try {
    await note(run.grid[0], run.x)
    for (;;) {
      const next = await states.next()
      if (next.done) return next.value
      await note(next.value.t, next.value.x)
      await onStep?.(next.value)
    }
  } catch (error) {
    await states.throw(error).catch(() => {}) // so that the run frees what it holds
    throw error
  }
}
