import type { HostState } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { sample, type SampleEvent } from './sample'
import type { SampleRun } from './sample-run'

/** Takes notes of a run's states, the initial one first. */
export interface Recorder {
  /** One state at one time, after step number `index`, 0 for the initial state. A copy that all recorders share: it may be kept, not changed. */
  add(t: number, state: HostState, index: number): void
  /**
   * Whether it wants to see the state after step number `index` of `steps`. A state that no recorder wants is not read back.
   * @defaultValue every one
   */
  wants?(index: number, steps: number): boolean
}

/** {@link SampleRun} with its note-takers. */
export interface RecordedRun<X = Tensor> extends SampleRun<X> {
  /** Each sees every state that it wants, the initial one (index 0) included. */
  readonly recorders: readonly Recorder[]
  /** Called after each step. */
  readonly onStep?: (event: SampleEvent<X>) => void | Promise<void>
}

/**
 * Runs {@link sample} to its end, showing the states to the recorders; each is read back at most once.
 *
 * @returns the last state, owned by the caller
 * @throws as {@link sample}, and whatever a recorder or `onStep` throws; the run has then freed all it made.
 */
export async function record<X = Tensor>({ recorders, onStep, ...run }: RecordedRun<X>): Promise<X> {
  const steps = run.grid.length - 1
  const note = async (t: number, x: X, index: number) => {
    const wanting = recorders.filter((recorder) => recorder.wants?.(index, steps) ?? true)
    if (wanting.length === 0) return
    const state = await run.space.toHost(x)
    wanting.forEach((recorder) => recorder.add(t, state, index))
  }
  const states = sample<X>(run)
  try {
    await note(run.grid[0], run.x, 0)
    for (;;) {
      const next = await states.next()
      if (next.done) return next.value
      await note(next.value.t, next.value.x, next.value.index)
      await onStep?.(next.value)
    }
  } catch (error) {
    await states.throw(error).catch(() => {}) // so that the run frees what it holds
    throw error
  }
}
